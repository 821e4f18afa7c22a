"""Which dialogues are looked at: those with certain services in play, at most so many.

select(dialogues, services=["restaurant"])                          # with a restaurant, and whatever else
select(dialogues, services=["restaurant", "taxi"], exactly=True)    # with these two and no other
select(dialogues, limit=300, seed=7)                                # the same ones, whatever the order of the file
"""

from __future__ import annotations

import hashlib
import heapq
from collections import Counter
from collections.abc import Collection, Iterable

from duologue.corpora.children import corpus_id
from duologue.corpora.multiwoz.v22_codec import services_of
from duologue.dialogue import Dialogue
from duologue.errors import InputError


def select(
    dialogues: Iterable[Dialogue],
    *,
    services: Collection[str] = (),
    exactly: bool = False,
    limit: int | None = None,
    seed: int = 0,
    where: str = "the dialogues",
) -> list[Dialogue]:
    """Choose dialogues.

    Args:
        dialogues: the corpus; only what is chosen is kept.
        services: domains that must all be in play, i.e. have a value in some belief state.
        exactly: no other service may be.
        limit: at most so many, drawn by the seed and each dialogue's id in the corpus it comes from: the order does not
            count, and of a corpus and of what an operator made of it the same ones are drawn.
        seed: of the draw.
        where: how an error names the corpus.

    Raises:
        InputError: no dialogue is left; names the services that there are.
    """
    wanted, met = set(services), Counter[str]()

    def fitting() -> Iterable[Dialogue]:
        for dialogue in dialogues:
            found = set(services_of(dialogue))
            met.update(found)
            if wanted <= found and not (exactly and found - wanted):
                yield dialogue

    if limit is None:
        chosen = list(fitting())
    else:
        chosen = heapq.nsmallest(limit, fitting(), key=lambda dialogue: _drawn(corpus_id(dialogue), seed))
    if not chosen and wanted:
        known = ", ".join(f"{name} ({count})" for name, count in met.most_common()) or "none: it has no belief states"
        raise InputError(
            f"no dialogue has {'exactly ' if exactly else ''}the services {', '.join(sorted(wanted))}",
            where=where,
            mend=f"there are {known}",
        )
    return chosen


def combinations(dialogues: Iterable[Dialogue]) -> dict[str, int]:
    """How many dialogues have each combination of services, e.g. `restaurant_taxi`; the most frequent first."""
    counts = Counter("_".join(sorted(services_of(dialogue))) for dialogue in dialogues)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _drawn(id: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}:{id}".encode()).digest()
