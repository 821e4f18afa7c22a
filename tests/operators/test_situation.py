"""The situation operator: which turns it condenses, and the gates of what comes out."""

from __future__ import annotations

import asyncio
import random

import pytest
from samples import RuleModel, desk_of, situated

from duologue.dialogue import Dialogue, Turn
from duologue.operators import Rejected, Skipped, WorkItem
from duologue.operators.gates import Verdict
from duologue.operators.situation import SituationOptions, chat_turns, plan, read_situation, situation
from duologue.prompts.ask import Answer, ModelAsk

CHAT = [
    Turn("user", "My sister Ada turns 30 soon!", labels={"fusedchat": ["prepended"]}),
    Turn("system", "How lovely. Any plans?", labels={"fusedchat": ["prepended"]}),
    Turn("user", "We would meet up north.", labels={"fusedchat": ["prepended"]}),
    Turn("system", "Fun!", labels={"fusedchat": ["prepended"]}),
]
FUSED = Dialogue("MUL1", [*CHAT, *situated(1).turns])


def test_the_prepended_chat_without_its_last_reply() -> None:
    assert chat_turns(FUSED) == CHAT[:3]
    assert chat_turns(Dialogue("c", [Turn("user", "I am ill."), Turn("system", "Oh.")])) == [Turn("user", "I am ill.")]


def test_a_dialogue_without_a_chat_is_not_tried() -> None:
    skipped, item = plan([situated(1), FUSED], SituationOptions(), random.Random(0))
    assert skipped == Skipped("MUL0001", "no chat")
    assert isinstance(item, WorkItem)


@pytest.mark.parametrize("broken", [0, 1])
def test_the_situation_becomes_a_fact(broken: int) -> None:
    async def go() -> list[Dialogue | Rejected]:
        async with desk_of(RuleModel(broken=broken)) as desk:
            made = situation(WorkItem.of(FUSED), ModelAsk(desk, seed=0), SituationOptions(), random.Random(0))
            return [each async for each in made]

    (made,) = asyncio.run(go())
    if broken:
        assert made == Rejected("MUL1", "first-person", "no I, my, we or our in 'The user is fine.'")
    else:
        assert isinstance(made, Dialogue)
        assert made.facts == {"situation": "My sister Ada turns 30 soon! We would meet up north."}
        assert made.turns == FUSED.turns


@pytest.mark.parametrize(
    ("text", "gate"),
    [
        ("My sister Ada turns 30 and we meet up north.", None),
        ("", "empty-situation"),
        ("We meet.\n\nChat: next one", "run-on"),
        ("We meet up north. Exchange: next one", "run-on"),
        ("We meet     up north.", "run-on"),
        ("We meet.", "length"),
        ("We meet " * 100, "length"),
        ("Ada turns 30 and goes north.", "first-person"),
        ("My sister Ada and Bela meet up north.", "unknown-name"),
        ("We meet up north soon. We meet up north soon.", "situation-loop"),
    ],
)
def test_gates(text: str, gate: str | None) -> None:
    read = read_situation(Answer(text, "", "stop"), CHAT)
    assert read == text if gate is None else isinstance(read, Verdict) and read.gate == gate
    if gate == "unknown-name":
        assert isinstance(read, Verdict)
        assert read.evidence == "Bela: not in the chat"


def test_who_tells_of_others_only_needs_no_first_person() -> None:
    chat = [
        Turn("user", "Ada has been cast in a film!"),
        Turn("system", "I am glad."),
        Turn("user", "Critics love it."),
    ]
    assert read_situation(Answer("Ada has been cast in a film.", "", "stop"), chat) == "Ada has been cast in a film."
    told = read_situation(Answer("The user knows Ada.", "", "stop"), chat)
    assert isinstance(told, Verdict)
    assert told.gate == "first-person"
