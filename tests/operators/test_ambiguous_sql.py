"""`synthesize ambiguous-sql` on a small corpus: what it makes, what it leaves out and why, by template and by model."""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from command_line import duologue
from proof_by_sqlite import check_proof
from small_spider import DATABASES, QUESTIONS, write_spider

from duologue.corpora import formats
from duologue.corpora.clarification_points import instances
from duologue.dialogue import Dialogue, check
from duologue.models.desk import ModelDesk
from duologue.models.request import Choice, Model, Reply, Request
from duologue.operators import Rejected, WorkItem
from duologue.operators.ambiguity.words import NUMBERS
from duologue.operators.ambiguous_sql import AmbiguousSqlOptions, ambiguous_sql
from duologue.prompts.ask import ModelAsk


@pytest.fixture(scope="module")
def spider(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_spider(tmp_path_factory.mktemp("spider"))


def synthesize(spider: Path, out: Path, *options: object) -> int:
    source = spider / "dev.json"
    return duologue(
        "synthesize", "ambiguous-sql", source, "--format", "spider", "--databases", spider, "--out", out, *options
    )


def made(out: Path) -> tuple[list[Dialogue], list[Dialogue]]:
    """The ambiguous and the clear dialogues of a run."""
    dialogues = list(formats.read(out / "dialogues.jsonl"))
    return [each for each in dialogues if "ambiguity" in each.facts], [
        each for each in dialogues if "ambiguity" not in each.facts
    ]


def rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


@pytest.fixture(scope="module")
def everything(spider: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "all"
    assert synthesize(spider, out, "--each", 9) == 0
    return out


def test_an_ambiguous_item_is_a_conversation_that_ends_with_the_gold_query(everything: Path) -> None:
    ambiguous, clear = made(everything)
    for dialogue in ambiguous:
        assert dialogue.origin is not None
        asked = QUESTIONS[str(dialogue.origin.parent)]
        question, clarification, reply, query = dialogue.turns
        assert [turn.speaker for turn in dialogue.turns] == ["user", "system", "user", "system"]
        assert question.text != asked.question
        assert clarification.text.endswith("?")
        assert (query.text, dialogue.facts["intent"]) == (asked.query, asked.question)
        assert [turn.labels.get("action") for turn in dialogue.turns] == [None, ["clarify"], None, ["answer"]]
        assert question.labels["intent"] == reply.labels["intent"] == [asked.question]
        assert dialogue.grounding is not None
        assert dialogue.grounding.database == asked.database
        assert "CREATE TABLE" in str(dialogue.instruction)
        assert list(check(dialogue)) == []
    for dialogue in clear:
        assert dialogue.origin is not None
        asked = QUESTIONS[str(dialogue.origin.parent)]
        assert [turn.text for turn in dialogue.turns] == [asked.question, asked.query]
    operators = Counter(dialogue.facts["ambiguity"]["operator"] for dialogue in ambiguous)
    assert operators.keys() == {
        "column", "aggregate", "value", "condition-column", "direction", "order-column", "ranking", "limit", "distinct",
    }  # fmt: skip
    families = Counter(dialogue.facts["ambiguity"]["family"] for dialogue in ambiguous)
    assert families.keys() == {"requested", "population", "presentation"}


def test_the_clarification_points_are_those_of_the_contract(everything: Path) -> None:
    ambiguous, _ = made(everything)
    asks, answers = instances([ambiguous[0]])
    assert (asks.action, answers.action, asks.goal_type) == ("clarify", "answer", "sql")
    assert asks.goal == answers.goal == ambiguous[0].turns[-1].text
    assert asks.intent == ambiguous[0].facts["intent"]


def test_every_proof_holds_by_sqlite_alone(everything: Path, spider: Path) -> None:
    ambiguous, _ = made(everything)
    for dialogue in ambiguous:
        check_proof(dialogue, spider)


def test_what_was_taken_out_is_not_in_the_question_and_is_in_the_reply(everything: Path) -> None:
    for dialogue in made(everything)[0]:
        ambiguity = dialogue.facts["ambiguity"]
        original, question = dialogue.facts["intent"], dialogue.turns[0].text
        start, end, instead = (ambiguity["removed"][name] for name in ("start", "end", "instead"))
        assert original[start:end] == ambiguity["removed"]["text"]
        assert original[:start] + instead + original[end:] == question
        assert ambiguity["hole"].count("?") == len(ambiguity["nodes"])
        if ambiguity["operator"] in ("value", "limit"):
            (value, *_) = re.findall(r"\w+", ambiguity["nodes"][0])
            said = {
                value.lower(),
                NUMBERS[int(value)] if value.isdigit() and int(value) < len(NUMBERS) else value.lower(),
            }
            assert not said & set(re.findall(r"\w+", question.lower()))
            assert said & set(re.findall(r"\w+", dialogue.turns[2].text.lower()))


def test_readings_are_offered_only_where_they_are_all_there_are(everything: Path) -> None:
    """As many musicians are from Chile as from Norway: its reading proves nothing, and yet could be meant."""
    (item,) = [
        each
        for each in made(everything)[0]
        if each.facts["intent"] == QUESTIONS["value"].question and each.facts["ambiguity"]["operator"] == "value"
    ]
    assert [each["said"] for each in item.facts["ambiguity"]["alternatives"]] == ["Ghana"]
    assert not item.facts["ambiguity"]["offered"]
    assert "Ghana" not in item.turns[1].text


def test_what_nothing_came_of_has_its_reason(everything: Path) -> None:
    rejected = {row["id"]: row["gate"] for row in rows(everything / "rejected.jsonl")}
    assert rejected["gold-empty, value"] == "gold-empty"
    assert rejected["gold-fails, value"] == "gold-fails"
    assert rejected["one-reading, value"] == "one-reading"
    skipped = {row["id"]: (row["reason"], row.get("evidence", "")) for row in rows(everything / "skipped.jsonl")}
    assert skipped["no database"] == ("no database", "atlantis")
    assert skipped["nothing"] == ("nothing to leave out", "the query has nothing of the kind")
    assert skipped["unreadable"][0] == "query not understood"
    tried = {dialogue.facts["intent"] for group in made(everything) for dialogue in group}
    told = {name.split(", ")[0] for name in (*rejected, *skipped)}
    assert [name for name, asked in QUESTIONS.items() if asked.question not in tried and name not in told] == []


def test_the_same_seed_gives_the_same_bytes(spider: Path, tmp_path: Path) -> None:
    for name, seed in (("one", 3), ("again", 3), ("other", 4)):
        assert synthesize(spider, tmp_path / name, "--seed", seed) == 0
    one, again, other = ((tmp_path / name / "dialogues.jsonl").read_bytes() for name in ("one", "again", "other"))
    assert one == again != other


@pytest.mark.parametrize(("clear", "each"), [("paired", 1), ("paired", 2), ("none", 1), ("all", 1)])
def test_clear_questions_are_kept_for_balance(spider: Path, tmp_path: Path, clear: str, each: int) -> None:
    assert synthesize(spider, tmp_path / "out", "--clear", clear, "--each", each) == 0
    ambiguous, kept = made(tmp_path / "out")
    counts = Counter(dialogue.facts["intent"] for dialogue in ambiguous)
    assert max(counts.values()) == each
    clear_questions = {dialogue.facts["intent"] for dialogue in kept}
    assert len(clear_questions) == len(kept)
    if clear == "paired":
        assert clear_questions == set(counts)
    elif clear == "none":
        assert not kept
    else:
        assert clear_questions > set(counts)
        assert QUESTIONS["nothing"].question in clear_questions


def test_splits_are_by_database(spider: Path, tmp_path: Path) -> None:
    met: dict[str, set[str]] = {}
    for split in ("train", "val", "test"):
        out = tmp_path / split
        assert synthesize(spider, out, "--split", split, "--val-share", 0.34, "--test-share", 0.34) == 0
        ambiguous, clear = made(out)
        met[split] = {str(each.grounding and each.grounding.database) for each in (*ambiguous, *clear)}
        left_out = [row for row in rows(out / "skipped.jsonl") if row["reason"] == "database of another split"]
        assert {row["evidence"] for row in left_out} == DATABASES.keys() - met[split]
    assert sorted(name for names in met.values() for name in names) == sorted(DATABASES)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "--databases: ambiguity is proven on the databases"),
        (("--databases", "nowhere"), "nowhere: holds no database"),
        (("--databases", "nowhere", "--judge", 1), "cannot differ"),
    ],
)
def test_bad_options_end_in_one_line(
    spider: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: tuple[object, ...], message: str
) -> None:
    source = spider / "dev.json"
    status = duologue("synthesize", "ambiguous-sql", source, "--format", "spider", "--out", tmp_path / "out", *options)
    assert status == 2
    assert message in capsys.readouterr().err


