"""Which profiles a seed message is grown with: all of them, some drawn, or each equally often.

- `cross`: every allowed profile for every seed;
- `sample`: `each` profiles a seed, drawn uniformly over the allowed pairs without replacement (published: one);
- `balanced`: `each` profiles a seed, so that over a run every pair comes equally often, give or take one.

Draws are seeded by the seed message's id, so they do not depend on order, limits or shards; balance does depend on the
seeds' order, that is its meaning.

    for seed, profile in paired(seeds, profiles.pairs, "balanced", each=2, seed=0): ...
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, TypeAlias

from duologue.corpora.profiles.profile import Profile
from duologue.dialogue import Dialogue

Pairing: TypeAlias = Literal["cross", "sample", "balanced"]


def paired(
    seeds: Iterable[Dialogue], pairs: Sequence[Profile], how: Pairing, *, each: int = 1, seed: int = 0
) -> Iterator[tuple[Dialogue, Profile]]:
    """Pair seeds with profiles, streaming.

    Args:
        seeds: the seed messages.
        pairs: the allowed profiles.
        how: see the module.
        each: profiles a seed for `sample` and `balanced`; at most all.
        seed: of the draws.
    """
    each = min(each, len(pairs))
    deck: list[Profile] = []
    shuffles = 0
    for dialogue in seeds:
        if how == "cross":
            chosen = list(pairs)
        elif how == "sample":
            chosen = random.Random(f"pairing\0{seed}\0{dialogue.id}").sample(list(pairs), each)
        else:
            chosen = []
            while len(chosen) < each:
                if not deck:
                    deck = random.Random(f"deck\0{seed}\0{shuffles}").sample(list(pairs), len(pairs))
                    shuffles += 1
                # a pair that this seed has already had waits for the next one
                at = next((number for number, pair in enumerate(deck) if pair not in chosen), None)
                if at is None:
                    deck += random.Random(f"deck\0{seed}\0{shuffles}").sample(list(pairs), len(pairs))
                    shuffles += 1
                else:
                    chosen.append(deck.pop(at))
        for profile in chosen:
            yield dialogue, profile
