"""Means over seeds with intervals over seeds and conversations: against another computation, and where these vanish."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from sklearn.metrics import f1_score

from duologue.evaluation.clarify.over_seeds import estimates
from duologue.evaluation.clarify.rows import ClarifyRow
from duologue.evaluation.estimate import difference

LABELS = ["clarify", "answer"]


def rows(seed: int, right: float = 0.7, conversations: int = 12) -> list[ClarifyRow]:
    """Three states a conversation; a policy that is right so often."""
    rng, gold = random.Random(seed), random.Random(0)
    found = []
    for number in range(3 * conversations):
        true = gold.choice(LABELS)
        told = true if rng.random() < right else LABELS[LABELS[0] == true]
        goal = rng.random() if told == true else 0.1
        found.append(
            ClarifyRow(
                id=f"b{number}", conversation=f"c{number // 3}", state=f"s{number}", gold=true, action=told, turn=None,
                goal=goal, reached=goal > 0.5, questions=int(told == "clarify"), tokens=3,
            )
        )  # fmt: skip
    return found


def macro_f1(found: list[ClarifyRow]) -> float:
    """F1 is twice what is right of a class over what is it and what was told to be it."""
    each = []
    for label in LABELS:
        right = sum(row.gold == row.action == label for row in found)
        named = sum((row.gold == label) + (row.action == label) for row in found)
        each.append(2 * right / named)
    return 100 * sum(each) / len(each)


def trajectory(found: list[ClarifyRow]) -> float:
    return 100 * sum(row.goal or 0.0 for row in found) / len(found)


ACT = {str(seed): rows(seed, 0.9) for seed in range(3)}
SFT = {str(seed): rows(10 + seed, 0.6) for seed in range(3)}


def test_a_figure_is_the_mean_of_the_seeds() -> None:
    found = estimates({"act": ACT, "sft": SFT})
    for name, runs in (("act", ACT), ("sft", SFT)):
        own = list(runs.values())
        for row in own:
            gold, told = [each.gold for each in row], [each.action for each in row]
            assert macro_f1(row) == pytest.approx(100 * f1_score(gold, told, average="macro"))
        assert found[name]["action macro f1"].value == pytest.approx(sum(map(macro_f1, own)) / 3)
        assert found[name]["trajectory"].value == pytest.approx(sum(map(trajectory, own)) / 3)


def test_intervals_are_those_of_drawing_seeds_and_conversations() -> None:
    """Against draws that are made one by one, with rows copied as often as their conversation is drawn."""
    rng = np.random.default_rng(5)
    drawn: dict[str, list[float]] = {"action macro f1": [], "trajectory": [], "apart": []}
    for _ in range(1500):
        conversations = [f"c{number}" for number in rng.integers(12, size=12)]
        seeds = [str(seed) for seed in rng.integers(3, size=3)]

        def of(runs: dict[str, list[ClarifyRow]], seed: str, chosen: list[str] = conversations) -> list[ClarifyRow]:
            return [row for name in chosen for row in runs[seed] if row.conversation == name]

        ours = [macro_f1(of(ACT, seed)) for seed in seeds]
        drawn["action macro f1"].append(float(np.mean(ours)))
        drawn["trajectory"].append(float(np.mean([trajectory(of(ACT, seed)) for seed in seeds])))
        drawn["apart"].append(float(np.mean(ours)) - float(np.mean([macro_f1(of(SFT, seed)) for seed in seeds])))
    found = estimates({"act": ACT, "sft": SFT})
    told = {name: found["act"][name].figure().interval for name in ("action macro f1", "trajectory")}
    told["apart"] = difference(found["act"]["action macro f1"], found["sft"]["action macro f1"]).interval
    for name, interval in told.items():
        low, high = np.quantile(drawn[name], [0.025, 0.975])
        assert interval is not None
        assert (interval.low, interval.high) == pytest.approx((low, high), abs=2), name


def test_what_is_equal_everywhere_differs_by_nothing() -> None:
    found = estimates({"act": ACT, "same": ACT, "as-is": {"": rows(4)}})
    apart = difference(found["act"]["trajectory"], found["same"]["trajectory"])
    assert (apart.difference, apart.interval.low, apart.interval.high) == (0, 0, 0)
    once = estimates({"as-is": {"": rows(4)}})
    assert once["as-is"]["trajectory"].value == pytest.approx(found["as-is"]["trajectory"].value)


def test_seeds_that_differ_widen_the_interval() -> None:
    alike = {"0": rows(1), "1": rows(1), "2": rows(1)}
    apart = {"0": rows(1, 1.0), "1": rows(1, 0.7), "2": rows(1, 0.4)}

    def width(runs: dict[str, list[ClarifyRow]]) -> float:
        interval = estimates({"": runs})[""]["action macro f1"].figure().interval
        assert interval is not None
        return interval.high - interval.low

    assert width(apart) > 1.5 * width(alike)


def test_a_seed_without_the_figure_is_left_out() -> None:
    """A policy that never asks in one seed has no score after asking there; the mean is of the others."""
    silent = [row for row in rows(1) if row.action == "answer"]
    found = estimates({"": {"0": rows(1), "1": silent}})
    assert found[""]["post-clarification"].value == estimates({"": {"0": rows(1)}})[""]["post-clarification"].value
    assert math.isnan(estimates({"": {"0": silent}})[""]["post-clarification"].value)


def test_other_seeds_are_refused() -> None:
    with pytest.raises(ValueError, match="sft has the runs 0, 1, others have 0, 1, 2"):
        estimates({"act": ACT, "sft": {"0": rows(0), "1": rows(1)}})
    with pytest.raises(ValueError, match="no simulated conversation"):
        estimates({})
