"""Attention of many replies: measured a few at a time, each written as soon as it is there, resumable.

    attend(replies, loaded, Path("runs/attention"), model="tiny", fingerprint="…")

The folder holds `attention.jsonl`, a row a reply (`sra_row`), and `maps/`, a `.safetensors` a reply (`attention_map`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from duologue.errors import InputError
from duologue.evaluation.steering.attention_map import write_map
from duologue.evaluation.steering.measuring import MeasureOptions, measured
from duologue.evaluation.steering.replies import PromptedReply
from duologue.evaluation.steering.sra_row import ROWS, SRARow, cut_torn_row, read_rows_of
from duologue.files import locked, write_json

MAPS, SETTINGS = "maps", "attend.json"


def attend(
    replies: Iterable[PromptedReply],
    loaded: Any,
    out: Path,
    *,
    model: str,
    fingerprint: str,
    options: MeasureOptions | None = None,
    maps: bool = True,
    batch: int = 1,
    advance: Callable[[], None] = lambda: None,
) -> list[SRARow]:
    """Measure replies, all but those that the folder has; return the rows of all, in order.

    Args:
        replies: streamed; only a batch of them is held.
        loaded: `models.weights.Loaded`: a causal language model and its tokenizer.
        out: the folder.
        model: the model's spec.
        fingerprint: what identifies its weights.
        options: what is measured.
        maps: write the tensors, not only the figures.
        batch: replies in one pass.
        advance: called for every reply.

    Raises:
        InputError: the folder was made with another model or other options, another run is writing there, or the
            model's attention cannot be known.
    """
    options = options or MeasureOptions()
    with locked(out):
        _same_settings(out, {"model": fingerprint, "layers": options.layers, "turns": options.turns, "maps": maps})
        cut_torn_row(out)
        have = {row.key: row for row in read_rows_of(out)}
        asked: dict[tuple[str, str | None], None] = {}

        def missing() -> Iterator[PromptedReply]:
            for reply in replies:
                key = (reply.id, reply.layout)
                known = key in asked or key in have
                asked[key] = None
                if known:
                    advance()
                else:
                    yield reply

        with (out / ROWS).open("ab") as file:
            waiting = missing()
            while group := list(islice(waiting, batch)):
                for row, found in measured(group, loaded, options, model=model, fingerprint=fingerprint):
                    if maps and found is not None:
                        row.file = f"{MAPS}/{hashlib.sha256(repr(row.key).encode()).hexdigest()[:24]}.safetensors"
                        write_map(out / row.file, found)
                    file.write(msgspec.json.encode(row) + b"\n")
                    file.flush()
                    have[row.key] = row
                    advance()
        return [have[key] for key in asked]


def _same_settings(out: Path, settings: dict[str, Any]) -> None:
    """Refuse a folder that was made in another way."""
    path = out / SETTINGS
    if not path.is_file():
        write_json(path, settings)
        return
    before = msgspec.json.decode(path.read_bytes())
    for name, value in msgspec.json.decode(msgspec.json.encode(settings)).items():
        if before.get(name) != value:
            raise InputError(
                f"made with {name} {before.get(name)}, not {value}", where=str(out), mend="give another --out"
            )
