"""What the user of a dialogue wants, as the evaluator judges it (spec/tod.md §5.9).

The original reads goals from a hidden file; they follow from MultiWOZ 2.1's `goal`. 2.2 has no goals: there the
original's file must be given.

    evaluation_goal(dialogue.goal)["hotel"].requestable        # ("PHONE", "REFERENCE")
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from duologue.dialogue import Goal
from duologue.errors import InputError
from duologue.evaluation.tod.values import normalise_slot

_BOOKABLE = ("hotel", "restaurant", "train")
_REQUESTED = {"phone": "PHONE", "address": "ADDRESS", "postcode": "POST"}


class EvaluationGoal(msgspec.Struct, frozen=True):
    """The goal in one domain.

    Attributes:
        informable: constraints on the venue in the evaluator's slot names, values as the corpus writes them.
        requestable: classes of placeholders that the user must hear, e.g. `PHONE`.
        booking: booking constraints, slot without "book" -> value; empty where nothing is to be booked.
    """

    informable: dict[str, str]
    requestable: tuple[str, ...]
    booking: dict[str, str]


class _OriginalGoal(msgspec.Struct):
    informable: dict[str, str]
    requestable: list[str]
    booking: dict[str, str] | list[str] = []


def evaluation_goal(goal: Goal | None) -> dict[str, EvaluationGoal]:
    """Domain -> goal; empty where the dialogue has none."""
    found = {}
    for domain, wanted in (goal.domains if goal is not None else {}).items():
        if domain == "train":
            requestable = ["TRAINID"] if "trainid" in wanted.request else []
        else:
            requestable = [_REQUESTED[slot] for slot in dict.fromkeys(wanted.request) if slot in _REQUESTED]
        if wanted.book is not None and domain in _BOOKABLE:
            requestable.append("REFERENCE")
        found[domain] = EvaluationGoal(
            informable={normalise_slot(slot): value for slot, value in wanted.inform.items()},
            requestable=tuple(requestable),
            booking={slot.removeprefix("book"): value for slot, value in (wanted.book or {}).items()},
        )
    return found


def requested_class(domain: str, slot: str) -> str | None:
    """The class that a user asks for with a canonical slot; None where success does not look at it."""
    if slot == "ref":
        return "REFERENCE"
    return "TRAINID" if (domain, slot) == ("train", "trainid") else _REQUESTED.get(slot)


def read_goals(path: Path) -> Mapping[str, dict[str, EvaluationGoal]]:
    """The original evaluator's goals file: dialogue -> domain -> goal.

    Raises:
        InputError: the file is missing or laid out otherwise.
    """
    try:
        raw = msgspec.json.decode(path.read_bytes(), type=dict[str, dict[str, _OriginalGoal]])
    except FileNotFoundError:
        raise InputError("no such file", where=str(path), mend="check --goals") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(
            f"no goals of the original evaluator ({error})",
            where=str(path),
            mend="expected {dialogue: {domain: {informable, requestable, booking}}}",
        ) from None
    return {
        name.lower(): {
            domain: EvaluationGoal(
                informable=goal.informable,
                requestable=tuple(goal.requestable),
                booking=goal.booking if isinstance(goal.booking, dict) else {},
            )
            for domain, goal in domains.items()
        }
        for name, domains in raw.items()
    }
