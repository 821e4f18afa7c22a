"""No n-gram twice: the tokens that would complete an n-gram that a row has seen already, prompt included.

The same rule as transformers' `no_repeat_ngram_size`, kept up to date token by token instead of searched
anew.

    seen = Ngrams(10, prompt)
    seen.add(token); seen.banned()
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable


class Ngrams:
    """The n-grams of one row so far."""

    def __init__(self, size: int, tokens: Iterable[int]) -> None:
        """Begin with a prompt.

        Args:
            size: n, at least 1.
            tokens: the prompt's ids.
        """
        self._size = size
        self._recent: list[int] = []
        self._followers: dict[tuple[int, ...], set[int]] = defaultdict(set)
        for token in tokens:
            self.add(token)

    def add(self, token: int) -> None:
        """Take in the next token."""
        if len(self._recent) == self._size - 1:
            self._followers[tuple(self._recent)].add(token)
        self._recent = [*self._recent, token][-(self._size - 1) :] if self._size > 1 else []

    def banned(self) -> set[int]:
        """The tokens that may not come next."""
        return self._followers.get(tuple(self._recent), set()) if len(self._recent) == self._size - 1 else set()
