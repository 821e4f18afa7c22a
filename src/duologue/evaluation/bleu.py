"""BLEU of the responses: over all turns, the augmented ones, and the others.

sacreBLEU's corpus BLEU (Post 2018) of delexicalised responses against the reference as the view renders it, i.e. with
the reaction in front on an augmented turn of the `interference` variant (spec/tod.md §2.9). The signature belongs to
the figure: BLEU depends on tokenisation.

    score_bleu(pair(predictions, references), "interference").parts["augmented"].bleu

This file owns the figure for every part of Duologue: `BleuCounts` sums its statistics as responses come. The MultiWOZ
evaluator (`evaluation.tod`) gives it normalised responses and references, so its BLEU is another than `score_bleu`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from sacrebleu.metrics.bleu import BLEU

from duologue.evaluation.bootstrap import Floats, Interval, bootstrap
from duologue.evaluation.pairing import Pair, Pairing
from duologue.views.simpletod import Variant, response_text

_ORDER = 4


class BleuPart(msgspec.Struct, frozen=True):
    """BLEU (0 to 100) over some of the turns, with its interval over dialogues."""

    bleu: float
    turns: int
    interval: Interval


class BleuRow(msgspec.Struct, frozen=True):
    """One dialogue: BLEU over its turns, and the turns without a response."""

    id: str
    turns: int
    bleu: float
    without_response: list[int]


class BleuScore(msgspec.Struct, frozen=True):
    """BLEU of the parts `all`, `original` and `augmented` that have turns, sacreBLEU's signature, rows."""

    parts: dict[str, BleuPart]
    signature: str
    rows: list[BleuRow]


class _Turn(NamedTuple):
    dialogue: int
    augmented: bool
    sums: Floats


class BleuCounts:
    """Sums the statistics of responses and references as they come; of the texts nothing is kept."""

    def __init__(self) -> None:
        self._metric = BLEU()
        self._sums = np.zeros(2 * _ORDER + 2)

    def add(self, responses: Sequence[str], references: Sequence[str]) -> None:
        """Count responses beside their references, one reference each."""
        score = self._metric.corpus_score(responses, [references])
        self._sums += [*score.counts, *score.totals, score.sys_len, score.ref_len]

    def bleu(self) -> float:
        """BLEU of all responses so far, 0 to 100."""
        return float(corpus_bleu(self._sums[None])[0])


def score_bleu(pairing: Pairing, variant: Variant = "interference", *, seed: int = 0) -> BleuScore:
    """Score predicted responses against the references.

    Args:
        pairing: predictions beside references.
        variant: how references are rendered; `interference` includes reactions, `simpletod` leaves them out.
        seed: of the bootstrap.
    """
    metric = BLEU(effective_order=True)  # sentence statistics; the corpus figure does not use it
    turns = [
        _Turn(number, each.augmented, _turn_sums(metric, each, variant))
        for number, dialogue in enumerate(pairing.dialogues)
        for each in dialogue.pairs
    ]
    count = len(pairing.dialogues)
    chosen = {
        "all": turns,
        "original": [turn for turn in turns if not turn.augmented],
        "augmented": [turn for turn in turns if turn.augmented],
    }
    per_dialogue = _dialogue_sums(turns, count)
    rows = [
        BleuRow(
            id=dialogue.id,
            turns=len(dialogue.pairs),
            bleu=float(corpus_bleu(sums[None])[0]),
            without_response=[each.position for each in dialogue.pairs if not each.response],
        )
        for dialogue, sums in zip(pairing.dialogues, per_dialogue, strict=True)
    ]
    parts = {name: _part(part, count, seed) for name, part in chosen.items() if part}
    return BleuScore(parts, bleu_signature(), rows)


def corpus_bleu(sums: Floats) -> Floats:
    """BLEU from summed statistics, one figure per row: matches and totals of the four orders, then both lengths.

    The formula, exponential smoothing included, is sacreBLEU's own.
    """
    return np.array(
        [
            BLEU.compute_bleu(
                correct=row[:_ORDER].astype(int).tolist(),
                total=row[_ORDER : 2 * _ORDER].astype(int).tolist(),
                sys_len=int(row[-2]),
                ref_len=int(row[-1]),
                smooth_method="exp",
            ).score
            for row in sums
        ]
    )


def _turn_sums(metric: BLEU, each: Pair, variant: Variant) -> Floats:
    score = metric.sentence_score(each.response, [response_text(each.turn, variant)])
    return np.array([*score.counts, *score.totals, score.sys_len, score.ref_len], dtype=np.float64)


def _dialogue_sums(turns: list[_Turn], dialogues: int) -> Floats:
    sums = np.zeros((dialogues, 2 * _ORDER + 2))
    for turn in turns:
        sums[turn.dialogue] += turn.sums
    return sums


def _part(turns: list[_Turn], dialogues: int, seed: int) -> BleuPart:
    sums = _dialogue_sums(turns, dialogues)
    return BleuPart(
        bleu=float(corpus_bleu(sums.sum(axis=0, keepdims=True))[0]),
        turns=len(turns),
        interval=bootstrap(sums, corpus_bleu, seed=seed),
    )


def bleu_signature() -> str:
    """What sacreBLEU counts and with which version: belongs to every figure."""
    metric = BLEU()
    metric.corpus_score(["one"], [["one"]])  # the signature knows its references only after a score
    return str(metric.get_signature())
