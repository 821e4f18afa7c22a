"""Walking a dialogue's tree: every path as a linear dialogue, and the ids of what is derived.

for path in paths(dialogue):      # trunk first, then branches depth-first
    print(path.id, [turn.said for turn in path.turns])
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import msgspec

from duologue.dialogue.schema import Branch, Dialogue, Turn


def paths(dialogue: Dialogue) -> Iterator[Dialogue]:
    """Yield the linear dialogues of a tree: the trunk, then each branch depth-first.

    A branch's path shares the parent's turns before `at` (the same objects, not copies) and carries the branch's id,
    goal (the parent's where the branch has none) and origin.

    Raises:
        ValueError: a branch starts after the end of its parent path.
    """
    yield msgspec.structs.replace(dialogue, branches=[])
    yield from _branch_paths(dialogue, dialogue.turns, dialogue.branches)


def _branch_paths(parent: Dialogue, turns: list[Turn], branches: list[Branch]) -> Iterator[Dialogue]:
    for branch in branches:
        if not 0 <= branch.at <= len(turns):
            raise ValueError(f"branch {branch.id} starts at turn {branch.at} of a path of {len(turns)} turns")
        path = msgspec.structs.replace(
            parent,
            id=branch.id,
            turns=[*turns[: branch.at], *branch.turns],
            goal=branch.goal or parent.goal,
            origin=branch.origin,
            branches=[],
        )
        yield path
        yield from _branch_paths(path, path.turns, branch.branches)


def derived_id(parent: str, *made_by: object) -> str:
    """The id of a dialogue derived from `parent`: the parent's id and a short hash of what made it.

    Args:
        parent: the id of the dialogue it is made from.
        made_by: operator, options hash, draw, …: whatever tells two children of one parent apart.
    """
    digest = hashlib.sha256(msgspec.json.encode([parent, *made_by])).hexdigest()
    return f"{parent}~{digest[:8]}"


def parent_id(dialogue: Dialogue) -> str:
    """The id under which a native writer writes this dialogue: its parent's, or its own when it has none."""
    if dialogue.origin is not None and dialogue.origin.parent is not None:
        return dialogue.origin.parent
    return dialogue.id
