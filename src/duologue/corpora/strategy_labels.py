"""Strategies as labels of turns and of branches; which of several a turn counts as having.

counted(["Question", "Others"], "last")     # ["Others"]
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

from duologue.errors import InputError

STRATEGY, LAYOUT = "strategy", "layout"
"""Labels: by which strategy something is said, and in which layout a prompt asked for it."""

Several: TypeAlias = Literal["first", "last", "each", "none"]
"""What a turn with several strategies (one merged from several messages) counts as: its first or last one, each of
them, or nothing. A turn keeps those that count as its labels; where replies are counted, there is one for each."""


def counted(strategies: Sequence[str], several: Several) -> list[str]:
    """The strategies that count.

    Raises:
        InputError: `several` is nothing that there is.
    """
    kept = {
        "first": strategies[:1],
        "last": strategies[-1:],
        "each": strategies,
        "none": strategies if len(strategies) < 2 else (),
    }
    if several not in kept:
        raise InputError(f"there is no {several!r}", where="several", mend=f"say {', '.join(kept)}")
    return list(kept[several])
