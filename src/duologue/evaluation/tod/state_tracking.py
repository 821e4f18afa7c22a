"""State tracking as the public MultiWOZ evaluator measures it (spec/tod.md §5.7).

A turn is right when the predicted state has exactly the gold slots and each value nearly is, or is a part of, the gold
one (`partial_ratio` above 95); a wrong value counts as false and as missed. Not comparable with `evaluation.dst`, whose
`standard` is TRADE's joint goal accuracy (any acceptable alternative, equality) and which is what Duologue reports
where it trains systems.

The gold states say `bookpeople` where most prediction files say `people`, so the published figures are low for a
naming reason: `unified=True` names booking slots alike on both sides (spec/tod.md §7.7).

    tracking = StateTracking(unified=True)
    tracking.add({"hotel": {"people": "2"}}, {"hotel": {"bookpeople": "2"}})
    tracking.figures().joint_accuracy
"""

from __future__ import annotations

from functools import lru_cache

import msgspec

from duologue.evaluation.tod.fuzzy import partial_ratio
from duologue.evaluation.tod.values import State

_NEARLY = 95


class TrackingFigures(msgspec.Struct, frozen=True):
    """Joint accuracy and slot F1 in percent, precision and recall as shares, as the original prints them."""

    joint_accuracy: float
    slot_f1: float
    slot_precision: float
    slot_recall: float


class StateTracking:
    """Counts turns as they come."""

    def __init__(self, *, unified: bool = False) -> None:
        """Begin counting.

        Args:
            unified: whether `bookday` and `day` are one slot.
        """
        self._unified = unified
        self._turns = self._joint = self._right = self._false = self._missed = 0

    def add(self, predicted: State, gold: State) -> None:
        """Compare the normalised states of a turn."""
        said, wanted = self._flat(predicted), self._flat(gold)
        right = sum(place in wanted and _same(value, wanted[place]) for place, value in said.items())
        self._turns += 1
        self._joint += right == len(said) == len(wanted)
        self._right += right
        self._false += len(said) - right
        self._missed += len(wanted) - right

    def figures(self) -> TrackingFigures:
        """The figures of all turns so far; 0 where there is nothing to divide by."""
        precision = _share(self._right, self._right + self._false)
        recall = _share(self._right, self._right + self._missed)
        return TrackingFigures(
            joint_accuracy=100 * _share(self._joint, self._turns),
            slot_f1=100 * _share(2 * precision * recall, precision + recall),
            slot_precision=precision,
            slot_recall=recall,
        )

    def _flat(self, state: State) -> dict[tuple[str, str], str]:
        if self._unified:
            return {(domain, _unified(slot)): value for domain, slots in state.items() for slot, value in slots.items()}
        return {(domain, slot): value for domain, slots in state.items() for slot, value in slots.items()}


@lru_cache(maxsize=65_536)
def _same(predicted: str, gold: str) -> bool:
    return partial_ratio(predicted, gold) > _NEARLY


def _unified(slot: str) -> str:
    return slot.removeprefix("book")


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
