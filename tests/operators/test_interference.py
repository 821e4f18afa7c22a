"""The interference operator: what it asks, inserts, leaves alone, retries and rejects."""

from __future__ import annotations

import asyncio
import json
import random
from pathlib import Path
from typing import Any

import pytest
from rule_answers import answer
from samples import RuleModel, desk_of, situated

from duologue.dialogue import Dialogue, diff
from duologue.models.request import Choice, Reply, Request
from duologue.operators import Rejected, Skipped, WorkItem
from duologue.operators.interference import InterferenceOptions, interference, plan
from duologue.prompts.ask import ModelAsk, Preview


class Scripted(RuleModel):
    """Answers by rule, but for the answers to the first few requests."""

    def __init__(self, *first: str) -> None:
        super().__init__(broken=0)
        self.first = list(first)

    async def complete(self, request: Request) -> Reply:
        self.asked.append(request)
        text = self.first.pop(0) if self.first else answer(request.prompt[-1].content, 0)
        return Reply((Choice(text),))


def work(
    dialogue: Dialogue, model: RuleModel | None = None, fields: dict[str, Any] | None = None, **options: Any
) -> tuple[list[Dialogue | Rejected], list[Preview]]:
    async def go() -> tuple[list[Dialogue | Rejected], list[Preview]]:
        async with desk_of(model or RuleModel(broken=0)) as desk:
            ask = ModelAsk(desk, seed=5, keep_previews=True)
            item = WorkItem.of(dialogue, **{"situation": dialogue.facts["situation"], **(fields or {})})
            chosen = InterferenceOptions(**options)
            return [made async for made in interference(item, ask, chosen, random.Random(1))], ask.previews

    return asyncio.run(go())


def test_a_backstory_after_the_user_and_a_reaction_before_the_system() -> None:
    source = situated(3)
    (made,), asked = work(source)
    assert isinstance(made, Dialogue)
    changes = [(change.what, change.kind) for change in diff(source, made)]
    assert changes == [("inserted", "backstory"), ("inserted", "reaction")]
    user = next(turn for turn in made.turns if turn.inserted("backstory"))
    system = made.turns[made.turns.index(user) + 1]
    assert user.said == f"{user.text} {source.facts['situation']}"
    assert system.said == f"{system.inserted('reaction')} {system.text}"
    assert made.facts == source.facts
    assert [preview.prompt for preview in asked] == ["interference/backstory", "interference/reaction"]
    assert source == situated(3), "the source is not touched"
    assert str(user.inserted("backstory")) in asked[1].messages[-1].content


def test_several_exchanges_see_what_was_inserted_before() -> None:
    (made,), asked = work(situated(3), turns=3)
    assert isinstance(made, Dialogue)
    # The third exchange is about a hotel, so only two are compatible.
    assert [bool(turn.insertions) for turn in made.turns] == [True, True, True, True, False, False]
    assert made.turns[1].said in asked[2].messages[-1].content


def test_one_bad_answer_rejects_the_dialogue() -> None:
    (rejected,), _ = work(situated(3), Scripted("nonsense"))
    assert rejected == Rejected("MUL0003", "user-structure", "expected one '**utterance** + <', found 0 in 'nonsense'")


def test_a_retry_is_sampled_with_a_seed_of_its_own() -> None:
    model = Scripted("nonsense", "more nonsense")
    (made,), _ = work(situated(3), model, draws=3)
    assert isinstance(made, Dialogue)
    tries = model.asked[:3]
    assert [request.temperature for request in tries] == [0.0, 0.7, 0.7]
    assert [request.seed for request in tries] == [None, 5, 5]
    assert len({request.drawn_seed for request in tries}) == 3
    assert len({request.prompt for request in tries}) == 1
    assert model.asked[3].draw == 0, "the reaction begins anew"


def test_after_the_last_draw_the_dialogue_is_rejected() -> None:
    (rejected,), _ = work(situated(3), Scripted("a", "b"), draws=2)
    assert isinstance(rejected, Rejected)
    assert "'b'" in rejected.evidence


def test_worked_examples_are_shown() -> None:
    _, asked = work(situated(3), shots=2)
    for preview in asked:
        assert preview.messages[-1].content.count("Answer: ") == 2


def test_a_given_backstory_is_not_asked_for(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text(json.dumps({"MUL0003": {"backstory": "I broke my leg.", "turn": 2}}))
    options = InterferenceOptions(backstories=tmp_path / "b.json")
    no, yes = plan([situated(2), situated(3)], options, random.Random(0))
    assert no == Skipped("MUL0002", "no backstory given")
    assert isinstance(yes, WorkItem)
    (made,), asked = work(situated(3), fields=yes.fields)
    assert isinstance(made, Dialogue)
    assert made.turns[2].inserted("backstory") == "I broke my leg."
    assert made.turns[2].insertions[0].by is None
    assert [preview.prompt for preview in asked] == ["interference/reaction"]


@pytest.mark.parametrize("turn", [1, 5, 99, -2])
def test_a_backstory_for_a_turn_that_opens_no_exchange(turn: int, tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text(json.dumps({"MUL0003": {"backstory": "I broke my leg.", "turn": turn}}))
    (item,) = plan([situated(3)], InterferenceOptions(backstories=tmp_path / "b.json"), random.Random(0))
    assert isinstance(item, WorkItem)
    (rejected,), _ = work(situated(3), fields=item.fields)
    assert isinstance(rejected, Rejected)
    assert rejected.gate == "no-exchange"


def test_a_dialogue_without_a_situation_is_not_tried(tmp_path: Path) -> None:
    bare = situated(4)
    bare.facts = {}
    assert list(plan([bare], InterferenceOptions(), random.Random(0))) == [Skipped("MUL0004", "no situation")]
    (tmp_path / "s.json").write_text(json.dumps({"MUL0004.json": "I am ill."}))
    (item,) = plan([bare], InterferenceOptions(situations=tmp_path / "s.json"), random.Random(0))
    assert isinstance(item, WorkItem)
    assert item.fields == {"situation": "I am ill."}


def test_a_dialogue_without_an_exchange_is_rejected() -> None:
    short = situated(4)
    short.turns = short.turns[:1]
    (rejected,), _ = work(short)
    assert isinstance(rejected, Rejected)
    assert rejected.gate == "no-exchange"
