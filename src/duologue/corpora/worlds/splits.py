"""The three splits of a sample, and how many items each of them gets.

>>> shares(100)
{'train': 80, 'val': 10, 'test': 10}
"""

from __future__ import annotations

from typing import Literal

from duologue.errors import InputError

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = ("train", "val", "test")


def shares(n: int) -> dict[Split, int]:
    """Divide n dialogues 80/10/10, each split at least one.

    Raises:
        InputError: n is under three.
    """
    if n < 3:
        raise InputError(
            f"a sample of {n} dialogues has no room for train, val and test", where="--n", mend="ask for at least 3"
        )
    held = max(1, n // 10)
    return {"train": n - 2 * held, "val": held, "test": held}
