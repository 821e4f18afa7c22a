"""Prompts of a policy that may ask back: what stands in them, what never does, and what goes when they are too long."""

from __future__ import annotations

import pytest

from duologue.corpora.actions import ACTION, ANSWER, CLARIFY
from duologue.corpora.clarification_points import Instance, instances
from duologue.dialogue import Dialogue, Grounding, Turn
from duologue.errors import InputError
from duologue.models.request import Message
from duologue.prompts.clarify import Example, asking, fitted_asking


def said(text: str, action: str) -> Turn:
    return Turn("system", text, labels={ACTION: [action]})


def talk(**changes: object) -> list[Instance]:
    """A question that needs asking back, one that does not, over a table and a passage."""
    turns = [
        Turn("user", "What were the sales?"),
        said("In which year?", CLARIFY),
        Turn("user", "2019."),
        said("41 million", ANSWER),
        Turn("user", "And the year before?"),
        said("38 million", ANSWER),
    ]
    table = [["year", "sales"], *([str(year), f"{year - 1978} million"] for year in range(1990, 2020))]
    passage = " ".join(f"Sentence {number} of the report." for number in range(40))
    dialogue = Dialogue("d", turns, grounding=Grounding(table=table, passages=[passage]), facts={"goal_type": "drop"})
    return list(instances([Dialogue(**({f: getattr(dialogue, f) for f in dialogue.__struct_fields__} | changes))]))


def test_the_context_stands_in_the_system_message_and_no_later_turn_anywhere() -> None:
    first, second, third = talk()
    prompt = asking(first)
    assert [message.role for message in prompt] == ["system", "user"]
    assert "\n2019 | sales: 41 million\n" in prompt[0].content + "\n"
    assert "Sentence 39 of the report." in prompt[0].content
    assert prompt[1] == Message("user", "What were the sales?")
    assert asking(second)[1:] == (
        prompt[1],
        Message("assistant", "In which year?"),
        Message("user", "2019."),
    )
    for instance in (first, second, third):
        own = [message.content for message in asking(instance)[1:]]
        assert instance.gold.said not in own
        assert len(own) == len(set(own)) == instance.at


def test_cells_have_the_names_of_their_columns_where_every_column_has_one() -> None:
    def shown(*table: list[str]) -> list[str]:
        instance = talk(grounding=Grounding(table=[*table]))[0]
        return asking(instance)[0].content.split("one row a line:\n")[1].splitlines()

    assert shown(["", "2019", "2018"], ["Costs", "7", ""], ["Assets", "", ""]) == ["Costs | 2019: 7", "Assets"]
    assert shown(["In millions", "2019"], ["Costs", "7"]) == ["In millions", "Costs | 2019: 7"]
    assert shown(["", "", "years"], ["", "2019", "2018"]) == [" |  | years", " | 2019 | 2018"]
    assert shown(["", "2019"], ["Costs", "7", "8"]) == [" | 2019", "Costs | 7 | 8"]


def test_an_action_can_be_told_and_examples_shown() -> None:
    first, *_ = talk()
    ask = asking(first, told=CLARIFY, examples=[Example([Turn("user", "Where is it?")], "Where is what?")])
    assert "do not answer it" in ask[0].content
    assert "User: Where is it?\nAssistant: Where is what?" in ask[0].content
    assert "do not ask anything back" in asking(first, told=ANSWER)[0].content
    assert len({asking(first, told=told)[0].content for told in (None, CLARIFY, ANSWER)}) == 3
    with pytest.raises(InputError, match="unknown action 'shout'; known are clarify, answer"):
        asking(first, told="shout")


def test_a_dialogue_s_own_instruction_stands_instead_of_ours_and_sql_asks_for_a_query() -> None:
    own = talk(instruction="Answer like a pirate.", grounding=None)[0]
    assert asking(own)[0].content == "Answer like a pirate."
    schema = "CREATE TABLE sale (year INT)"
    query = talk(facts={"goal_type": "sql"}, grounding=Grounding(database="shop"), instruction=schema)[0]
    told = asking(query)[0].content
    assert "one SQLite query" in told
    assert told.endswith("Database:\nCREATE TABLE sale (year INT)")


def test_a_long_prompt_loses_context_first_and_then_its_oldest_turns() -> None:
    *_, last = talk()
    whole = asking(last)

    def letters(prompt: tuple[Message, ...]) -> int:
        return sum(len(message.content) for message in prompt)

    for most in (letters(whole), 1500, 700, 420):
        prompt = fitted_asking(last, lambda prompt, most=most: letters(prompt) <= most)
        assert letters(prompt) <= most
        assert prompt[0].content.startswith("You answer what the user wants to know")
        assert prompt[-1] == Message("user", "And the year before?")
        if most >= 700:
            assert prompt[1:] == whole[1:]
            assert "sales" in prompt[0].content
        assert ("had to be shortened" in prompt[0].content) == (most < letters(whole))
    shortest = fitted_asking(last, lambda prompt: False)
    assert [message.role for message in shortest] == ["system", "user"]


def test_turns_of_a_simulation_follow_the_history() -> None:
    first, *_ = talk()
    after = [Turn("system", "Which one?"), Turn("user", "The last.")]
    assert [message.content for message in asking(first, after=after)[1:]] == [
        "What were the sales?",
        "Which one?",
        "The last.",
    ]
