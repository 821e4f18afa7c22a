"""Self-BLEU: how much each text looks like the others; high is little variety (Zhu et al. 2018, Texygen).

    self_bleu(["first text", "second text", "third text"])      # one BLEU-4 a text, 0 to 100

Each text is scored by sacreBLEU against all the others as references. The figure grows with the number of texts, so
compare it at the same number only.
"""

from __future__ import annotations

from collections.abc import Sequence

from sacrebleu.metrics.bleu import BLEU


def self_bleu(texts: Sequence[str]) -> list[float]:
    """BLEU of each text against the others; empty for fewer than two."""
    if len(texts) < 2:
        return []
    metric = BLEU(effective_order=True)  # a text of fewer than four tokens has no 4-grams
    return [
        float(metric.sentence_score(text, [*texts[:place], *texts[place + 1 :]]).score)
        for place, text in enumerate(texts)
    ]
