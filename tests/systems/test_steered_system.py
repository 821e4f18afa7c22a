"""The steered system: which strategy each turn is asked with, how, and what is left out of a long history."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from support_talk import support_talk

from duologue.corpora.strategies import ESCONV, EXTENDED
from duologue.dialogue import Dialogue, DialoguePrediction, Turn
from duologue.errors import InputError
from duologue.models.request import Choice, Message, Reply, Request
from duologue.prompts.steering import steered_prompt
from duologue.systems.steered import SteeredOptions, respond


class Sage:
    """Answers always the same; keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Request] = []

    async def __call__(self, request: Request) -> Reply:
        self.asked.append(request)
        return Reply((Choice('assistant: "I hear\nyou."'),))


def run(dialogue: Dialogue, sage: Sage, count_tokens: Any = None, **options: Any) -> DialoguePrediction:
    async def rows() -> list[DialoguePrediction]:
        found = respond([dialogue], sage, SteeredOptions(**options), count_tokens=count_tokens)
        return [row async for row in found]

    (row,) = asyncio.run(rows())
    return row


def test_each_turn_is_asked_with_the_supporters_own_strategy() -> None:
    talk, sage = support_talk(1, 3), Sage()
    talk.turns[3].labels["strategy"] = ["Question", "Information"]
    talk.turns[5].labels = {}
    row = run(talk, sage, collection="esconv", layout="c1_hl", wording="expert")
    assert [(turn.turn, turn.strategy, turn.note) for turn in row.turns] == [
        (1, "Question", None),
        (3, "Information", None),
        (5, None, "no gold strategy"),
    ]
    assert row.turns[0].response == "I hear you."
    assert row.turns[0].raw == 'assistant: "I hear\nyou."'
    situation = talk.facts["situation"]
    expected = steered_prompt(talk.turns[:3], ESCONV["Information"], "c1_hl", "expert", situation=situation)
    assert sage.asked[1].prompt == expected.messages


def test_one_strategy_throughout_on_a_conversation_of_many_short_messages() -> None:
    turns = [
        Turn("system", "Hello!"),
        Turn("user", "Hi."),
        Turn("user", "I am sad."),
        Turn("system", "Oh no."),
        Turn("system", "Why?"),
        Turn("user", "My dog."),
        Turn("system", "I am sorry."),
    ]
    sage = Sage()
    row = run(Dialogue("d", turns), sage, strategy="Offer Hope")
    assert [turn.turn for turn in row.turns] == [3, 6]
    told = steered_prompt([Turn("user", "Hi.")], EXTENDED["Offer Hope"], "standard", "training").messages[0]
    assert sage.asked[1].prompt == (
        told,
        Message("user", "Hi. I am sad."),
        Message("assistant", "Oh no. Why?"),
        Message("user", "My dog."),
    )
    run(Dialogue("d", turns), sage, strategy="unconditional", system_role=False)
    assert "strategy" not in sage.asked[2].prompt[0].content


@pytest.mark.parametrize("layout", ["standard", "c1_hf"])
def test_a_prompt_that_is_too_long_loses_its_oldest_turns_in_any_layout(layout: str) -> None:
    talk, sage = support_talk(1, 4), Sage()

    def words(prompt: tuple[Message, ...]) -> int:
        return sum(len(message.content.split()) for message in prompt)

    run(talk, sage, count_tokens=words, strategy="Offer Hope", layout=layout, max_prompt_tokens=90)
    last = "\n".join(message.content for message in sage.asked[-1].prompt)
    assert words(sage.asked[-1].prompt) <= 90
    assert '"Offer Hope" strategy' in last
    assert "trouble 3" in last
    assert "trouble 0" not in last


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"strategy": "Offer Hop"}, "--strategy: no strategy 'Offer Hop'"),
        ({}, "dialogue talk-1, turn 1: no strategy 'Question'"),
    ],
)
def test_a_strategy_that_there_is_not_is_refused(options: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        run(support_talk(1, 2), Sage(), **options)
