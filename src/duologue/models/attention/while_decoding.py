"""The attention of answers while they are decoded: no second pass over what was just written.

    watch = AnswerWatch([answer_room(prompt, max_new=100, parts={"strategy_name": [(41, 46)]})])
    decoded = decode_watched(model, [Row(prompt, max_new=100)], watch, ends=ends, text=tokenizer.decode)
    watch.found(decoded)[0].rows

For models whose attention is a function that can be given to them (`interface.py`); prompts that are read once for
several answers, rows that leave the batch and sliding windows are taken into account. Sums from turn to turn need the
prompt's own queries: those are `teacher_forced.reply_attention`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import torch
from torch import Tensor

from duologue.models.attention.interface import LayerCall, pass_begins, watching
from duologue.models.attention.reduction import Reduction
from duologue.models.attention.watched import ReplyAttention, Tokens, Watched
from duologue.models.decoding import Decoded, Row, decode


class _Look(NamedTuple):
    """A query of the pass to come: its row and place in the batch, the keys' columns, and whose it is."""

    row: int
    query: int
    columns: Tensor
    width: int
    answers: Sequence[int]


class AnswerWatch:
    """Looks at the newest query of every answer; a `memory.Before` and an `interface.Watcher`."""

    def __init__(self, answers: Sequence[Watched], *, layers: Collection[int] | None = None) -> None:
        """Begin with the answers, in the order of the decoded rows.

        Args:
            answers: prompt and room for the answer of each (`answer_room`).
            layers: whose mean the rows are, from 0; by default of all.
        """
        self._reductions = [Reduction(replace(answer, turns={}), layers=layers) for answer in answers]
        self._followed: Sequence[Sequence[int]] = ()
        self._looks: list[_Look] = []

    def follow(self, answers: Sequence[Sequence[int]]) -> None:
        """Whose queries the next pass holds: for each of them the answers' numbers (several read one prompt)."""
        self._followed = answers

    def before(self, rows: Tensor, queries: Tensor, seen: Tensor) -> None:
        """Look at these queries in the next pass (`memory.Before`)."""
        pass_begins()
        places = zip(rows.tolist(), queries.tolist(), seen, self._followed, strict=True)
        self._looks = [_Look(row, query, own.nonzero()[:, 0], len(own), answers) for row, query, own, answers in places]

    def take(self, call: LayerCall) -> None:
        """Add the weights of a layer (`interface.Watcher`)."""
        for look in self._looks:
            # A cache with a sliding window has forgotten the first columns.
            columns = look.columns - (look.width - call.key.shape[2])
            kept = columns[columns >= 0]
            weights = call.weights(look.row, look.query, look.query + 1)
            call.must_agree(look.row, look.query, weights[:, 0])
            for answer in look.answers:
                self._reductions[answer].add(
                    call.layer, len(columns) - 1, weights[..., kept], offset=len(columns) - len(kept)
                )

    def found(self, decoded: Sequence[Decoded]) -> list[ReplyAttention]:
        """The attention of each answer's tokens, the one that ended it left out."""
        return [each.result(len(done.tokens)) for each, done in zip(self._reductions, decoded, strict=True)]


def answer_room(prompt: Sequence[int], max_new: int, parts: dict[str, Tokens], sinks: int = 1) -> Watched:
    """A prompt and the parts of it, with room for an answer."""
    return Watched((*prompt, *[0] * max_new), len(prompt), parts, sinks=sinks)


def decode_watched(
    model: Any, rows: Sequence[Row], watch: AnswerWatch, *, ends: frozenset[int], text: Callable[[list[int]], str]
) -> list[Decoded]:
    """Decode rows as `decoding.decode` does, and watch.

    Raises:
        InputError: the model computes its attention in code of its own.
    """
    body = model.get_base_model() if hasattr(model, "get_base_model") else model
    with torch.inference_mode(), watching(body, watch):
        return decode(model, rows, ends=ends, text=text, watch=watch)
