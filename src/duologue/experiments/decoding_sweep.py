"""The same turns under several decodings: a file of predictions each, and a table of how they differ.

    decodings = {"greedy": DecodingOptions(), "beam": DecodingOptions(num_beams=4)}
    table = await sweep(read, system, decodings, Path("runs/sweep"), complete=complete, model="tiny")
    table.rows[0].longest_tokens, table.rows[1].distinct_2

`runs/sweep/greedy.jsonl` holds the answers, `runs/sweep/table.json` the table. Decodings go one after another, so that
their times can be compared. Replies of the ledger cost no time: where all of them come from there, the time is that of
the earlier table.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import yaml
from pydantic import ValidationError

from duologue.dialogue import Dialogue, DialoguePrediction, write_rows
from duologue.errors import InputError, explain
from duologue.evaluation.distinct import distinct, ngrams
from duologue.files import write_json
from duologue.measures.words import words
from duologue.models.generation.options import DecodingOptions
from duologue.models.request import Reply, Request
from duologue.systems.answering import Complete

TABLE = "table.json"
_NAME = re.compile(r"[\w.+-]+")

System = Callable[[Iterable[Dialogue], Complete, DecodingOptions], AsyncGenerator[DialoguePrediction, None]]
"""Answers dialogues with a decoding, e.g. by `systems.chat.respond`."""


class DecodingRow(msgspec.Struct, frozen=True):
    """What one decoding gave.

    Attributes:
        name: its name in the file of decodings, and of the file of predictions.
        options: as they were given, without what was left out.
        turns: that were asked.
        unanswered: of these, without a response.
        failed: of these, because the request failed.
        cut: of these, cut at `max_new_tokens`.
        mean_tokens, longest_tokens: of the replies, as the model counts them.
        distinct_1, distinct_2: percent of the words, and of the pairs of words within a response, that differ;
            None where nothing was said.
        seconds, tokens_per_second: of decoding; None where the ledger had all replies and no earlier table their time.
    """

    name: str
    options: dict[str, Any]
    turns: int
    unanswered: int
    failed: int
    cut: int
    mean_tokens: float
    longest_tokens: int
    distinct_1: float | None
    distinct_2: float | None
    seconds: float | None
    tokens_per_second: float | None


class DecodingTable(msgspec.Struct, frozen=True):
    """The rows, and the model that they are of."""

    model: str
    rows: list[DecodingRow]


@dataclass
class _Counted:
    """A way to ask that counts the tokens of the replies."""

    complete: Complete
    tokens: list[int] = field(default_factory=list)
    asked: int = 0

    async def __call__(self, request: Request) -> Reply:
        reply = await self.complete(request)
        self.tokens.append(reply.usage.completion_tokens)
        if not reply.from_ledger:
            self.asked += reply.usage.completion_tokens
        return reply


async def sweep(
    dialogues: Callable[[], Iterable[Dialogue]],
    system: System,
    decodings: Mapping[str, DecodingOptions],
    out: Path,
    *,
    complete: Complete,
    model: str,
    on_row: Callable[[DecodingRow], object] = lambda row: None,
) -> DecodingTable:
    """Answer the dialogues once with each decoding.

    Args:
        dialogues: gives them, anew at each call.
        system: answers them.
        decodings: by name.
        out: the folder of the predictions and of `table.json`.
        complete: answers a request.
        model: its name, for the table.
        on_row: is told each row when it is there.

    Raises:
        ModelFailure: one that concerns every request (a dead server).
    """
    earlier = {row.name: row for row in _earlier(out / TABLE, model)}
    rows = []
    for name, decoding in decodings.items():
        counted = _Counted(complete)
        begun = time.perf_counter()
        predictions = [row async for row in system(dialogues(), counted, decoding)]
        seconds = time.perf_counter() - begun
        write_rows(out / f"{name}.jsonl", predictions)
        rows.append(_row(name, decoding, predictions, counted, seconds, earlier.get(name)))
        on_row(rows[-1])
    table = DecodingTable(model, rows)
    write_json(out / TABLE, msgspec.to_builtins(table))
    return table


def read_decodings(path: Path, common: Mapping[str, Any] | None = None) -> dict[str, DecodingOptions]:
    """Decodings by name from YAML: `name: {option: value}`, an empty one is greedy.

    Args:
        path: the file.
        common: options that hold for each, where it does not say otherwise itself.

    Raises:
        InputError: the file cannot be read, or options make no sense; it names the decoding.
    """
    mend = "write `name: {option: value, …}` lines, e.g. `beam: {num_beams: 4}`"
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        told = error.strerror if isinstance(error, OSError) else "no YAML"
        raise InputError(f"the decodings cannot be read ({told})", where=str(path), mend=mend) from None
    if not isinstance(found, dict) or not found:
        raise InputError("no table of decodings", where=str(path), mend=mend)
    decodings = {}
    for name, options in found.items():
        where = f"{path}, {name}"
        if not _NAME.fullmatch(str(name)) or str(name) == Path(TABLE).stem:
            raise InputError("a name becomes a file's: letters, digits, and . _ + - only, and not `table`", where=where)
        if options is not None and not isinstance(options, dict):
            raise InputError(f"expected options, found {options!r}", where=where, mend=mend)
        try:
            decodings[str(name)] = DecodingOptions(**{**(common or {}), **(options or {})})
        except (ValidationError, TypeError) as error:
            told = explain(error) if isinstance(error, ValidationError) else "option names are text"
            raise InputError(told, where=where, mend="see duologue respond chat --help") from None
    return decodings


def _row(
    name: str,
    decoding: DecodingOptions,
    predictions: list[DialoguePrediction],
    counted: _Counted,
    seconds: float,
    earlier: DecodingRow | None,
) -> DecodingRow:
    turns = [turn for row in predictions for turn in row.turns]
    said = [[words(turn.response) for turn in row.turns] for row in predictions]
    options = decoding.model_dump(exclude_none=True, exclude_defaults=True) | {
        "max_new_tokens": decoding.max_new_tokens
    }
    timed: tuple[float | None, float | None] = (seconds, counted.asked / seconds)
    if not counted.asked:
        same = earlier is not None and earlier.options == options
        timed = (earlier.seconds, earlier.tokens_per_second) if earlier is not None and same else (None, None)
    return DecodingRow(
        name=name,
        options=options,
        turns=len(turns),
        unanswered=sum(not turn.response for turn in turns),
        failed=sum((turn.note or "").startswith("no answer") for turn in turns),
        cut=sum("cut by length" in (turn.note or "") for turn in turns),
        mean_tokens=sum(counted.tokens) / max(len(counted.tokens), 1),
        longest_tokens=max(counted.tokens, default=0),
        distinct_1=_distinct(said, 1),
        distinct_2=_distinct(said, 2),
        seconds=timed[0],
        tokens_per_second=timed[1],
    )


def _distinct(said: list[list[list[str]]], size: int) -> float | None:
    value = distinct([ngrams(each, size) for each in said]).value
    return None if math.isnan(value) else value


def _earlier(path: Path, model: str) -> list[DecodingRow]:
    """The rows of an earlier table of this model; none where it cannot be read."""
    try:
        table = msgspec.json.decode(path.read_bytes(), type=DecodingTable)
    except (OSError, msgspec.MsgspecError):
        return []
    return table.rows if table.model == model else []
