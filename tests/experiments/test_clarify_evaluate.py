"""The stage `evaluate` of the clarify experiment on conversations made by hand, whose figures are worked out here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from clarify_talk import table_talk
from msgspec.structs import replace

from duologue.dialogue import Branch, Dialogue, Turn, read_rows, write
from duologue.errors import InputError
from duologue.experiments.clarify.judging import ClarifyResults, evaluate, read_results
from duologue.experiments.clarify.settings import ClarifyRecipe
from duologue.experiments.recipe import load_recipe
from duologue.experiments.stages import Work
from duologue.models.budget import Budget

Does = Callable[[int, int], tuple[str, float]]
"""Number of the conversation and index of the turn -> what the policy does first, and the score of its answer."""


def right(number: int, at: int) -> tuple[str, float]:
    return ("clarify" if at == 1 else "answer"), 1.0


def never_asks(number: int, at: int) -> tuple[str, float]:
    return "answer", 0.0 if at == 1 else 1.0


def asks_in_every_second(number: int, at: int) -> tuple[str, float]:
    return right(number, at) if number % 2 else never_asks(number, at)


def played(number: int, does: Does) -> Dialogue:
    talk = table_talk(number)
    branches = []
    for at in (1, 3, 5):
        action, score = does(number, at)
        asked = action == "clarify"
        scores = {"goal": score, "reached": float(score > 0.5), "questions": float(asked), "tokens": 3.0, "turn": score}
        labels = {"action": ["clarify", "answer"] if asked else ["answer"]}
        labels |= {} if score > 0.5 else {"blame": ["agent"]}
        branches.append(Branch(f"{talk.id}-{at}", at, [Turn("system", "60 million")], labels=labels, scores=scores))
    return replace(talk, branches=branches)


def work_of(tmp_path: Path, conversations: int, policies: dict[str, Does]) -> Work:
    inputs = {}
    for stage, does in policies.items():
        inputs[stage] = tmp_path / "stages" / stage
        inputs[stage].mkdir(parents=True)
        write(inputs[stage] / "dialogues.jsonl", [played(number, does) for number in range(conversations)])
    (tmp_path / "evaluate").mkdir()
    return Work(tmp_path / "evaluate", inputs, {}, tmp_path, Budget())


PLAYS: dict[str, Does] = {
    "play/as-is": never_asks,
    "play/sft-N4-s0": never_asks,
    "play/sft-N4-s1": never_asks,
    "play/act-N4-s0": right,
    "play/act-N4-s1": asks_in_every_second,
}


@pytest.fixture
def recipe() -> ClarifyRecipe:
    found = load_recipe("clarify", ["sizes=[4]", "seeds=[0, 1]", "trained=[act]"])
    assert isinstance(found, ClarifyRecipe)
    return found


def results(tmp_path: Path, recipe: ClarifyRecipe, conversations: int = 12) -> ClarifyResults:
    evaluate(work_of(tmp_path, conversations, PLAYS), recipe)
    return read_results(tmp_path / "evaluate")


def test_figures_are_means_over_seeds(tmp_path: Path, recipe: ClarifyRecipe) -> None:
    found = {each.policy.name: each for each in results(tmp_path, recipe).policies}
    assert list(found) == ["as-is", "sft, 4", "act, 4"]
    act, sft = found["act, 4"], found["sft, 4"]
    # One seed is right everywhere; the other asks in 6 of 12 ambiguous states and answers in all 24 clear ones.
    asking, answering = 2 * 6 / (6 + 12), 2 * 24 / (24 + 30)
    assert act.figures["action macro f1"].value == pytest.approx(100 * (1 + (asking + answering) / 2) / 2)
    assert act.seeds["action macro f1"] == pytest.approx([100, 50 * (asking + answering)])
    assert act.figures["trajectory"].value == pytest.approx(100 * (1 + 30 / 36) / 2)
    assert act.figures["under-asking"].value == pytest.approx(25)
    assert act.figures["trajectory, gold ambiguous"].value == pytest.approx(75)
    assert act.figures["questions per solved state"].value == pytest.approx((12 / 36 + 6 / 30) / 2)
    assert act.confusion["clarify"] == {"clarify": 18, "answer": 6, "none": 0}
    assert act.support["post-clarification"] == 18
    assert act.blame == {"agent": 6}
    assert sft.figures["trajectory"].value == pytest.approx(100 * 24 / 36)
    assert sft.figures["action macro f1"].value == pytest.approx(50 * 2 * 24 / (24 + 36))
    assert found["as-is"].figures == sft.figures, "one run beside two seeds that do the same"


def test_differences_are_paired_and_claims_follow_from_them(tmp_path: Path, recipe: ClarifyRecipe) -> None:
    found = results(tmp_path, recipe)
    assert [(each.other, each.size) for each in found.differences] == [("as-is", 4), ("sft", 4)]
    apart = found.differences[1].differences["trajectory"]
    assert apart.difference == pytest.approx(100 * ((1 + 30 / 36) / 2 - 24 / 36))
    # Every conversation has one ambiguous state of three: a draw of the right seed twice is 100 / 3 above.
    assert apart.interval.high == pytest.approx(100 / 3)
    assert 0 < apart.interval.low < apart.difference < apart.interval.high
    answers = {claim.says: claim.answer for claim in found.claims}
    assert answers == {
        "act is above sft in action macro f1, 4 conversations.": "supported",
        "act is above sft in trajectory, 4 conversations.": "supported",
    }


def test_a_few_conversations_decide_nothing(tmp_path: Path, recipe: ClarifyRecipe) -> None:
    assert {claim.answer for claim in results(tmp_path, recipe, conversations=9).claims} == {"not at this scale"}


def test_a_row_is_kept_of_every_conversation(tmp_path: Path, recipe: ClarifyRecipe) -> None:
    results(tmp_path, recipe, conversations=2)
    rows = list(read_rows(tmp_path / "evaluate/rows.jsonl", dict))
    assert len(rows) == 5 * 2 * 3
    assert {(row["method"], row["size"], row["seed"]) for row in rows} == {
        ("as-is", None, None), ("sft", 4, 0), ("sft", 4, 1), ("act", 4, 0), ("act", 4, 1)
    }  # fmt: skip


def test_a_policy_that_played_nothing_is_told(tmp_path: Path, recipe: ClarifyRecipe) -> None:
    work = work_of(tmp_path, 2, PLAYS)
    write(work.inputs["play/act-N4-s1"] / "dialogues.jsonl", [table_talk(1)])
    with pytest.raises(InputError, match="play/act-N4-s1: no conversation was played"):
        evaluate(work, recipe)
