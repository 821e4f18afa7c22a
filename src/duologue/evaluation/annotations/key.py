"""The key of blind tasks: what annotators are not shown, i.e. which system's answer stands on which side.

key = read_key("blind/key.jsonl")
key["5f0c…"].left                    # "c1_hf"
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from duologue.dialogue import read_rows


class KeyRow(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What stands on the sides of one task.

    Attributes:
        task: the task's id as annotators see it.
        left: the system that gave the left answer.
        right: that of the right one.
        comparison: id of the comparison it was made from.
        strategy: what the answers were asked to follow.
        left_answer: id of the left answer (its branch, or dialogue and turn).
        right_answer: that of the right one.
        left_layout: of the left answer's prompt; answers to one point by one strategy share their id over layouts.
        right_layout: of the right one's.
        measures: measure -> its value for the left and for the right answer.
    """

    task: str
    left: str
    right: str
    comparison: str
    strategy: str | None = None
    left_answer: str = ""
    right_answer: str = ""
    left_layout: str = ""
    right_layout: str = ""
    measures: dict[str, tuple[float, float]] = {}


def read_key(path: str | Path) -> dict[str, KeyRow]:
    """Task -> its key.

    Raises:
        InputError: the file is missing or broken.
    """
    return {row.task: row for row in read_rows(path, KeyRow)}
