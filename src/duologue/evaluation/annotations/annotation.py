"""A preference between two answers, the same whatever tool it came from: one row of our own JSONL.

    {"task": "7b07…", "annotator": "1", "preference": -4, "left": "c1_hf", "right": "standard",
     "measures": {"sra": [0.2, 0.1]}}

`reading.read_annotations` reads it, and what Label Studio exports.
"""

from __future__ import annotations

import msgspec


class Annotation(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What one annotator said of one task.

    Attributes:
        task: which two answers were compared; rows of one task have the same answers on the same sides.
        annotator: who says so.
        preference: below 0 for the left answer, above 0 for the right one, the farther the more; 0 is a tie.
        left: the system that gave the left answer; empty where it is not known.
        right: that of the right one.
        strategy: what the answers were asked to follow.
        measures: measure -> its value for the left and for the right answer, e.g. their SRA.
        seconds: how long it took.
    """

    task: str
    annotator: str
    preference: float
    left: str = ""
    right: str = ""
    strategy: str | None = None
    measures: dict[str, tuple[float, float]] = {}
    seconds: float | None = None


class Annotations(msgspec.Struct, frozen=True):
    """A file's annotations, one a task and annotator, and what was left out and why."""

    rows: list[Annotation]
    problems: list[str]
