"""Outputs of `duologue attend` in every size, without a model: drawn attention, written as the command writes it.

write_attention(tmp_path / "attention", [drawn_map(prompt=3700, reply=300)])
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from duologue.evaluation.steering.attention_map import AttentionMap, MapMeta, write_map
from duologue.evaluation.steering.sra import measure
from duologue.evaluation.steering.sra_row import ROWS, SRARow

WORDS = ("so ", "they ", "offer ", "hope, ", "again ", "and ", "listen.\n")
HOSTILE = "<script>document.title='run'</script><img src=x onerror=alert(1)>\u202e&\"'\x07|"


def drawn_map(
    *,
    prompt: int,
    reply: int,
    words: Sequence[str] = WORDS,
    layers: int = 2,
    heads: int = 3,
    turns: int = 4,
    sinks: int = 1,
    seed: int = 0,
    **told: Any,
) -> AttentionMap:
    """A map of `prompt + reply` tokens, a word each, with an instruction, a strategy's name in it, and turns.

    `told` replaces fields of its meta. Attention is drawn so that few tokens have most of it.
    """
    rng = np.random.default_rng(seed)
    length = prompt + reply
    said = [words[place % len(words)] for place in range(length)]
    ends = np.cumsum([len(word) for word in said])
    bounds = np.linspace(prompt // 4, prompt, turns + 1).astype(int).tolist()
    of_turns = {f"turn:{number}": [(bounds[number], bounds[number + 1])] for number in range(turns)}
    parts = {
        "instruction": [(sinks, prompt // 4)],
        "strategy_name": [(sinks + 2, sinks + 5)],
        "history": [(bounds[0], bounds[1]), (bounds[2], prompt)],
        **of_turns,
    }
    full = rng.gamma(0.1, size=(layers, heads, reply, length)) + 1e-6
    full[..., np.arange(length) >= (prompt + np.arange(reply))[:, None]] = 0
    full /= full.sum(-1, keepdims=True)
    own = full.copy()
    own[..., :sinks] = 0
    mean = own.mean(1)
    rows = (mean / mean.sum(-1, keepdims=True)).mean(0)
    columns = [own.sum(-1), *(sum(own[..., start:end].sum(-1) for start, end in each) for each in parts.values())]
    names = {"instruction": parts["instruction"], **of_turns, "reply": [(prompt, length)]}
    meta = MapMeta(
        **{
            "id": "reply-1",
            "dialogue": "talk~1",
            "model": "hf:/nowhere",
            "fingerprint": "local 0 default",
            "text": "".join(said),
            "prompt": prompt,
            "sinks": sinks,
            "parts": parts,
            "turns": names,
            "layout": "c1_hf",
            "strategy": "Offer Hope",
            **told,
        }
    )
    return AttentionMap(
        meta,
        np.arange(length),
        np.stack([ends - [len(word) for word in said], ends], axis=1).astype(np.int64),
        rows.astype(np.float16),
        np.stack(columns, axis=-1).astype(np.float32),
        np.tril(rng.random((layers, len(names), len(names)))).astype(np.float32),
    )


def row_of(map: AttentionMap, file: str, depth: int = 4) -> SRARow:
    """The row that the command writes beside a map."""
    meta = map.meta
    sizes = [sum(end - start for start, end in pieces) for pieces in meta.parts.values()]
    found = measure(map.sums, sizes, prompt=meta.prompt, sinks=meta.sinks)
    sra, raw, ratio = (
        {mode: dict(zip(meta.parts, values.tolist(), strict=True)) for mode, values in modes.items()} for modes in found
    )
    tokens = dict(zip(meta.parts, sizes, strict=True))
    return SRARow(
        meta.id,
        meta.dialogue,
        meta.model,
        depth,
        meta.layout,
        meta.strategy,
        meta.prompt,
        len(map.ids) - meta.prompt,
        sra,
        raw,
        ratio,
        tokens,
        file=file,
    )


def write_attention(folder: Path, maps: Sequence[AttentionMap], depths: Sequence[int] = ()) -> Path:
    """A folder as `duologue attend` leaves it; the maps are `maps/0.safetensors` and on."""
    rows = [row_of(map, f"maps/{number}.safetensors", *depths[number : number + 1]) for number, map in enumerate(maps)]
    for map, row in zip(maps, rows, strict=True):
        write_map(folder / row.file, map)
    (folder / ROWS).write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))
    return folder
