"""What is left out of which question, word for word, and that putting it back gives question and query again."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_spider import DATABASES, QUESTIONS, Asked, write_spider
from sqlglot import exp

from duologue.operators.ambiguity.database import Database, open_database
from duologue.operators.ambiguity.edit import Edit
from duologue.operators.ambiguity.element import Element, Unworded
from duologue.operators.ambiguity.finders import elements
from duologue.operators.ambiguity.query import Query, UnreadableQuery, sql
from duologue.operators.ambiguity.words import Question, Span


@pytest.fixture(scope="module")
def spider(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_spider(tmp_path_factory.mktemp("spider"))


def found(spider: Path, asked: Asked) -> tuple[Query, list[Element | Unworded]]:
    database = opened(spider, asked)
    query = Query.parse(asked.query, database.schema)
    return query, list(elements(query, asked.question))


def opened(spider: Path, asked: Asked) -> Database:
    database = open_database(spider, asked.database)
    assert database is not None
    return database


@pytest.mark.parametrize(
    ("name", "operator", "ambiguous"),
    [
        ("column", "column", "Tell me about the musicians."),
        ("column", "column", "Show the musicians."),
        ("second sentence", "column", "Which musicians are from Norway?"),
        ("second sentence", "value", "Which musicians are from a certain country? List their ages."),
        ("aggregate", "aggregate", "What is the age of the musicians?"),
        ("figures", "aggregate", "Find the net worth of musicians from Chile."),
        ("on average", "aggregate", "How old are the musicians?"),
        ("value", "value", "How many musicians are from a particular country?"),
        ("count", "value", "What are the names of musicians who played several gigs?"),
        ("degree", "value", "Which musicians are old?"),
        ("year", "value", "How many gigs were played recently?"),
        ("both", "value", "Which towns had a gig in a certain year and are home to Ada?"),
        ("condition-column", "condition-column", "What are the names of musicians with more than 30?"),
        ("direction", "direction", "List the names of the musicians in order of age."),
        ("sorted", "order-column", "List the name and country of the musicians in descending order."),
        ("ranking", "ranking", "What is the name of the top musician?"),
        ("limit", "limit", "List the names of the top musicians by net worth."),
        ("distinct", "distinct", "What are the countries of the musicians?"),
        ("maker", "value", "What is the average price of products by a certain maker?"),
        ("cheapest", "ranking", "Show the title of the first product."),
        ("oldest", "column", "What do we know about the oldest animal?"),
    ],
)
def test_a_question_without_it(spider: Path, name: str, operator: str, ambiguous: str) -> None:
    asked = QUESTIONS[name]
    _, all_found = found(spider, asked)
    edits = [
        edit for each in all_found if isinstance(each, Element) and each.operator == operator for edit in each.edits
    ]
    assert ambiguous in [edit.apply(asked.question) for edit in edits]


@pytest.mark.parametrize(
    ("asked", "operator", "reason"),
    [
        (
            Asked("Which musicians are Norse?", "SELECT name FROM musician WHERE country = 'Norway'"),
            "value",
            "not worded",
        ),
        (
            Asked("Who played in 2018, or in 2018?", "SELECT town FROM gig WHERE year = 2018"),
            "value",
            "worded twice",
        ),
        (
            Asked("How many gigs were in 2018 or 2019?", "SELECT count(*) FROM gig WHERE year = 2018 OR year = 2019"),
            "value",
            "one of several values",
        ),
        (Asked("Give me all of them.", "SELECT name, age FROM musician"), "column", "not asked for in one place"),
        (Asked("The ages, please?", "SELECT avg(age) FROM musician"), "aggregate", "not worded"),
        (Asked("All countries?", "SELECT DISTINCT country FROM musician"), "distinct", "not worded"),
        (Asked("Who is it?", "SELECT name FROM musician ORDER BY age DESC LIMIT 1"), "ranking", "not worded"),
        (Asked("Everyone by age.", "SELECT name FROM musician ORDER BY age DESC"), "direction", "not worded"),
    ],
)
def test_what_the_question_does_not_say_is_not_left_out(spider: Path, asked: Asked, operator: str, reason: str) -> None:
    _, all_found = found(spider, asked)
    reasons = [each.reason for each in all_found if isinstance(each, Unworded) and each.operator == operator]
    assert reasons
    assert all(each.startswith(reason) for each in reasons)
    assert not [each for each in all_found if isinstance(each, Element) and each.operator == operator]


@pytest.mark.parametrize(
    ("asked", "operator"),
    [
        (QUESTIONS["names"], "column"),  # who asks which ones wants their names
        (Asked("Show the names of the musicians.", "SELECT name FROM musician"), "column"),
        (QUESTIONS["counted once"], "distinct"),  # who counts towns counts each once
        (QUESTIONS["direction"], "order-column"),  # and names in descending order are sorted by name
    ],
)
def test_no_question_is_what_people_would_understand_anyway(spider: Path, asked: Asked, operator: str) -> None:
    _, all_found = found(spider, asked)
    edits = [
        edit for each in all_found if isinstance(each, Element) and each.operator == operator for edit in each.edits
    ]
    assert not {edit.apply(asked.question) for edit in edits} & {
        "Which musicians are from Chile?",
        "Show the musicians.",
        "How many towns had gigs?",
        "List the names of the musicians in descending order.",
    }


def test_a_number_of_at_least_two_is_no_multiple(spider: Path) -> None:
    _, all_found = found(spider, QUESTIONS["count"])
    edits = [
        edit for each in all_found if isinstance(each, Element) and each.operator == "value" for edit in each.edits
    ]
    assert edits
    assert all(edit.replacement != "multiple" for edit in edits)


def test_other_columns_are_those_of_the_thing_that_is_asked_for(spider: Path) -> None:
    """The id stands in the table of gigs as well; whoever asks for a musician does not mean a gig's town."""
    _, all_found = found(spider, QUESTIONS["key first"])
    (element,) = [each for each in all_found if isinstance(each, Element) and each.operator == "column"]
    said = {reading.said for reading in element.readings(opened(spider, QUESTIONS["key first"]).values)}
    assert said == {"age", "country", "planet", "net worth"}


