"""The string matcher of the published evaluator, to the digit.

Two strings match when the shorter one is nearly a part of the longer. Its alignment decides on which side of the
threshold a pair falls: the windows of the longer string that are tried are those that the Levenshtein *matching
blocks* of the two strings suggest, not all of them (spec/tod.md §7.6). `rapidfuzz.fuzz.partial_ratio` tries all
windows, so it is never lower, and sometimes higher: it serves as a quick bound here, never as the answer.

    partial_ratio("adc theatre", "mumford theatre")              # 86; trying all windows gives 90
    similar("adc theatre", ["mumford theatre", "adc"], 90)       # [1]
"""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz import fuzz
from rapidfuzz.distance import Indel, Levenshtein

_OPTIMAL = 64  # rapidfuzz tries all windows of a longer string only for shorter strings of this length or less


def partial_ratio(first: str, second: str) -> int:
    """How much of the shorter string stands in the longer one, 0 to 100.

    For each matching block, the window of the longer string that lines up with it, as long as the shorter string, is
    compared with the shorter string (1 - insertions and deletions / both lengths); the best one counts.

    Args:
        first: taken as the shorter one where both have the same length.
        second: the other.
    """
    if first == second:
        return 100
    if not first or not second:
        return 0
    shorter, longer = (first, second) if len(first) <= len(second) else (second, first)
    best = 0.0
    for block in Levenshtein.opcodes(shorter, longer).as_matching_blocks():
        start = max(0, block.b - block.a)
        ratio = Indel.normalized_similarity(shorter, longer[start : start + len(shorter)])
        if ratio > 0.995:
            return 100
        best = max(best, ratio)
    return round(100 * best)


def similar(value: str, choices: Sequence[str], least: int) -> list[int]:
    """The numbers of the choices whose `partial_ratio` with a value is at least `least`; the choice comes first."""
    return [
        number
        for number, choice in enumerate(choices)
        if choice == value or (_may_reach(choice, value, least) and partial_ratio(choice, value) >= least)
    ]


def _may_reach(first: str, second: str, least: int) -> bool:
    if min(len(first), len(second)) > _OPTIMAL:
        return True
    # The answer is rounded, so half a point below may still be enough.
    return bool(fuzz.partial_ratio(first, second, score_cutoff=least - 1) > 0)
