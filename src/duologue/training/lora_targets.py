"""Which modules get an adapter: a name set, a pattern or names become the exact modules of this very model.

    adapted_modules(model, ["attention"])                   # every linear layer inside an attention module
    adapted_modules(model, ["ffn", "regex:layers.0[.]"])    # the feed-forward parts, and all of layer 0
    collapse(names, of=adaptable(model))                     # ["model.layers.*.self_attn.{q,k,v,o}_proj"]

A set is told by structure, not by name: families call the same layer `q_proj`, `query_key_value` or `SelfAttention.q`.
What matches nothing is an error, entry by entry, for a training whose adapters sit nowhere looks like any other.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from duologue.errors import InputError

SETS = ("attention", "ffn", "linear", "embeddings")
"""`attention`: linear layers inside attention modules (cross attention too). `ffn`: the other linear layers of the
blocks. `linear`: every linear layer but the output head. `embeddings`: the input embedding, without position tables."""

_WHERE = "--lora.targets"


def adapted_modules(model: Any, targets: Sequence[str]) -> list[str]:
    """The full names of the modules that get an adapter, in the model's order.

    Args:
        model: a transformers model, quantised or not.
        targets: name sets, `regex:PATTERN` (found anywhere in a full name), full names or their ends (`q_proj`).

    Raises:
        InputError: an entry matches no module that can have an adapter; the message lists those that can.
    """
    possible = adaptable(model)
    found: set[str] = set()
    for target in targets:
        matched = _matched(model, possible, target)
        if not matched:
            raise InputError(
                f"{target!r} matches no module of {type(model).__name__}",
                where=_WHERE,
                mend=f"give {', '.join(SETS)}, regex:PATTERN or names of {', '.join(collapse(possible, of=possible))}",
            )
        found.update(matched)
    return [name for name in possible if name in found]


def adaptable(model: Any) -> list[str]:
    """The full names of all linear layers and token embeddings that a forward pass goes through."""
    linear, embeddings = _linear(model), _embeddings(model)
    return [name for name, _ in model.named_modules() if name in linear or name in embeddings]


def collapse(names: Iterable[str], *, of: Iterable[str]) -> list[str]:
    """Names of repeated blocks as one: `layers.0.q_proj`, `layers.1.q_proj`, … become `layers.*.{k,q}_proj`.

    Args:
        names: full module names.
        of: all names there are: `*` stands where every block is meant, else the numbers stand, `layers.{0,3}`.
    """
    everywhere = _by_shape(of)
    leaves: dict[tuple[str, ...], list[str]] = {}
    for shape, members in _by_shape(names).items():
        path = list(shape)
        if set(members) != set(everywhere.get(shape, [])):
            for at in (at for at, part in enumerate(shape) if part == "*"):
                numbers = sorted({int(name.split(".")[at]) for name in members})
                path[at] = str(numbers[0]) if len(numbers) == 1 else f"{{{','.join(map(str, numbers))}}}"
        leaves.setdefault(tuple(path[:-1]), []).append(path[-1])
    return [".".join([*parent, _braces(names)]) for parent, names in leaves.items()]


def _matched(model: Any, possible: Sequence[str], target: str) -> Collection[str]:
    if target.startswith("regex:"):
        try:
            pattern = re.compile(target.removeprefix("regex:"))
        except re.error as error:
            raise InputError(f"{target!r} is no regular expression ({error})", where=_WHERE, mend="mend it") from None
        return [name for name in possible if pattern.search(name)]
    if target == "embeddings":
        return _embeddings(model)
    if target in SETS:
        linear = _linear(model) - _head(model)
        attention = {name for name in linear if _in_attention(model, name)}
        blocks = {name for name in linear if any(part.isdecimal() for part in name.split("."))}
        return {"linear": linear, "attention": attention, "ffn": blocks - attention}[target]
    return [name for name in possible if name == target or name.endswith(f".{target}")]


def _linear(model: Any) -> set[str]:
    """Linear layers: torch's, the quantised ones (which derive from it) and GPT-2's `Conv1D`."""
    from torch import nn
    from transformers.pytorch_utils import Conv1D

    return {name for name, module in model.named_modules() if isinstance(module, nn.Linear | Conv1D)}


def _head(model: Any) -> set[str]:
    head = model.get_output_embeddings()
    return {name for name, module in model.named_modules() if module is head}


def _embeddings(model: Any) -> set[str]:
    """The input embedding; where encoder and decoder have their own on the same weight (T5), these two.

    T5's `shared` only holds that weight: no forward pass goes through it, and an adapter there would learn nothing.
    """
    from torch import nn

    own = model.get_input_embeddings()
    same = {
        name: module
        for name, module in model.named_modules()
        if isinstance(module, nn.Embedding) and module.weight is own.weight
    }
    used = {name for name, module in same.items() if module is not own}
    return used or set(same)


def _in_attention(model: Any, name: str) -> bool:
    parts = name.split(".")
    above = [type(model.get_submodule(".".join(parts[:end]))).__name__ for end in range(1, len(parts))]
    return any("attention" in kind.lower() or "attn" in kind.lower() for kind in above)


def _by_shape(names: Iterable[str]) -> dict[tuple[str, ...], list[str]]:
    shapes: dict[tuple[str, ...], list[str]] = {}
    for name in names:
        shape = tuple("*" if part.isdecimal() else part for part in name.split("."))
        shapes.setdefault(shape, []).append(name)
    return shapes


def _braces(names: list[str]) -> str:
    """`q_proj`, `k_proj` as `{q,k}_proj`: what stands behind the last underscore is shared or not."""
    if len(names) == 1:
        return names[0]
    ends = {name.rpartition("_")[2] for name in names if "_" in name}
    if len(ends) == 1 and all("_" in name for name in names):
        end = f"_{ends.pop()}"
        return f"{{{','.join(name.removesuffix(end) for name in names)}}}{end}"
    return f"{{{','.join(names)}}}"