def test_a_model_that_is_not_asked_is_not_opened(spider: Path, tmp_path: Path) -> None:
    assert synthesize(spider, tmp_path / "template", "--model", "hf:/nowhere") == 0
    assert synthesize(spider, tmp_path / "model", "--model", "hf:/nowhere", "--wording", "model") == 2


def test_items_are_exported_with_goal_and_database(everything: Path, tmp_path: Path) -> None:
    ambiguous, _ = made(everything)
    formats.write(tmp_path / "chats.jsonl", ambiguous, "messages", suffix_ids=True)
    for row, dialogue in zip(rows(tmp_path / "chats.jsonl"), ambiguous, strict=True):
        assert dialogue.grounding is not None
        assert (row["db_id"], row["goal_type"], row["goal"]) == (
            dialogue.grounding.database, "sql", dialogue.turns[-1].text,
        )  # fmt: skip
        assert [message.get("action") for message in row["messages"]] == [None, None, "clarify", None, "answer"]
    formats.write(tmp_path / "again.json", ambiguous, "spider", suffix_ids=True)
    again = list(formats.read(tmp_path / "again.json", "spider", databases=everything))
    assert [[turn.text for turn in each.turns] for each in again] == [
        [turn.text for turn in each.turns] for each in ambiguous
    ]


