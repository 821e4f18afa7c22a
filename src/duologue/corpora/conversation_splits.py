"""Seeded splits by conversation: no conversation has points in two splits.

A conversation's place depends on its id and the seed, not on the order in which the conversations come.

    split = conversation_splits((dialogue.id for dialogue in read(path)), dev=100, test=100, seed=7)
    split["esconv-0123456789ab"]        # "train"
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from duologue.corpora.worlds.splits import Split
from duologue.errors import InputError


def conversation_splits(
    ids: Iterable[str], *, dev: int | float = 0.1, test: int | float = 0.1, seed: int = 0
) -> dict[str, Split]:
    """Assign conversations to `train`, `val` (dev) and `test`.

    Args:
        ids: of the conversations; repetitions count once.
        dev: how many (int), or which share of them (float under 1).
        test: likewise.
        seed: of the assignment.

    Returns:
        id -> split, in the order in which the ids came.

    Raises:
        InputError: nothing would be left for training.
    """
    known = list(dict.fromkeys(ids))
    tested, developed = (_count(part, len(known)) for part in (test, dev))
    if tested + developed >= len(known):
        what = f"{tested} test and {developed} dev conversations of {len(known)} leave none for training"
        raise InputError(what, where="splits", mend="ask for fewer")
    order = sorted(known, key=lambda each: hashlib.sha256(f"{seed}/{each}".encode()).digest())
    place: dict[str, Split] = dict.fromkeys(order, "train")
    place |= dict.fromkeys(order[:tested], "test")
    place |= dict.fromkeys(order[tested : tested + developed], "val")
    return {each: place[each] for each in known}


def _count(part: int | float, whole: int) -> int:
    if part < 0 or (isinstance(part, float) and part >= 1):
        raise InputError(f"a part of {part}", where="splits", mend="give a count, or a share under 1")
    return round(part * whole) if isinstance(part, float) else part
