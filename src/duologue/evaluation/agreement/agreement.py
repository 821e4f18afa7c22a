"""Human annotations of pairs of answers, scored: do annotators agree, who wins, and does a measure tell?

score = score_agreement(read_annotations("annotation-results.json"))
score.reliability.alpha["interval"], score.measures["sra"].inside["1"].pearson, score.wins.pairs
"""

from __future__ import annotations

import msgspec

from duologue.evaluation.agreement.measured import MeasureScore, score_measure
from duologue.evaluation.agreement.reliability import Reliability, reliability
from duologue.evaluation.annotations.annotation import Annotation, Annotations
from duologue.evaluation.win_rates import WinRates, preference_rates


class AgreementScore(msgspec.Struct, frozen=True):
    """Everything about a file of annotations.

    Attributes:
        annotators: name -> how many annotations.
        reliability: on all annotations.
        measures: measure -> how preferences go with it.
        wins: who was preferred; empty where the systems are not known.
        annotations: the rows, in order.
        problems: what was left out, and why.
    """

    annotators: dict[str, int]
    reliability: Reliability
    measures: dict[str, MeasureScore]
    wins: WinRates
    annotations: list[Annotation]
    problems: list[str]


def score_agreement(found: Annotations, *, seed: int = 0) -> AgreementScore:
    """Score annotations.

    Args:
        found: at least one.
        seed: of the bootstrap over tasks.
    """
    rows = found.rows
    names = sorted({row.annotator for row in rows})
    return AgreementScore(
        annotators={name: sum(row.annotator == name for row in rows) for name in names},
        reliability=reliability(rows, seed=seed),
        measures={
            name: score_measure(rows, name, seed=seed)
            for name in sorted({name for row in rows for name in row.measures})
        },
        wins=preference_rates(rows, seed=seed),
        annotations=rows,
        problems=found.problems,
    )
