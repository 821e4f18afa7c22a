"""Examples of encoder-decoder models as the trainer's columns, and their batches.

rows = pair_rows(encode(tokenizer), tokenizer, max_length=512, what="train.jsonl")
rows.columns["input_ids"][0], rows.columns["labels"][0]        # history, response: of unequal length
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from duologue.errors import InputError
from duologue.training.examples import Rows
from duologue.training.options import SFTOptions
from duologue.views.encoder_decoder import sequence_pairs
from duologue.views.tokens import Tokens


def require_responses_only(options: SFTOptions) -> None:
    """Refuse what only a causal model can be trained with.

    Raises:
        InputError: loss on all tokens, a shared history, packing, or TRL's accuracy as the best metric.
    """
    if options.loss == "all":
        raise InputError(
            "an encoder-decoder model learns responses only: it reads the history, it does not write it",
            where="--loss all",
            mend="leave it out, or take a causal language model",
        )
    if options.share_history:
        raise InputError(
            "an encoder-decoder model reads each history for its one response",
            where="--share-history",
            mend="leave it out",
        )
    if options.packing:
        raise InputError(
            "examples of an encoder-decoder model cannot share a row", where="--packing", mend="leave it out"
        )
    if (options.best_metric or "").removeprefix("eval_") == "mean_token_accuracy":
        raise InputError(
            "the accuracy of tokens is not counted for an encoder-decoder model",
            where="--best-metric",
            mend="give loss, or a dialogue metric",
        )


def pair_rows(examples: Iterable[Tokens], tokenizer: Any, *, max_length: int, what: str) -> Rows:
    """Columns `input_ids` (what the encoder reads) and `labels` (what the decoder learns to write).

    A pair with more than `max_length` tokens on a side is left out and named, never cut.

    Raises:
        InputError: nothing is left to train on.
    """
    columns: dict[str, list[Any]] = {"input_ids": [], "labels": []}
    too_long: list[str] = []
    for number, example in enumerate(examples, 1):
        for pair in sequence_pairs(example, tokenizer):
            if max(len(pair.source), len(pair.target)) > max_length:
                too_long.append(pair.name or f"example {number}")
            else:
                columns["input_ids"].append(pair.source)
                columns["labels"].append(pair.target)
    if not columns["input_ids"]:
        found = f"all {len(too_long)} are longer than {max_length} tokens" if too_long else "no response in it"
        raise InputError(
            f"there is no example to use: {found}", where=what, mend="give more data or a larger --max-length"
        )
    return Rows(columns, too_long)
