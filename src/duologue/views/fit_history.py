"""Cutting a history from its oldest turns, whole messages only, until what is rendered from it fits.

start = first_kept(history, fits=lambda start: len(render(history[start:])) <= 1024)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence


def first_kept(history: Sequence[Mapping[str, str]], fits: Callable[[int], bool]) -> int:
    """The index of the first message that is kept: 0 where all of them fit.

    What is left of a history that was cut begins with a user's message, as most templates want it; the newest of these
    stays even where it does not fit.

    Args:
        history: without the instruction.
        fits: whether what begins at an index fits; it does so the better, the later that is.
    """
    starts = [index for index, message in enumerate(history) if index and message["role"] == "user"]
    if fits(0) or not starts:
        return 0
    low, high = 0, len(starts) - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(starts[middle]) else (middle + 1, high)
    return starts[low]
