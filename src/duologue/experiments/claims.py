"""A paper's claim and what a run says of it: computed from intervals, never written by hand.

A claim that a figure is above a value is supported when the whole 95 % interval lies above it, contradicted when the
whole lies below, else it is not decided at this scale.

    answer_above(Interval(0.4, 1.9))        # "supported"
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

import msgspec
from msgspec.structs import replace

from duologue.evaluation.bootstrap import Interval

Answer: TypeAlias = Literal["supported", "contradicted", "not at this scale"]
_LEAST = 10


class Claim(msgspec.Struct, frozen=True):
    """A claim: what it says, what the paper measured, what this run did, and the answer."""

    says: str
    paper: str
    measured: str
    answer: Answer


def answer_above(found: Interval, value: float = 0.0) -> Answer:
    """Whether the interval lies wholly above a value, wholly below, or around it."""
    if found.low > value:
        return "supported"
    if found.high < value:
        return "contradicted"
    return "not at this scale"


def with_interval(value: float, found: Interval, digits: int) -> str:
    """`+1.2 (95 % interval +0.4 to +1.9)`."""
    return f"{value:+.{digits}f} (95 % interval {found.low:+.{digits}f} to {found.high:+.{digits}f})"


def judged_where_enough(claims: Sequence[Claim], conversations: int) -> list[Claim]:
    """The claims; those of fewer than ten conversations are not judged: their draws are all alike."""
    if conversations >= _LEAST:
        return list(claims)
    return [replace(claim, answer="not at this scale") for claim in claims]
