"""What a trainer eats: token ids with a mask, made once by a view (the same rendering that inference uses).

example = Tokens(ids=[1, 52, 7, 3], trained=[False, False, True, True])
labels(example, loss="completion")          # [-100, -100, 7, 3]
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

from duologue.errors import InputError
from duologue.views.tokens import Tokens

IGNORED = -100
"""The label that the loss leaves out (torch's `ignore_index`)."""


class Rows(NamedTuple):
    """Examples as the trainer's columns, and the names of those left out because they were too long."""

    columns: dict[str, list[Any]]
    too_long: list[str]

    def __len__(self) -> int:
        return len(self.columns["input_ids"])


def labels(example: Tokens, loss: Literal["completion", "all"]) -> list[int]:
    """The labels of an example: `completion` trains what the mask marks, `all` every token (the published setting)."""
    if loss == "all":
        return list(example.ids)
    return [token if trained else IGNORED for token, trained in zip(example.ids, example.trained, strict=True)]


def to_rows(examples: Iterable[Tokens], *, loss: Literal["completion", "all"], max_length: int, what: str) -> Rows:
    """Columns `input_ids` and `labels`.

    Truncation is the view's business (it drops the oldest turns, whole turns only); whatever is still longer than
    `max_length` tokens is left out and named, never cut.

    Raises:
        InputError: nothing is left to train on.
    """
    ids: list[list[int]] = []
    marks: list[list[int]] = []
    too_long: list[str] = []
    for number, example in enumerate(examples, 1):
        if len(example.ids) > max_length:
            too_long.append(example.name or f"example {number}")
            continue
        row = labels(example, loss)
        # A causal model predicts each token from those before it, so the first label is never used.
        if all(label == IGNORED for label in row[1:]):
            raise InputError(
                "no token of it is trained",
                where=f"{what}, {example.name or f'example {number}'}",
                mend="give a completion",
            )
        ids.append(list(example.ids))
        marks.append(row)
    if not ids:
        found = f"all {len(too_long)} are longer than {max_length} tokens" if too_long else "it is empty"
        raise InputError(
            f"there is no example to use: {found}", where=what, mend="give more data or a larger --max-length"
        )
    return Rows({"input_ids": ids, "labels": marks}, too_long)
