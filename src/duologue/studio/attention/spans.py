"""Sums over a map's tokens: a span of the reply attends to every token; to any span the tokens of the reply attend.

    spans = Spans(read_map("maps/a.safetensors"))
    spans.attends(900, 960)          # [T]: what these tokens pay, a mean over those of them that are the reply's
    spans.attended_by(10, 20)        # [T]: what every token of the reply pays to these

Rows are added up once, so a selection costs one subtraction however long it is. The tokens of a prompt have no rows of
their own: what they pay is not kept, token by token.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from duologue.errors import InputError
from duologue.evaluation.steering.attention_map import AttentionMap

Floats = NDArray[np.float64]


class Told(NamedTuple):
    """One token that stands out: its place, its text, its value."""

    place: int
    text: str
    value: float


class Spans:
    """A map and its running sums.

    Attributes:
        map: the map.
        texts: [T], the characters of each token as they stand in the text; a token of half a character may have none.
    """

    def __init__(self, map: AttentionMap) -> None:
        self.map = map
        self.texts = [map.meta.text[start:end] for start, end in map.offsets.tolist()]
        rows = np.asarray(map.rows, dtype=np.float64)
        nothing = np.zeros((1, rows.shape[1]))
        self._down = np.concatenate([nothing, np.cumsum(rows, axis=0)])
        self._across = np.concatenate([np.zeros((rows.shape[0], 1)), np.cumsum(rows, axis=1)], axis=1)

    @property
    def size(self) -> int:
        """T: tokens of prompt and reply."""
        return len(self.texts)

    def attends(self, start: int, end: int) -> Floats:
        """[T]: what tokens `start` to `end` (exclusive) pay to each token, a mean over those with rows; else zeros."""
        first, last = (min(max(place - self.map.meta.prompt, 0), len(self._down) - 1) for place in (start, end))
        if last <= first:
            return np.zeros(self.size)
        found: Floats = (self._down[last] - self._down[first]) / (last - first)
        return found

    def attended_by(self, start: int, end: int) -> Floats:
        """[T]: what each token pays to tokens `start` to `end` (exclusive) together; zeros for those of the prompt."""
        found = np.zeros(self.size)
        found[self.map.meta.prompt :] = self._across[:, end] - self._across[:, start]
        return found

    def within(self, start: int, end: int) -> tuple[int, int]:
        """A span as it may be used.

        Raises:
            InputError: it is empty, or goes beyond the tokens.
        """
        if not 0 <= start < end <= self.size:
            raise InputError(f"no span of {self.size} tokens", where=f"{start}:{end}", mend="select some tokens")
        return start, end

    def top(self, values: Floats, count: int = 20) -> list[Told]:
        """The tokens with the largest values, the largest first; zeros are none."""
        places = np.argsort(-values, kind="stable")[:count]
        return [Told(int(at), self.texts[at], float(values[at])) for at in places if values[at] > 0]

    def of_part(self, part: str) -> Floats:
        """[L, H, R]: what each head pays to a part, over the tokens of the reply.

        Raises:
            InputError: the map has no such part.
        """
        names = list(self.map.meta.parts)
        if part not in names:
            raise InputError(f"no part {part!r}", where=self.map.meta.id, mend=f"there are {', '.join(names)}")
        found: Floats = np.asarray(self.map.sums[..., 1 + names.index(part)], dtype=np.float64)
        return found

    def turn_by_turn(self, layer: int | None = None) -> dict[str, Any] | None:
        """The heat map of turns, a mean over layers or of one: names, and [U, U] from whose tokens to whose."""
        if self.map.turns is None:
            return None
        chosen = self.map.turns.mean(axis=0) if layer is None else self.map.turns[layer]
        return {"names": list(self.map.meta.turns), "values": np.round(chosen, 5).tolist()}
