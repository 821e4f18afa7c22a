"""From replies to figures and maps: tokens, parts, one pass over a few replies, SRA.

for row, found in measured(replies, loaded, MeasureOptions(), model="tiny", fingerprint="…"): row.sra, found.rows
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from duologue.evaluation.steering.attention_map import AttentionMap, MapMeta
from duologue.evaluation.steering.replies import PromptedReply
from duologue.evaluation.steering.sra import Floats, measure
from duologue.evaluation.steering.sra_row import SRARow, Values
from duologue.evaluation.steering.token_offsets import Tokenised, with_offsets
from duologue.evaluation.steering.token_spans import LocatedPrompt, locate


@dataclass(frozen=True)
class MeasureOptions:
    """What is measured.

    Attributes:
        layers: whose mean SRA is, from 0; None is all.
        turns: also add up attention from turn to turn, for which the prompt's own rows are looked at as well.
    """

    layers: tuple[int, ...] | None = None
    turns: bool = True


class _Prepared(NamedTuple):
    row: SRARow
    prompt: LocatedPrompt
    reply: Tokenised
    watched: Any


def measured(
    replies: Sequence[PromptedReply], loaded: Any, options: MeasureOptions, *, model: str, fingerprint: str
) -> Iterator[tuple[SRARow, AttentionMap | None]]:
    """Measure replies in one pass.

    Args:
        replies: at least one.
        loaded: `models.weights.Loaded`: a causal language model and its tokenizer.
        options: what is measured.
        model: the model's spec.
        fingerprint: what identifies its weights.

    Yields:
        A row for every reply, in order; without a map where its reasons say why there is none.

    Raises:
        InputError: the tokenizer has no chat template, or the model's attention cannot be known.
    """
    from duologue.models.attention.teacher_forced import reply_attention

    prepared = [_prepare(reply, loaded, options, model) for reply in replies]
    ready = [each for each in prepared if isinstance(each, _Prepared)]
    found = iter(
        reply_attention(loaded.model, [each.watched for each in ready], layers=options.layers) if ready else []
    )
    for each in prepared:
        if isinstance(each, SRARow):
            yield each, None
            continue
        kept = next(found)
        sums = kept.sums.cpu().numpy()
        _fill(each, sums, options)
        ids, offsets = _tokens(each)
        yield (
            each.row,
            AttentionMap(
                _meta(each, options, fingerprint),
                ids,
                offsets,
                kept.rows.cpu().numpy().astype(np.float16),
                sums.astype(np.float32),
                None if kept.turns is None else kept.turns.cpu().numpy().astype(np.float32),
            ),
        )


def _prepare(reply: PromptedReply, loaded: Any, options: MeasureOptions, model: str) -> _Prepared | SRARow:
    """Tokens and parts of a reply; a row with the reason where there is nothing to measure."""
    from duologue.models.attention.watched import Watched, sinks_in

    row = SRARow(reply.id, reply.dialogue, model, reply.depth, reply.layout, reply.strategy)
    if reply.prompt is None:
        row.reasons["reply"] = reply.problem
        return row
    prompt = locate(reply.prompt.messages, reply.prompt.spans, loaded.tokenizer, name=reply.id)
    said = with_offsets(reply.text, loaded.tokenizer)
    asked = prompt.tokenised.ids
    row.prompt_tokens, row.reply_tokens = len(asked), len(said.ids)
    if not said.ids or not asked:
        row.reasons["reply"] = "the reply has no tokens"
        return row
    if len(asked) + len(said.ids) > loaded.context:
        row.reasons["reply"] = f"{len(asked)} + {len(said.ids)} tokens, the model's context is {loaded.context}"
        return row
    watched = Watched(
        [*asked, *said.ids],
        len(asked),
        {name: part.tokens for name, part in prompt.parts.items()},
        _turns(prompt, len(asked), len(asked) + len(said.ids)) if options.turns else {},
        sinks_in(asked, loaded.tokenizer.bos_token_id),
    )
    return _Prepared(row, prompt, said, watched)


def _turns(prompt: LocatedPrompt, begun: int, ended: int) -> dict[str, list[tuple[int, int]]]:
    """The instruction, every turn of the history, and the reply; disjoint, a shared token is the earlier one's."""
    names = [name for name in prompt.parts if name == "instruction" or name.startswith("turn:")]
    taken: set[int] = set()
    turns: dict[str, list[tuple[int, int]]] = {}
    for name in names:
        places = {place for start, end in prompt.parts[name].tokens for place in range(start, end)} - taken
        taken |= places
        turns[name] = [(place, place + 1) for place in sorted(places)]
    return {**turns, "reply": [(begun, ended)]}


def _fill(each: _Prepared, sums: Floats, options: MeasureOptions) -> None:
    """Put the figures into the row."""
    row, parts = each.row, each.prompt.parts
    sizes = [part.size for part in parts.values()]
    figures = measure(sums, sizes, prompt=each.watched.prompt, sinks=each.watched.sinks, layers=options.layers)
    row.sra, row.raw, row.ratio = (_values(modes, list(parts)) for modes in figures)
    row.tokens = {name: part.size for name, part in parts.items()}
    row.coverage = {name: round(part.coverage, 4) for name, part in parts.items()}
    row.reasons = {name: part.reason for name, part in parts.items() if part.reason}


def _values(modes: dict[str, Floats], names: list[str]) -> Values:
    return {
        mode: {name: float(value) if math.isfinite(value) else None for name, value in zip(names, values, strict=True)}
        for mode, values in modes.items()
    }


def _tokens(each: _Prepared) -> tuple[Any, Any]:
    """Ids [T] and characters [T, 2] of prompt and reply."""
    prompt, reply = each.prompt.tokenised, each.reply
    begun = len(prompt.text)
    offsets = [*prompt.offsets, *((start + begun, end + begun) for start, end in reply.offsets)]
    return np.asarray(each.watched.ids, dtype=np.int64), np.asarray(offsets, dtype=np.int64)


def _meta(each: _Prepared, options: MeasureOptions, fingerprint: str) -> MapMeta:
    row = each.row
    return MapMeta(
        id=row.id,
        dialogue=row.dialogue,
        model=row.model,
        fingerprint=fingerprint,
        text=each.prompt.tokenised.text + each.reply.text,
        prompt=each.watched.prompt,
        sinks=each.watched.sinks,
        parts={name: part.tokens for name, part in each.prompt.parts.items()},
        turns={name: list(tokens) for name, tokens in each.watched.turns.items()},
        layout=row.layout,
        strategy=row.strategy,
        layers=None if options.layers is None else list(options.layers),
    )
