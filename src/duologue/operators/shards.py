"""A share of a run: `--shard 2/8` is every eighth work item, beginning with the second.

Every shard reads the same input and makes the same plan, so an item has the same number in all of them; `gather` puts
the shards' results back in the order of these numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

from duologue.errors import InputError


@dataclass(frozen=True)
class Shard:
    """Share `index` (from 1) of `count`."""

    index: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read `i/n`.

        Raises:
            InputError: it is not of that form, or i is not between 1 and n.
        """
        first, slash, second = text.partition("/")
        if not (slash and first.strip().isdecimal() and second.strip().isdecimal()):
            raise InputError(f"expected i/n, found {text!r}", where="--shard", mend="give it as 1/8 … 8/8")
        shard = cls(int(first), int(second))
        if not 1 <= shard.index <= shard.count:
            raise InputError(
                f"there is no share {shard.index} of {shard.count}",
                where="--shard",
                mend=f"count from 1: 1/{shard.count or 1} … {shard.count or 1}/{shard.count or 1}",
            )
        return shard

    def holds(self, number: int) -> bool:
        """Whether the item with this number (from 0) belongs to this share."""
        return number % self.count == self.index - 1

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"