@pytest.mark.parametrize("name", [name for name, asked in QUESTIONS.items() if asked.database in DATABASES])
def test_putting_it_back_gives_question_and_query(spider: Path, name: str) -> None:
    asked = QUESTIONS[name]
    if name == "unreadable":
        with pytest.raises(UnreadableQuery):
            found(spider, asked)
        return
    query, all_found = found(spider, asked)
    for element in all_found:
        if isinstance(element, Unworded):
            continue
        for edit in element.edits:
            assert edit.undo(edit.apply(asked.question)) == asked.question
            assert edit.apply(asked.question) != asked.question
        nodes = query.nodes(element.places)
        holes = query.remove(element.places)
        assert len(list(holes.find_all(exp.Placeholder))) == len(nodes)
        for hole, node in zip(list(holes.find_all(exp.Placeholder)), nodes, strict=True):
            hole.replace(node.copy())
        assert holes == query.tree == query.fill(element.places, nodes)


@pytest.mark.parametrize("name", [name for name, asked in QUESTIONS.items() if asked.database in DATABASES])
def test_every_other_reading_runs(spider: Path, name: str) -> None:
    if name in ("unreadable", "gold-fails"):
        return
    asked = QUESTIONS[name]
    database = opened(spider, asked)
    query, all_found = found(spider, asked)
    for element in all_found:
        if isinstance(element, Element):
            for reading in element.readings(database.values):
                text = sql(query.fill(element.places, reading.nodes))
                assert "rows" in database.run(text)._fields, text


@given(st.text(alphabet=" abC.?", max_size=30), st.data(), st.sampled_from(["", "some", "x y"]))
def test_an_edit_can_be_undone(text: str, data: st.DataObject, replacement: str) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    edit = Edit.of(text, Span(start, end), replacement)
    assert edit.undo(edit.apply(text)) == text


def test_a_string_in_double_quotes_is_no_column(spider: Path) -> None:
    query, _ = found(spider, QUESTIONS["figures"])
    assert "'Chile'" in sql(query.tree)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("treatment cost", "cost of each treatment"),
        ("cost of treatment", "treatment costs"),
        ("nationality", "nationalities"),
        ("date arrived", "arriving date"),
    ],
)
def test_a_name_is_found_in_other_words(name: str, said: str) -> None:
    question = Question(f"List the {said}, please.")
    assert [span.of(question.text) for span in question.find([name])] == [said]


@pytest.mark.parametrize(
    "query",
    [
        "WITH old AS (SELECT * FROM musician WHERE age > 30) SELECT name FROM old ORDER BY age DESC",
        "SELECT * FROM musician, gig",
        "SELECT 1 ORDER BY 1 LIMIT 1",
        "SELECT name FROM musician ORDER BY age LIMIT 2 OFFSET 1",
        "SELECT name FROM musician GROUP BY name HAVING count(*) > '2'",
        "SELECT name FROM musician GROUP BY name HAVING count(*) > 2.5",
        "SELECT T1.name FROM musician AS T1 JOIN musician AS T1 ON T1.age = T1.age WHERE T1.age = -3",
        "SELECT sum(age) OVER (ORDER BY name) FROM musician WHERE age BETWEEN 3 AND 40 OR age IN (1, 2)",
        "SELECT name FROM (SELECT name, age FROM musician) AS inner WHERE age = 31",
        "VALUES (1), (2)",
        "PRAGMA table_info(musician)",
        "SELECT name FROM musician; SELECT town FROM gig",
        "",
    ],
)
def test_odd_queries_are_understood_or_told(spider: Path, query: str) -> None:
    asked = Asked("What are the names of the top 2 musicians by age, 31 or older, in ascending order?", query)
    try:
        _, all_found = found(spider, asked)
    except UnreadableQuery:
        return
    for element in all_found:
        if isinstance(element, Element):
            for edit in element.edits:
                assert edit.undo(edit.apply(asked.question)) == asked.question
