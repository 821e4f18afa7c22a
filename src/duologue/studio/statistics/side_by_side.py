"""People, judges and metrics on the same items: how often two of them prefer the same side, and beyond chance.

found = side_by_side(pairs, {"gpt": verdicts}, seed=0)
found.rows[0].one, found.rows[0].other, found.rows[0].kappa

A metric prefers the answer that has more of it. Only the side counts, because a judge says no more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import permutations, product
from typing import TypeAlias

import msgspec

from duologue.evaluation.agreement.kappa import kappa
from duologue.evaluation.agreement.krippendorff import alpha
from duologue.evaluation.agreement.reliability import sign
from duologue.evaluation.bootstrap import Figure
from duologue.evaluation.grouped import grouped_ratio
from duologue.evaluation.judge.pairwise_score import PairwiseScore
from duologue.studio.statistics.judgements import Compared, Key
from duologue.studio.statistics.judges import sides_of

PEOPLE = "people"
_Sides: TypeAlias = Mapping[Key, Sequence[float]]
"""The sides preferred of what was compared: one by a judge or metric, several by people."""


class Together(msgspec.Struct, frozen=True):
    """How two go together; intervals are over items.

    Attributes:
        one, other: `people`, `judge NAME` or a metric.
        pairs: of preferences that were compared.
        same: percent of these that are for the same side, or both for neither.
        kappa: Cohen's, weighted quadratically; among people with each pair in both orders, as none comes first.
        alpha: Krippendorff's, of sides as numbers.
    """

    one: str
    other: str
    pairs: int
    same: Figure
    kappa: Figure
    alpha: Figure


class SideBySide(msgspec.Struct, frozen=True):
    """All of them on the items of which people, every judge and every metric say something."""

    items: int
    rows: list[Together]


def side_by_side(
    pairs: Sequence[Compared], verdicts: Mapping[str, PairwiseScore], *, seed: int = 0
) -> SideBySide | None:
    """Compare people with one another, with judges and with metrics, and judges with metrics.

    Args:
        pairs: what people prefer.
        verdicts: judge -> what it says.
        seed: of the bootstrap over items.

    Returns:
        None where there is neither judge nor metric.
    """
    judges = {f"judge {name}": sides_of(each, pairs) for name, each in verdicts.items()}
    metrics = {name: _of_metric(name, pairs) for name in sorted({name for each in pairs for name in each.measures})}
    if not judges and not metrics:
        return None
    known = [*judges.values(), *metrics.values()]
    people: dict[Key, list[float]] = {}
    for each in pairs:
        if all(each.key in sides for sides in known):
            people.setdefault(each.key, []).append(sign(each.preference))
    told: dict[str, _Sides] = {PEOPLE: people}
    told |= {name: {key: [sides[key]] for key in people} for name, sides in (judges | metrics).items()}
    both = [(PEOPLE, name) for name in (*judges, *metrics)] + list(product(judges, metrics))
    rows = [_among(people, seed), *(_together(one, told[one], other, told[other], seed) for one, other in both)]
    return SideBySide(len({item for item, _, _ in people}), rows)


def _of_metric(name: str, pairs: Sequence[Compared]) -> dict[Key, float]:
    values = {each.key: each.measures[name] for each in pairs if name in each.measures}
    return {key: sign(right - left) for key, (left, right) in values.items()}


def _among(people: _Sides, seed: int) -> Together:
    met = [(key[0], *pair) for key, sides in people.items() for pair in permutations(sides, 2)]
    units = [{str(at): side for at, side in enumerate(sides)} for sides in people.values()]
    return _figures(PEOPLE, PEOPLE, met, units, [key[0] for key in people], seed, len(met) // 2)


def _together(one: str, ones: _Sides, other: str, others: _Sides, seed: int) -> Together:
    met = [(key[0], *pair) for key, sides in ones.items() for pair in product(sides, others[key])]
    units = [{one: first, other: second} for _, first, second in met]
    return _figures(one, other, met, units, [item for item, _, _ in met], seed, len(met))


def _figures(
    one: str,
    other: str,
    met: Sequence[tuple[str, float, float]],
    units: Sequence[Mapping[str, float]],
    items: Sequence[str],
    seed: int,
    pairs: int,
) -> Together:
    return Together(
        one,
        other,
        pairs,
        same=grouped_ratio(((item, first == second, 1) for item, first, second in met), seed=seed),
        kappa=kappa(
            [(first, second) for _, first, second in met], "quadratic", groups=[item for item, _, _ in met], seed=seed
        ),
        alpha=alpha(units, "interval", groups=items, seed=seed),
    )
