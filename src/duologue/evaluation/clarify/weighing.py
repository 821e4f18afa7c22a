"""How much a simulated conversation counts: each state of a run counts once, however many conversations left it.

A corpus with several readings of one question (Abg-CoQA) has a gold conversation for each, which a policy cannot tell
apart until it has asked: one state, several branches. Samples of a state are such conversations as well.

for each in weighed({"run": rows}): each.row, each.weight, each.worst
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from duologue.evaluation.clarify.rows import ClarifyRow


class Weighed(NamedTuple):
    """A conversation.

    Attributes:
        row: it.
        weight: one over the number of conversations of its state in its run.
        worst: the least goal score among these; None where the state has no goal.
        group: what it stands or falls with in the bootstrap: the gold conversation, and others that share a state
            with it.
    """

    row: ClarifyRow
    weight: float
    worst: float | None
    group: str


def weighed(runs: Mapping[str, Sequence[ClarifyRow]]) -> list[Weighed]:
    """Weigh the conversations of runs, in their order."""
    groups = _groups([row for rows in runs.values() for row in rows])
    found = []
    for rows in runs.values():
        states: dict[str, list[ClarifyRow]] = {}
        for row in rows:
            states.setdefault(row.state, []).append(row)
        for row in rows:
            own = states[row.state]
            goals = [each.goal for each in own if each.goal is not None]
            found.append(Weighed(row, 1 / len(own), min(goals, default=None), groups[row.conversation]))
    return found


def _groups(rows: Sequence[ClarifyRow]) -> dict[str, str]:
    """Conversation -> the first one that it shares states with, directly or through others."""
    leader = {row.conversation: row.conversation for row in rows}

    def find(name: str) -> str:
        while leader[name] != name:
            leader[name] = name = leader[leader[name]]
        return name

    first: dict[str, str] = {}
    for row in rows:
        leader[find(row.conversation)] = find(first.setdefault(row.state, row.conversation))
    return {name: find(name) for name in leader}
