"""Quick held-out figures during training: which values are wholly right when the answer so far is given.

Teacher-forced, so they flatter; the card's figures are greedy (`measure.py`).

    probe = Probe(tokenizer_file, texts); probe(network)["values"]
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer

from scripts.tiny.examples import Row, Text, encode
from scripts.tiny.network import Network, block_mask
from scripts.tiny.packing import LENGTHS


class Probe:
    """Figures of a network on fixed examples.

    Args:
        tokenizer: path of `tokenizer.json`.
        texts: held-out examples.
    """

    def __init__(self, tokenizer: Path, texts: Sequence[Text]) -> None:
        rows = encode(Tokenizer.from_file(str(tokenizer)), texts)
        self.rows = sorted((r for r in rows if len(r.tokens) <= LENGTHS[-1]), key=lambda r: len(r.tokens))

    def __call__(self, network: Network) -> dict[str, Any]:
        """Shares of right answer tokens and of wholly right values, by task and by slot."""
        right, all_ = Counter[str](), Counter[str]()
        for at in range(0, len(self.rows), 8):
            rows = self.rows[at : at + 8]
            for row, guess in zip(rows, self._guesses(network, rows), strict=True):
                self._count(row, guess, right, all_)
        share = {key: round(right[key] / count, 4) for key, count in sorted(all_.items())}
        slots = {key[5:]: value for key, value in share.items() if key.startswith("slot ")}
        return {key: value for key, value in share.items() if not key.startswith("slot ")} | {"slots": slots}

    @staticmethod
    def _guesses(network: Network, rows: Sequence[Row]) -> list[np.ndarray[Any, Any]]:
        length = max(len(row.tokens) for row in rows)
        tokens = torch.zeros(len(rows), length, dtype=torch.long)
        for i, row in enumerate(rows):
            tokens[i, : len(row.tokens)] = torch.from_numpy(row.tokens)
        with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
            guess = network(tokens, block_mask(torch.zeros_like(tokens))).argmax(-1).numpy()
        return [guess[i, : len(row.tokens) - 1] for i, row in enumerate(rows)]

    @staticmethod
    def _count(row: Row, guess: np.ndarray[Any, Any], right: Counter[str], all_: Counter[str]) -> None:
        hits = guess == row.tokens[1:]
        answer = row.weights[1:] >= 1.0
        for key in ("tokens", f"tokens {row.kind}"):
            right[key] += int(hits[answer].sum())
            all_[key] += int(answer.sum())
        whole = bool(hits[answer].all())
        right[f"whole {row.kind}"] += whole
        all_[f"whole {row.kind}"] += 1
        for number, label in enumerate(row.labels, 1):
            inside = row.spans[1:] == number
            if inside.any() and label != "rest":
                good = bool(hits[inside].all())
                keys = ["values", f"values {row.kind}"] + ([f"slot {label}"] if row.kind == "simpletod" else [])
                for key in keys:
                    right[key] += good
                    all_[key] += 1