class Writer:
    """Rewrites by a rule; what it does to a question, a clarifying question and a reply is given."""

    name = fingerprint = "writer"

    def __init__(self, *changes: Callable[[str], str]) -> None:
        self._changes = changes

    async def complete(self, request: Request) -> Reply:
        told = request.prompt[-1].content.splitlines()
        kind = 0 if told[0].startswith("Question: ") else 2 if told[2].startswith("User: ") else 1
        return Reply((Choice(self._changes[kind](told[kind].partition(": ")[2])),))

    async def close(self) -> None:
        """Nothing is open."""


def rewritten(spider: Path, name: str, *changes: Callable[[str], str]) -> list[Dialogue | Rejected]:
    return made_of(spider, name, {"writer": Writer(*changes)}, wording="model", similarity=0, draws=1)


def made_of(spider: Path, name: str, models: Mapping[str, Model], **fields: Any) -> list[Dialogue | Rejected]:
    options = AmbiguousSqlOptions(databases=spider, clear="none", **fields)
    (dialogue,) = [each for each in formats.read(spider / "dev.json", "spider") if each.id == name]

    async def go() -> list[Dialogue | Rejected]:
        async with ModelDesk(models) as desk:
            item, ask = WorkItem.of(dialogue), ModelAsk(desk, seed=0)
            return [each async for each in ambiguous_sql(item, ask, options, random.Random(0))]

    return asyncio.run(go())


class Judge:
    """Writes these queries in turn."""

    name = fingerprint = "judge"

    def __init__(self, *queries: str) -> None:
        self._queries = list(queries)
        self.asked: list[str] = []

    async def complete(self, request: Request) -> Reply:
        self.asked.append(request.prompt[-1].content)
        return Reply((Choice(self._queries.pop(0)),))

    async def close(self) -> None:
        """Nothing is open."""


NORWAY, CHILE = (f"SELECT count(*) FROM gig, musician WHERE country = '{name}'" for name in ("Norway", "Ghana"))


@pytest.mark.parametrize(
    ("queries", "gate"),
    [
        ((CHILE, f"```sql\n{NORWAY}\n```", QUESTIONS["value"].query), None),
        ((CHILE, "I do not know.", QUESTIONS["value"].query), "judge-sees-one-reading"),
        ((CHILE, CHILE, QUESTIONS["value"].query), "judge-sees-one-reading"),
        ((CHILE, NORWAY, CHILE), "judge-answers-otherwise"),
        ((CHILE, NORWAY, "DROP TABLE musician"), "judge-answers-otherwise"),
    ],
)
def test_a_judge_must_see_two_readings_and_then_the_gold_one(
    spider: Path, queries: tuple[str, ...], gate: str | None
) -> None:
    judge = Judge(*queries)
    (made,) = made_of(spider, "value", {"judge": judge}, judge=2)
    assert gate is None or (isinstance(made, Rejected) and made.gate == gate)
    assert isinstance(made, Dialogue) == (gate is None)
    assert all("CREATE TABLE musician" in asked for asked in judge.asked)
    assert all("Norway" not in asked for asked in judge.asked[:2])
    assert "Norway" in judge.asked[-1] or gate == "judge-sees-one-reading"


def kept(text: str) -> str:
    return text


def test_a_model_may_rewrite_all_three_turns(spider: Path) -> None:
    (dialogue,) = rewritten(
        spider, "value", lambda text: f"Well, {text}", lambda text: f"Sorry, {text}", lambda text: f"Oh, {text}"
    )
    assert isinstance(dialogue, Dialogue)
    for turn, opening in zip(dialogue.turns, ("Well, ", "Sorry, ", "Oh, "), strict=False):
        assert turn.text.startswith(opening)
    assert dialogue.turns[-1].text == QUESTIONS["value"].query
    check_proof(dialogue, spider)


@pytest.mark.parametrize(
    ("changes", "gate"),
    [
        ((lambda text: f"{text} Norway?", kept, kept), "question-leak"),
        ((kept, lambda text: "Tell me which one.", kept), "clarification-asks"),
        ((kept, kept, lambda text: "That one."), "reply-tells"),
        ((lambda text: "", kept, kept), "empty-question"),
    ],
)
def test_a_rewrite_that_is_not_honest_is_turned_away(
    spider: Path, changes: tuple[Callable[[str], str], ...], gate: str
) -> None:
    (rejected,) = rewritten(spider, "value", *changes)
    assert isinstance(rejected, Rejected)
    assert (rejected.id, rejected.gate) == ("value, value", gate)
