"""The figures of a project, with intervals over items: what annotators say, and whether they say the same.

told = figures(project, items, judgements)
told.questions["rank"].wins.systems["ours"].rate, told.checks["Ada"].failed
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations
from statistics import NormalDist

import msgspec

from duologue.evaluation.agreement.kappa import Weights, kappa
from duologue.evaluation.agreement.krippendorff import Level, alpha
from duologue.evaluation.agreement.measured import MeasureScore, score_measure
from duologue.evaluation.bootstrap import LEVEL, Figure
from duologue.evaluation.grouped import grouped_ratio
from duologue.evaluation.judge.pairwise_score import PairwiseScore
from duologue.evaluation.win_rates import WinRates, preference_rates
from duologue.studio.projects.item import Item
from duologue.studio.projects.project import Project
from duologue.studio.projects.question import Choice, Question
from duologue.studio.statistics.judgements import Judgement, compared, preferences
from duologue.studio.statistics.side_by_side import SideBySide, side_by_side

_LEVELS: dict[str, Level] = {"scale": "ordinal", "rank": "ordinal", "preference": "interval", "choice": "nominal"}
_WEIGHTS: dict[str, Weights] = {
    "scale": "quadratic",
    "rank": "quadratic",
    "preference": "quadratic",
    "choice": "unweighted",
}


_MOST_KAPPAS = 15
_Z = NormalDist().inv_cdf(0.5 + LEVEL / 2)


class QuestionFigures(msgspec.Struct, frozen=True):
    """What was answered to one question, attention checks aside.

    Attributes:
        answers: how many.
        items: of how many items; intervals are over these.
        units: items, answers or turns that have one.
        again: of these, how many two or more people judged; agreement rests on them.
        level: what differences mean in alpha.
        alpha: Krippendorff's; of labels of which several may be chosen, the mean decision on each.
        kappa: `A and B` -> Cohen's of the two, weighted quadratically but for labels; at most fifteen.
        counts: value -> how often.
        mean: of numbers, system -> mean; `all` where no systems are judged.
        wins: who was preferred, where answers are compared.
        measures: measure -> how preferences go with it.
        beside: people, judges and metrics on the same items.
    """

    answers: int
    items: int
    units: int
    again: int
    level: Level | None
    alpha: Figure | None
    kappa: dict[str, Figure]
    counts: dict[str, int]
    mean: dict[str, Figure]
    wins: WinRates | None
    measures: dict[str, MeasureScore]
    beside: SideBySide | None


class CheckFigures(msgspec.Struct, frozen=True):
    """How somebody did on attention checks."""

    seen: int
    failed: int


class ProjectFigures(msgspec.Struct, frozen=True):
    """Question -> its figures; annotator -> checks."""

    questions: dict[str, QuestionFigures]
    checks: dict[str, CheckFigures]


def figures(
    project: Project,
    items: Mapping[str, Item],
    rows: Sequence[Judgement],
    verdicts: Mapping[str, PairwiseScore] | None = None,
) -> ProjectFigures:
    """Compute them.

    Args:
        project: what was asked.
        items: by id.
        rows: see `judgements`.
        verdicts: judge -> what it says of the same comparisons.
    """
    judged = [row for row in rows if not row.check]
    return ProjectFigures(
        {
            question.name: _question(
                question, items, [row for row in judged if row.question == question.name], verdicts or {}, project.seed
            )
            for question in project.questions
        },
        _checks(items, [row for row in rows if row.check]),
    )


def needed(rate: Figure, units: int, half_width: float) -> int | None:
    """How many more units a rate needs for an interval of plus and minus `half_width`; both in percent.

    An interval narrows with the root of the number of units. Where all units say the same, drawing them anew shows no
    spread; there the interval is Wilson's (1927, https://doi.org/10.1080/01621459.1927.10502953), whose half width is
    z² / 2 (n + z²). None where there is no interval yet.
    """
    if rate.interval is None or units < 2:
        return None
    half = (rate.interval.high - rate.interval.low) / 2
    if not math.isfinite(half):
        return None
    enough = units * (half / half_width) ** 2 if half else _Z**2 * (50 / half_width - 1)
    return max(0, math.ceil(enough) - units)


def _question(
    question: Question,
    items: Mapping[str, Item],
    rows: Sequence[Judgement],
    verdicts: Mapping[str, PairwiseScore],
    seed: int,
) -> QuestionFigures:
    pairs = compared(question, items, rows)
    preferred = preferences(pairs)
    units = _units(question, rows)
    level = _LEVELS.get(question.kind)
    measured = sorted({name for row in preferred for name in row.measures})
    return QuestionFigures(
        answers=len(rows),
        items=len({row.item for row in rows}),
        units=len({(row.item, row.target) for row in rows}),
        again=sum(count > 1 for count in Counter((row.item, row.target) for row in rows).values()),
        level=level,
        alpha=None
        if level is None
        else alpha(list(units.values()), level, groups=[item for item, *_ in units], seed=seed),
        kappa=_kappas(units, question.kind, seed),
        counts=dict(sorted(Counter(value for row in rows for value in _values(question, row)).items())),
        mean=_means(rows, seed) if question.kind in ("scale", "rank") else {},
        wins=preference_rates(preferred, seed=seed) if preferred else None,
        measures={name: score_measure(preferred, name, seed=seed) for name in measured},
        beside=side_by_side(pairs, verdicts, seed=seed) if preferred else None,
    )


def _kappas(units: Mapping[tuple[str, ...], Mapping[str, float]], kind: str, seed: int) -> dict[str, Figure]:
    """Of every two annotators; where that were too many, of those who have most in common."""
    both: dict[tuple[str, str], list[tuple[str, ...]]] = {}
    for key, unit in units.items():
        for names in combinations(sorted(unit), 2):
            both.setdefault((names[0], names[1]), []).append(key)
    most = sorted(both, key=lambda names: -len(both[names]))[:_MOST_KAPPAS]
    return {
        f"{one} and {other}": kappa(
            [(units[key][one], units[key][other]) for key in both[one, other]],
            _WEIGHTS[kind],
            groups=[item for item, *_ in both[one, other]],
            seed=seed,
        )
        for one, other in sorted(most)
    }


def _units(question: Question, rows: Sequence[Judgement]) -> dict[tuple[str, ...], dict[str, float]]:
    """What was judged -> annotator -> a number; of several labels, each label is a decision of its own."""
    found: dict[tuple[str, ...], dict[str, float]] = {}
    for row in rows:
        if isinstance(question, Choice):
            places = {label: float(at) for at, label in enumerate(question.options)}
            if question.several:
                for label in question.options:
                    found.setdefault((row.item, row.target, label), {})[row.annotator] = float(label in row.value)
            else:
                found.setdefault((row.item, row.target), {})[row.annotator] = places[row.value]
        elif question.kind != "words":
            found.setdefault((row.item, row.target), {})[row.annotator] = float(row.value)
    return found


def _values(question: Question, row: Judgement) -> list[str]:
    if question.kind == "words":
        return []
    return list(row.value) if isinstance(row.value, list) else [str(row.value)]


def _means(rows: Sequence[Judgement], seed: int) -> dict[str, Figure]:
    systems = sorted({row.system for row in rows})
    return {
        system or "all": grouped_ratio(
            ((row.item, float(row.value), 1) for row in rows if row.system == system), percent=False, seed=seed
        )
        for system in systems
    }


def _checks(items: Mapping[str, Item], rows: Sequence[Judgement]) -> dict[str, CheckFigures]:
    """A check is failed where any answer differs from what is expected."""
    right: dict[str, dict[str, bool]] = {}
    for row in rows:
        expected = items[row.item].expected
        key = f"{row.question}:{row.target}" if row.target else row.question
        if key in expected:
            own = right.setdefault(row.annotator, {})
            own[row.item] = own.get(row.item, True) and _same(expected[key], row.value)
    return {name: CheckFigures(len(own), sum(not each for each in own.values())) for name, own in right.items()}


def _same(expected: object, value: object) -> bool:
    """Several labels are the same in whatever order."""
    if isinstance(expected, list) and isinstance(value, list):
        return sorted(expected) == sorted(value)
    return expected == value
