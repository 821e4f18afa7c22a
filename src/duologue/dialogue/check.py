"""What is wrong with a dialogue, beyond what the schema can say.

for problem in check(dialogue): print(problem)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import msgspec

from duologue.dialogue.schema import Branch, Dialogue, Turn


class Problem(msgspec.Struct, frozen=True):
    """Something wrong in a dialogue: where it is and what it is."""

    dialogue: str
    where: str
    what: str

    def __str__(self) -> str:
        return f"dialogue {self.dialogue}, {self.where}: {self.what}"


def check(dialogue: Dialogue) -> Iterator[Problem]:
    """Yield everything that is wrong with a dialogue; nothing when it is sound."""
    if not dialogue.id:
        yield Problem("?", "id", "is empty")
    if not dialogue.turns:
        yield Problem(dialogue.id, "turns", "there are none")
    for where, what in _check_turns(dialogue.turns, ""):
        yield Problem(dialogue.id, where, what)
    for where, what in _check_branches(dialogue.branches, len(dialogue.turns), ""):
        yield Problem(dialogue.id, where, what)
    ids = Counter(_branch_ids(dialogue.branches))
    ids[dialogue.id] += 1
    for branch_id, count in ids.items():
        if count > 1:
            yield Problem(dialogue.id, f"branch {branch_id}", f"this id is used {count} times")


def _check_turns(turns: list[Turn], prefix: str) -> Iterator[tuple[str, str]]:
    for index, turn in enumerate(turns):
        where = f"{prefix}turn {index}"
        # A turn that only calls a tool says nothing.
        if not turn.said.strip() and not turn.labels.get("tool_calls"):
            yield where, "the text is empty"
        for number, span in enumerate(turn.spans):
            place = f"{where}, spans[{number}]"
            if not 0 <= span.start < span.end <= len(turn.text):
                yield (
                    place,
                    f"characters {span.start} to {span.end} lie outside a text of {len(turn.text)} characters",
                )
        if turn.state is not None and turn.speaker != "user":
            yield (
                f"{where}, state",
                f"lies on a {turn.speaker} turn; the belief state belongs to the user turn",
            )
        for domain, slots in (turn.state or {}).items():
            for slot, values in slots.items():
                if not values or not all(values):
                    yield f"{where}, state {domain}-{slot}", "has no value; leave the slot out"
        for insertion in turn.insertions:
            if not insertion.text.strip():
                yield f"{where}, insertion {insertion.kind}", "is empty"


def _check_branches(branches: list[Branch], length: int, prefix: str) -> Iterator[tuple[str, str]]:
    for branch in branches:
        where = f"{prefix}branch {branch.id}"
        if not 0 <= branch.at <= length:
            yield where, f"starts at turn {branch.at} of a path of {length} turns"
        yield from _check_turns(branch.turns, f"{where}, ")
        yield from _check_branches(branch.branches, branch.at + len(branch.turns), f"{where}, ")


def _branch_ids(branches: list[Branch]) -> Iterator[str]:
    for branch in branches:
        yield branch.id
        yield from _branch_ids(branch.branches)
