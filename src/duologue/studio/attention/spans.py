"""Sums over a map's tokens: what a selection attends to, and who attends to it.

    spans = Spans(read_map("maps/a.safetensors"))
    spans.attends([(900, 960)])          # [T]: what these tokens pay, a mean over those of them that are the reply's
    spans.attended([(10, 20)])           # [T]: what every token of the reply pays to these

The tokens of a prompt have no rows: what they pay is not kept, token by token.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from duologue.errors import InputError
from duologue.evaluation.steering.attention_map import AttentionMap
from duologue.evaluation.steering.sra import per_layer

Floats: TypeAlias = NDArray[np.floating[Any]]
Pieces: TypeAlias = Sequence[tuple[int, int]]
"""Tokens start to end (exclusive), in order and apart from each other."""
REPLY = "reply"


class Told(NamedTuple):
    """One token that stands out: its place, its text, its value."""

    place: int
    text: str
    value: float


class Paid(NamedTuple):
    """What the reply pays to a selection, means over its tokens.

    Attributes:
        share: of its attention.
        each: per selected token; of a part of the prompt that is its SRA.
        ratio: of that to what uniform attention would give; None where some of the selection is the reply's.
    """

    share: float
    each: float
    ratio: float | None


class PartSums(NamedTuple):
    """What is paid to a part: L layers, H heads, R reply tokens.

    Attributes:
        heads: [L, H], of each head's attention, sinks included; a mean over the reply.
        layers: [L], of a layer's attention, sinks left out; a mean over the reply.
        course: [R], of the attention, sinks left out; a mean over layers.
    """

    heads: Floats
    layers: Floats
    course: Floats


class Spans:
    """A map and what is asked of it.

    Attributes:
        map: the map.
        texts: [T], what each token adds to the text; together they are the text, and of a character in several tokens
            only the first has it.
        names: named spans (parts, turns, the reply) -> their tokens.
        sunk: the share of one head's attention that the sinks get, a mean over the reply; None for all heads.
    """

    def __init__(self, map: AttentionMap, rows: Floats | None = None) -> None:
        """Take a map.

        Args:
            map: the map.
            rows: [R, T] in place of its own: those of one head, softmax attention as it is.
        """
        self.map = map
        self.texts = list(_texts(map.meta.text, map.offsets[:, 1].tolist()))
        given = map.meta.parts | map.meta.turns | {REPLY: [(map.meta.prompt, len(map.ids))]}
        self.names = {name: joined for name, pieces in given.items() if (joined := _joined(pieces))}
        self.sunk = None if rows is None else float(rows[:, : map.meta.sinks].sum(axis=1).mean())
        self._rows = np.asarray(map.rows, dtype=np.float32) if rows is None else _without(rows, map.meta.sinks)

    @property
    def size(self) -> int:
        """T: tokens of prompt and reply."""
        return len(self.texts)

    def attends(self, pieces: Pieces) -> Floats:
        """[T]: what the reply's tokens among these pay to each token, a mean over them; zeros where there are none."""
        prompt = self.map.meta.prompt
        own = [(max(start, prompt) - prompt, end - prompt) for start, end in pieces if end > prompt]
        if not own:
            return np.zeros(self.size)
        summed: Floats = sum((self._rows[start:end].sum(axis=0, dtype=np.float64) for start, end in own), np.zeros(1))
        return summed / _count(own)

    def attended(self, pieces: Pieces) -> Floats:
        """[T]: what each token pays to these together; zeros for the tokens of the prompt."""
        found = np.zeros(self.size)
        found[self.map.meta.prompt :] = sum(self._rows[:, start:end].sum(axis=1) for start, end in pieces)
        return found

    def paid(self, pieces: Pieces) -> Paid:
        """What the reply pays to a selection."""
        meta, size = self.map.meta, _count(pieces)
        values = self.attended(pieces)[meta.prompt :]
        seen = meta.prompt + np.arange(len(values)) - meta.sinks
        ratio = float((values * seen).mean()) / size if pieces[-1][1] <= meta.prompt else None
        return Paid(float(values.mean()), float(values.mean()) / size, ratio)

    def span(self, start: int, end: int) -> Pieces:
        """A selection of tokens.

        Raises:
            InputError: it is empty, or goes beyond the tokens.
        """
        if not 0 <= start < end <= self.size:
            raise InputError(f"no span of {self.size} tokens", where=f"{start}:{end}", mend="select some tokens")
        return [(start, end)]

    def named(self, name: str) -> Pieces:
        """A span by its name.

        Raises:
            InputError: the map has none of this name.
        """
        _require(name, self.names, self.map.meta.id)
        return self.names[name]

    def top(self, values: Floats, count: int = 20) -> list[Told]:
        """The tokens with the largest values, the largest first; zeros are none."""
        places = np.argsort(-values, kind="stable")[:count].tolist()
        text, offsets = self.map.meta.text, self.map.offsets
        return [Told(at, text[offsets[at, 0] : offsets[at, 1]], float(values[at])) for at in places if values[at] > 0]

    def by_name(self, values: Floats) -> dict[str, float]:
        """What each named span gets of values."""
        return {
            name: float(sum(values[start:end].sum() for start, end in pieces)) for name, pieces in self.names.items()
        }

    def of_part(self, part: str) -> PartSums:
        """What layers and heads pay to a part.

        Raises:
            InputError: the map has no such part.
        """
        columns = {name: column for column, name in enumerate(self.map.meta.parts, start=1)}
        _require(part, columns, self.map.meta.id)
        chosen = self.map.sums[..., [0, columns[part]]]
        normalised = per_layer(chosen, [1])[..., 0]
        return PartSums(chosen[..., 1].mean(axis=2), normalised.mean(axis=1), normalised.mean(axis=0))

    def turn_by_turn(self, layer: int | None = None) -> Floats | None:
        """[U, U], from a token of one turn (a mean over them) to another, over layers or of one; None if not measured.

        Raises:
            InputError: there is no such layer.
        """
        if self.map.turns is None:
            return None
        if layer is not None and layer >= len(self.map.turns):
            raise InputError(f"{len(self.map.turns)} layers", where=f"layer {layer}", mend="name one from 0")
        summed = self.map.turns.mean(axis=0) if layer is None else self.map.turns[layer]
        sizes = [_count(pieces) for pieces in self.map.meta.turns.values()]
        found: Floats = summed / np.maximum(sizes, 1)[:, None]
        return found


def _texts(text: str, ends: Sequence[int]) -> Iterator[str]:
    shown = 0
    for end in ends:
        yield text[shown:end]
        shown = max(shown, end)


def _joined(pieces: Pieces) -> list[tuple[int, int]]:
    """The same tokens in as few pieces as they take, in order."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(pieces):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _count(pieces: Pieces) -> int:
    return sum(end - start for start, end in pieces)


def _without(rows: Floats, sinks: int) -> Floats:
    """Rows without their sinks, as `ReplyAttention.rows` are: renormalised to one."""
    kept = np.array(rows, dtype=np.float32)
    kept[:, :sinks] = 0
    found: Floats = kept / np.maximum(kept.sum(axis=1, keepdims=True), np.finfo(np.float32).tiny)
    return found


def _require(name: str, known: Collection[str], id: str) -> None:
    if name not in known:
        raise InputError(f"no part {name!r}", where=id, mend=f"there are {', '.join(known)}")
