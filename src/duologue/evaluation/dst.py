"""Dialogue state tracking: joint goal accuracy, and precision, recall and F1 of slots.

`standard` (TRADE, MultiWOZ's leaderboard): a turn is right when the predicted state has exactly the gold slots with
right values, any acceptable alternative being right. `published-lenient` is the interference system's own figure
(spec/tod.md §2.9): extra slots cost nothing and near spellings count; its cleaning, which wrote gold values into the
prediction before scoring, is left out. The two are not comparable.

    score = score_dst(pair(predictions, references))
    score.joint_goal_accuracy, score.intervals["joint_goal_accuracy"]
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Literal, TypeAlias

import msgspec
import numpy as np

from duologue.dialogue import BeliefState
from duologue.errors import InputError
from duologue.evaluation.bootstrap import Difference, Floats, Interval, Statistic, bootstrap, paired_bootstrap, ratio
from duologue.evaluation.pairing import Pair, Pairing
from duologue.measures.belief import StateComparison, compare_states, lenient_value, same_value

Definition: TypeAlias = Literal["standard", "published-lenient"]

STATISTICS: dict[str, Statistic] = {
    "joint_goal_accuracy": lambda total: ratio(total[:, 1], total[:, 0]),
    "slot_precision": lambda total: ratio(total[:, 2], total[:, 2] + total[:, 3]),
    "slot_recall": lambda total: ratio(total[:, 2], total[:, 2] + total[:, 4]),
    "slot_f1": lambda total: ratio(2 * total[:, 2], 2 * total[:, 2] + total[:, 3] + total[:, 4]),
}
"""Figure -> its computation from the columns turns, right turns, right slots, false slots, missed slots."""


class TurnReason(msgspec.Struct, frozen=True):
    """Why a turn is wrong, slot by slot."""

    turn: int
    reasons: list[str]


class DstRow(msgspec.Struct, frozen=True):
    """One dialogue: its turns, how many states are right, slots right, false (wrong or extra) and missed, and why."""

    id: str
    turns: int
    joint: int
    right: int
    false: int
    missed: int
    wrong_turns: list[TurnReason]


class PartScore(msgspec.Struct, frozen=True):
    """One domain or one slot, in percent; `turns` are those where it is in the gold or the predicted state."""

    turns: int
    accuracy: float
    precision: float
    recall: float
    f1: float


class DstScore(msgspec.Struct, frozen=True):
    """State tracking over all turns, figures in percent.

    `accuracy` of a domain is the share of its turns where all of its slots are right; of a slot, where it is.
    """

    definition: Definition
    dialogues: int
    turns: int
    joint_goal_accuracy: float
    slot_precision: float
    slot_recall: float
    slot_f1: float
    intervals: dict[str, Interval]
    domains: dict[str, PartScore]
    slots: dict[str, PartScore]
    rows: list[DstRow]


def score_dst(pairing: Pairing, definition: Definition = "standard", *, seed: int = 0) -> DstScore:
    """Score predicted belief states.

    Args:
        pairing: predictions beside references; turns without a gold state (chitchat) are left out, a turn without a
            prediction or a state counts as an empty state.
        definition: when a turn is right.
        seed: of the bootstrap.

    Raises:
        InputError: the references carry no belief states, or no prediction has one.
    """
    _require_states(pairing)
    rows = []
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for dialogue in pairing.dialogues:
        scored = [each for each in dialogue.pairs if each.state is not None]
        compared = [_compare(each, definition) for each in scored]
        for found in compared:
            _count_parts(counts, found)
        rows.append(
            DstRow(
                id=dialogue.id,
                turns=len(scored),
                joint=sum(_is_right(found, definition) for found in compared),
                right=sum(len(found.right) for found in compared),
                false=sum(len(found.wrong) + len(found.extra) for found in compared),
                missed=sum(len(found.wrong) + len(found.missing) for found in compared),
                wrong_turns=[
                    TurnReason(each.position, _reasons(each, found))
                    for each, found in zip(scored, compared, strict=True)
                    if not _is_right(found, definition)
                ],
            )
        )
    sums = _sums(rows)
    whole = sums.sum(axis=0, keepdims=True)
    return DstScore(
        definition=definition,
        dialogues=len(rows),
        turns=int(whole[0, 0]),
        **{name: float(statistic(whole)[0]) for name, statistic in STATISTICS.items()},
        intervals={name: bootstrap(sums, statistic, seed=seed) for name, statistic in STATISTICS.items()},
        domains={name: _part(counts[name]) for name in sorted(counts) if "-" not in name},
        slots={name: _part(counts[name]) for name in sorted(counts) if "-" in name},
        rows=rows,
    )


def compare_dst(first: DstScore, second: DstScore, *, seed: int = 0) -> dict[str, Difference]:
    """The first system minus the second, by paired bootstrap over the dialogues that both answered.

    Raises:
        InputError: they have no dialogue in common.
    """
    other = {row.id: row for row in second.rows}
    shared = [row for row in first.rows if row.id in other]
    if not shared:
        raise InputError("the two systems answered no dialogue in common", mend="give predictions for one reference")
    sums = _sums(shared), _sums([other[row.id] for row in shared])
    return {name: paired_bootstrap(*sums, statistic, seed=seed) for name, statistic in STATISTICS.items()}


def _require_states(pairing: Pairing) -> None:
    pairs = [each for dialogue in pairing.dialogues for each in dialogue.pairs]
    if all(each.state is None for each in pairs):
        raise InputError("no turn carries a belief state", where="references", mend="give an annotated corpus")
    if all(each.prediction is None or each.prediction.state is None for each in pairs):
        raise InputError(
            "no prediction carries a belief state", where="predictions", mend="use a system that predicts it"
        )


def _compare(each: Pair, definition: Definition) -> StateComparison:
    same = same_value if definition == "standard" else lenient_value
    return compare_states(_predicted(each), each.state or {}, same)


def _predicted(each: Pair) -> BeliefState:
    return (each.prediction.state if each.prediction is not None else None) or {}


def _is_right(found: StateComparison, definition: Definition) -> bool:
    return found.equal if definition == "standard" else not (found.wrong or found.missing)


def _reasons(each: Pair, found: StateComparison) -> list[str]:
    said, gold = _predicted(each), each.state or {}
    if each.prediction is None:
        return ["no prediction"]
    return [
        *(f"missing {domain}-{slot}: gold {'|'.join(gold[domain][slot])}" for domain, slot in found.missing),
        *(
            f"wrong {domain}-{slot}: predicted {said[domain][slot][0]}, gold {'|'.join(gold[domain][slot])}"
            for domain, slot in found.wrong
        ),
        *(f"extra {domain}-{slot}: predicted {said[domain][slot][0]}" for domain, slot in found.extra),
    ]


def _count_parts(counts: dict[str, Counter[str]], found: StateComparison) -> None:
    outcome: dict[str, bool] = {}
    for what in ("right", "wrong", "missing", "extra"):
        for domain, slot in getattr(found, what):
            for part in (domain, f"{domain}-{slot}"):
                counts[part][what] += 1
                outcome[part] = outcome.get(part, True) and what == "right"
    for part, right in outcome.items():
        counts[part]["turns"] += 1
        counts[part]["all right"] += right


def _part(count: Counter[str]) -> PartScore:
    right, false = count["right"], count["wrong"] + count["extra"]
    missed = count["wrong"] + count["missing"]
    return PartScore(
        turns=count["turns"],
        accuracy=_percent(count["all right"], count["turns"]),
        precision=_percent(right, right + false),
        recall=_percent(right, right + missed),
        f1=_percent(2 * right, 2 * right + false + missed),
    )


def _percent(above: int, below: int) -> float:
    return 100 * above / below if below else 0.0


def _sums(rows: list[DstRow]) -> Floats:
    return np.array([[row.turns, row.joint, row.right, row.false, row.missed] for row in rows], dtype=np.float64)
