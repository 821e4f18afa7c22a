"""Packing: several examples in one row of `max_length`, only where they cannot see one another.

Rows carry position ids that begin at 0 with every example. Without an attention mask, transformers' models that build
their masks from position ids keep the examples apart; others silently let each example read those before it. So
`require_isolation` compares this very model's logits, packed and separate, and refuses where they differ.

    require_isolation(model, rows, max_length=1024)
    rows = pack(rows, max_length=1024)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from duologue.errors import InputError
from duologue.training.examples import IGNORED, Rows

TOLERANCE = 1e-3
"""Largest difference of logits that counts as rounding, relative to their standard deviation."""


def arrange(sizes: Sequence[int], max_length: int) -> list[list[int]]:
    """Which examples stand in which row: indices into `sizes` (tokens), row by row, none longer than `max_length`."""
    bins: list[list[int]] = []
    room: list[int] = []
    for index in sorted(range(len(sizes)), key=lambda index: -sizes[index]):
        fitting = [at for at, free in enumerate(room) if free >= sizes[index]]
        if fitting:
            at = min(fitting, key=lambda at: room[at])
            bins[at].append(index)
            room[at] -= sizes[index]
        else:
            bins.append([index])
            room.append(max_length - sizes[index])
    return bins


def pack(rows: Rows, max_length: int) -> Rows:
    """Put examples into rows of at most `max_length` tokens, longest first into the fullest row that has room.

    Each row has `input_ids`, `labels` and `position_ids`; the first label of an example is never predicted, for the
    token before it belongs to another one.
    """
    ids, marks = rows.columns["input_ids"], rows.columns["labels"]
    packed: dict[str, list[Any]] = {"input_ids": [], "labels": [], "position_ids": []}
    for members in arrange([len(each) for each in ids], max_length):
        packed["input_ids"].append([token for index in members for token in ids[index]])
        packed["labels"].append([label for index in members for label in (IGNORED, *marks[index][1:])])
        packed["position_ids"].append([place for index in members for place in range(len(ids[index]))])
    return Rows(packed, rows.too_long)


class PackedCollator:
    """Packed rows as one [batch, length] tensor each, without an attention mask.

    A mask would make transformers take a row for one sequence. Padding comes at the end, each pad as an example of
    its own at position 0: nothing before it can see it, and no loss is taken there.
    """

    def __init__(self, pad: int) -> None:
        self.pad = pad

    def __call__(self, rows: list[dict[str, list[int]]]) -> dict[str, Any]:
        """Collate rows as `pack` makes them."""
        import torch

        width = max(len(row["input_ids"]) for row in rows)
        fill = {"input_ids": self.pad, "labels": IGNORED, "position_ids": 0}
        return {
            name: torch.tensor([row[name] + [value] * (width - len(row[name])) for row in rows])
            for name, value in fill.items()
        }


def isolation_error(model: Any, examples: list[list[int]]) -> float:
    """How far the logits of packed examples are from those of the same examples alone, in standard deviations.

    Two rows of unequal length are tried, as they come in training.
    """
    import torch

    device = model.get_input_embeddings().weight.device
    was_training = model.training
    model.eval()
    packed = [
        pack(Rows({"input_ids": some, "labels": some}, []), sum(map(len, some))) for some in (examples, examples[1:])
    ]
    batch = PackedCollator(0)([{name: column[0] for name, column in rows.columns.items()} for rows in packed])
    with torch.no_grad():
        together = model(
            batch["input_ids"].to(device), position_ids=batch["position_ids"].to(device), use_cache=False
        ).logits
        worst, spread = 0.0, 1e-6
        for row, some in enumerate((examples, examples[1:])):
            at = 0
            for ids in sorted(some, key=lambda ids: -len(ids)):
                alone = model(torch.tensor([ids], device=device), use_cache=False).logits[0]
                worst = max(worst, float((alone - together[row, at : at + len(ids)]).abs().max()))
                spread = max(spread, float(alone.std()))
                at += len(ids)
    model.train(was_training)
    return worst / spread


def require_isolation(model: Any, rows: Rows, max_length: int) -> None:
    """Refuse packing for a model and attention backend in which packed examples see one another.

    Raises:
        InputError: packed logits differ from separate ones.
    """
    found: list[list[int]] = []
    for ids in rows.columns["input_ids"][:3]:
        if sum(len(other) for other in found) + len(ids) <= max_length:
            found.append(ids)
    if len(found) < 2:
        short = rows.columns["input_ids"][0][: max(2, max_length // 4)]
        found = [short, short[::-1]]
    error = isolation_error(model, found)
    if error > TOLERANCE:
        raise InputError(
            f"packed examples see one another in {type(model).__name__} (logits off by {error:.2g} deviations)",
            where="--packing",
            mend="train without --packing; examples of similar length are batched together anyway",
        )
