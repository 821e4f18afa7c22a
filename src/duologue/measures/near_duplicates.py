"""Near-duplicates in a stream of texts: shingles, their Jaccard index, and MinHash so that not all pairs are compared.

    seen = NearDuplicates(0.8)
    seen.add("a", "What a day it was!")        # None: nothing like it before
    seen.add("b", "what a day it was!!")       # Repeats(id="a", similarity=0.94)

MinHash (Broder, 1997) with locality-sensitive hashing, by datasketch, only proposes: a text counts as a repetition
when the exact Jaccard index of the shingles reaches the threshold, so nothing is wrongly taken for one, and a few
percent of those at the threshold may be missed. A repetition is not added. Memory grows by a few kilobytes a text that
is kept. Needs the extra `data`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

from duologue.errors import MissingExtra
from duologue.measures.words import words

Shingles: TypeAlias = Literal["characters", "words"]

_PERMUTATIONS = 128
_CANDIDATES_BELOW = 0.9
"""Candidates are looked for from this share of the threshold on: wrong ones cost time only."""


class Repeats(NamedTuple):
    """The text that another one repeats, and the Jaccard index of the two."""

    id: str
    similarity: float


def shingles(text: str, kind: Shingles = "characters") -> frozenset[str]:
    """Runs of five characters (case and runs of white space aside) or of two words.

    A shorter text is one shingle itself; a text without words goes by its characters.
    """
    if kind == "words" and (found := words(text)):
        return _runs(found, 2, " ")
    return _runs(" ".join(text.casefold().split()), 5, "")


def jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    """The share of what is in either that is in both, 0 to 1; 1 for two empty sets."""
    either = len(one | other)
    return len(one & other) / either if either else 1.0


def _runs(parts: Sequence[str], size: int, joint: str) -> frozenset[str]:
    return frozenset(joint.join(parts[start : start + size]) for start in range(max(1, len(parts) - size + 1)))


class NearDuplicates:
    """Texts seen so far; the first of several alike is the one that is kept."""

    def __init__(self, threshold: float, kind: Shingles = "characters", seed: int = 0) -> None:
        """Begin with none.

        Args:
            threshold: smallest Jaccard index at which a text repeats another, above 0 and at most 1.
            kind: what is compared.
            seed: of the hash functions.

        Raises:
            MissingExtra: datasketch is not installed.
        """
        try:
            from datasketch import MinHash, MinHashLSH
        except ImportError:
            raise MissingExtra("data", "finding near-duplicates") from None
        self._threshold = threshold
        self._kind: Shingles = kind
        self._empty: Any = MinHash(num_perm=_PERMUTATIONS, seed=seed)
        self._index: Any = MinHashLSH(
            threshold=threshold * _CANDIDATES_BELOW, num_perm=_PERMUTATIONS, weights=(0.1, 0.9)
        )
        self._kept: list[tuple[str, str]] = []

    def add(self, id: str, text: str) -> Repeats | None:
        """Keep a text, or say which one it repeats: the most similar, of several the earliest."""
        own = shingles(text, self._kind)
        hashed = self._empty.copy()
        hashed.update_batch([shingle.encode() for shingle in own])
        best: Repeats | None = None
        for place in sorted(self._index.query(hashed)):
            other, its_text = self._kept[place]
            similarity = jaccard(own, shingles(its_text, self._kind))
            if similarity >= self._threshold and (best is None or similarity > best.similarity):
                best = Repeats(other, similarity)
        if best is None:
            self._index.insert(len(self._kept), hashed)
            self._kept.append((id, text))
        return best
