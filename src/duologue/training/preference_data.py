"""Preference pairs as training examples: rows of `prompt`, `chosen` and `rejected`, as text or as chat messages.

    encode = preference_rows("pairs.jsonl")
    rows = to_preference_rows(encode(tokenizer), max_length=1024, what="pairs.jsonl")

The ecosystem's formats are taken (TRL's `dataset_formats`): messages or text, the prompt told or left in both sides. So
are the nine texts of ACT's released code, whose prompt is called `input_text`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from duologue.dialogue import read_rows
from duologue.errors import InputError
from duologue.models.request import Message
from duologue.views.preference import Pair
from duologue.views.preference_tokens import PreferenceTokens, preference_tokens, text_tokens

EncodePairs = Callable[[Any, int], Iterator[PreferenceTokens]]
"""Given the tokenizer and the most tokens of a side, yields the pairs."""


class PreferenceRow(msgspec.Struct):
    """A row as people keep them; other fields are let be."""

    chosen: str | list[Message]
    rejected: str | list[Message]
    prompt: str | list[Message] | None = None
    input_text: str | None = None
    id: str = ""


class PreferenceRows(NamedTuple):
    """Pairs as the trainer's columns, and the names of those left out because they were too long."""

    columns: dict[str, list[Any]]
    too_long: list[str]

    def __len__(self) -> int:
        return len(self.columns["chosen_ids"])


def preference_rows(path: str | Path) -> EncodePairs:
    """Rows of a JSONL file.

    Raises:
        InputError: names the row and what it lacks (when the examples are read).
    """

    def encode(tokenizer: Any, max_length: int) -> Iterator[PreferenceTokens]:
        for number, row in enumerate(read_rows(path, PreferenceRow), 1):
            where = f"{path}, row {number}"
            prompt, chosen, rejected = _with_prompt(row, where)
            name = row.id or f"row {number}"
            if isinstance(prompt, str):
                yield text_tokens(prompt, chosen, rejected, tokenizer, name=name)
            else:
                for side in (chosen, rejected):
                    if not side or side[0].role != "assistant" or side[-1].role != "assistant":
                        raise InputError(
                            "`chosen` and `rejected` begin and end with the assistant", where=where, mend="mend the row"
                        )
                yield preference_tokens(prompt, chosen, rejected, tokenizer, max_length=max_length, name=name)

    return encode


def pair_examples(pairs: Sequence[Pair]) -> EncodePairs:
    """Pairs that are in memory."""

    def encode(tokenizer: Any, max_length: int) -> Iterator[PreferenceTokens]:
        for pair in pairs:
            yield preference_tokens(
                pair.prompt, pair.chosen, pair.rejected, tokenizer, max_length=max_length, name=pair.id
            )

    return encode


def to_preference_rows(examples: Iterable[PreferenceTokens], *, max_length: int, what: str) -> PreferenceRows:
    """Columns `chosen_ids`, `chosen_trained`, `rejected_ids`, `rejected_trained`, `row`.

    What is longer than `max_length` though its history was cut is left out and named, never cut.

    Raises:
        InputError: nothing is left to train on.
    """
    columns: dict[str, list[Any]] = {
        name: [] for name in ("chosen_ids", "chosen_trained", "rejected_ids", "rejected_trained", "row")
    }
    too_long: list[str] = []
    for number, example in enumerate(examples):
        if example.longest > max_length:
            too_long.append(example.name or f"row {number + 1}")
            continue
        for name, value in columns_of(example).items():
            columns[name].append(value)
        columns["row"].append(number)
    if not columns["row"]:
        found = f"all {len(too_long)} are longer than {max_length} tokens" if too_long else "no row in it"
        raise InputError(f"there is no pair to use: {found}", where=what, mend="give more, or a larger --max-length")
    return PreferenceRows(columns, too_long)


def columns_of(example: PreferenceTokens) -> dict[str, Any]:
    """A pair as the collator takes it, its row aside."""
    return {
        "chosen_ids": example.chosen.ids,
        "chosen_trained": example.chosen.trained,
        "rejected_ids": example.rejected.ids,
        "rejected_trained": example.rejected.trained,
    }


def _with_prompt(row: PreferenceRow, where: str) -> tuple[Any, Any, Any]:
    """Prompt and both sides, alike text or messages; a prompt that both sides begin with is taken out of them."""
    prompt, chosen, rejected = row.prompt, row.chosen, row.rejected
    if prompt is None and row.input_text is not None:
        prompt = f"{row.input_text.rstrip()}\n"  # what follows is a line of its own, `Assistant: …`
    kinds = {type(each) for each in (prompt, chosen, rejected) if each is not None}
    if len(kinds) != 1:
        raise InputError(
            "`prompt`, `chosen` and `rejected` are partly text, partly messages", where=where, mend="make them alike"
        )
    if prompt is not None:
        return prompt, chosen, rejected
    common = next(
        (index for index, (a, b) in enumerate(zip(chosen, rejected, strict=False)) if a != b),
        min(len(chosen), len(rejected)),
    )
    if isinstance(chosen, str):
        # A word's space belongs to the word: a prompt ends where both sides still have a whole one.
        common = max(chosen.rfind(" ", 0, common), 0)
    if not common:
        raise InputError("both sides begin otherwise, and there is no `prompt`", where=where, mend="add `prompt`")
    return chosen[:common], chosen[common:], rejected[common:]
