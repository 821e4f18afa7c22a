"""What is kept of a reply's attention, as a file: one `.safetensors` a reply, numbers and text, nothing that runs.

write_map(Path("maps/a.safetensors"), attention, meta)
read_map(Path("maps/a.safetensors")).rows        # [R, T] float16
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from duologue.errors import InputError
from duologue.files import replacing

PICKLES = (".pkl", ".pickle", ".pt", ".pth", ".bin")


class MapMeta(msgspec.Struct, omit_defaults=True):
    """What the tensors of a map are about.

    Attributes:
        id: of the reply (a branch, or a dialogue).
        dialogue: the dialogue that it belongs to.
        model: the spec it was measured with, and its fingerprint.
        layout: of the prompt; None for a dialogue without one.
        strategy: that was asked for; None without one.
        text: the prompt as the model read it, and the reply after it; `offsets` refer to it.
        prompt: how many of the tokens are the prompt's.
        sinks: how many tokens at the beginning were set to zero.
        parts: name -> tokens (start, end exclusive), in the order of `sums`' columns from 1 on.
        turns: name -> tokens, in the order of `turns`.
        layers: whose mean `rows` are; None is all.
    """

    id: str
    dialogue: str
    model: str
    fingerprint: str
    text: str
    prompt: int
    sinks: int
    parts: dict[str, list[tuple[int, int]]]
    turns: dict[str, list[tuple[int, int]]] = {}
    layout: str | None = None
    strategy: str | None = None
    layers: list[int] | None = None


class AttentionMap(NamedTuple):
    """A map: R reply tokens, T tokens, L layers, H heads, S parts, U turns.

    Attributes:
        meta: what it is about.
        ids: [T] int64.
        offsets: [T, 2] int64, characters of `meta.text`.
        rows: [R, T] float16, mean over heads and layers.
        sums: [L, H, R, 1 + S] float32; column 0 is all attention that the sinks do not get.
        turns: [L, U, U] float32, from the turn whose tokens are predicted to the turn that is read; None where not
            asked for.
    """

    meta: MapMeta
    ids: NDArray[np.int64]
    offsets: NDArray[np.int64]
    rows: NDArray[np.float16]
    sums: NDArray[np.float32]
    turns: NDArray[np.float32] | None


def write_map(path: Path, found: AttentionMap) -> None:
    """Write a map, whole or not at all."""
    from safetensors.numpy import save_file

    tensors = {name: getattr(found, name) for name in ("ids", "offsets", "rows", "sums", "turns")}
    held = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items() if tensor is not None}
    with replacing(path) as part:
        save_file(held, part, metadata={"duologue": msgspec.json.encode(found.meta).decode()})


def read_map(path: Path) -> AttentionMap:
    """Read a map.

    Raises:
        InputError: it is a pickle, no map, or one whose tensors do not fit each other.
    """
    refuse_pickle(path)
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="np") as file:
            told = (file.metadata() or {}).get("duologue", "")
            held: dict[str, Any] = {name: file.get_tensor(name) for name in sorted(file.keys())}
        meta = msgspec.json.decode(told, type=MapMeta)
        found = AttentionMap(meta, held["ids"], held["offsets"], held["rows"], held["sums"], held.get("turns"))
    except (SafetensorError, msgspec.MsgspecError, KeyError, OSError) as error:
        raise InputError(
            f"not an attention map ({error})", where=str(path), mend="make it with duologue attend"
        ) from None
    if odd := next(_odd(found), None):
        raise InputError(f"a damaged attention map: {odd}", where=str(path), mend="make it anew with duologue attend")
    return found


def _odd(found: AttentionMap) -> Iterator[str]:
    """What does not fit together in a map."""
    meta, length = found.meta, len(found.ids)
    layers, heads = (*found.sums.shape, 0, 0)[:2]
    replied = length - meta.prompt
    shapes: dict[str, tuple[int, ...]] = {
        "ids": (length,),
        "offsets": (length, 2),
        "rows": (replied, length),
        "sums": (layers, heads, replied, 1 + len(meta.parts)),
        "turns": (layers, len(meta.turns), len(meta.turns)),
    }
    if not (0 < meta.prompt < length and 0 <= meta.sinks <= meta.prompt and layers and heads):
        yield f"{length} tokens, {meta.prompt} the prompt's, {meta.sinks} sinks; {layers} layers of {heads} heads"
    for name, shape in shapes.items():
        tensor = getattr(found, name)
        if tensor is not None and tensor.shape != shape:
            yield f"{name} of {list(tensor.shape)}, expected {list(shape)}"
        elif tensor is not None and not np.isfinite(tensor).all():
            yield f"{name} that are no numbers"
    places = [piece for pieces in (*meta.parts.values(), *meta.turns.values()) for piece in pieces]
    if not all(0 <= start < end <= length for start, end in places):
        yield f"parts beyond its {length} tokens"
    begun, ended = found.offsets[:, 0], found.offsets[:, 1]
    if not ((begun >= 0) & (begun <= ended) & (ended <= len(meta.text))).all():
        yield "offsets beyond its text"


def refuse_pickle(path: Path) -> None:
    """Refuse files that run code when they are read, such as the `<n>_attentions.pkl` of the published system.

    Raises:
        InputError: its name or its first bytes say that it is one.
    """
    if path.suffix.lower() in PICKLES or (path.is_file() and _begins_as_pickle(path)):
        raise InputError(
            "a pickle runs whatever its author put into it when it is read, so it is never opened",
            where=str(path),
            mend="give the dialogues with their replies instead; duologue attend computes their attention again",
        )


def _begins_as_pickle(path: Path) -> bool:
    """Whether a file begins with the opcode of a pickle's protocol 2 to 5.

    The length of a safetensors header, eight bytes, may look like one; behind it is a brace.
    """
    with path.open("rb") as file:
        begun = file.read(9)
    return len(begun) > 1 and begun[0] == 0x80 and 2 <= begun[1] <= 5 and begun[8:] != b"{"
