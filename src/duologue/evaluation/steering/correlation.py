"""Attention and following: does a reply that pays its strategy more attention follow it more often?

    correlation = correlate(following_rows, read_rows_of(Path("runs/attention")))
    correlation.pearson, correlation.layouts["c1_hf"].sra

Rows are joined by the branch's id and its layout, since the same pairs have the same ids under every layout. Over
replies: Pearson's r of SRA, and of its natural logarithm, with following (0 or 1), intervals over conversations. Over
layouts: r of their mean SRA and their accuracy, the axis of the published figure.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec
import numpy as np

from duologue.errors import InputError
from duologue.evaluation.bootstrap import Figure
from duologue.evaluation.correlation import pearson
from duologue.evaluation.steering.following import FollowingRow
from duologue.evaluation.steering.sra_row import SRARow


class LayoutMeans(msgspec.Struct, frozen=True):
    """The replies of a layout.

    Attributes:
        replies: that have both figures.
        sra: mean.
        log_sra: mean of the natural logarithms.
        accuracy: percent that follow.
    """

    replies: int
    sra: float
    log_sra: float
    accuracy: float


class Correlation(msgspec.Struct, frozen=True):
    """SRA against following.

    Attributes:
        mode, span: which SRA.
        replies: that have both figures.
        unmatched: replies without an SRA.
        pearson: of SRA and following.
        log_pearson: of the natural logarithm of SRA and following.
        layouts: the means of each layout, where layouts are known.
        layout_pearson, layout_log_pearson: over these means; None with fewer than three layouts.
    """

    mode: str
    span: str
    replies: int
    unmatched: int
    pearson: Figure
    log_pearson: Figure
    layouts: dict[str, LayoutMeans]
    layout_pearson: float | None
    layout_log_pearson: float | None


def correlate(
    rows: Sequence[FollowingRow],
    attention: Iterable[SRARow],
    *,
    mode: str = "response_mean",
    span: str = "strategy_name",
    seed: int = 0,
) -> Correlation:
    """Join following with attention.

    Args:
        rows: of `following.recognise`.
        attention: of the same branches; others are let be.
        mode: `response_mean`, as in the paper, or `first_token`.
        span: which part of the prompt is attended to.
        seed: of the bootstrap.

    Raises:
        InputError: fewer than three replies have an SRA of this mode and span.
    """
    measured = {
        each.key: value for each in attention if (value := each.sra.get(mode, {}).get(span)) is not None and value > 0
    }
    found = ((row, measured.get((row.id, row.layout))) for row in rows)
    joined = [(row, sra) for row, sra in found if sra is not None]
    if len(joined) < 3:
        raise InputError(
            f"{len(joined)} replies have an SRA ({mode}, {span})",
            where="--attention",
            mend="measure the same branches: duologue attend",
        )
    by_layout: dict[str, list[tuple[FollowingRow, float]]] = defaultdict(list)
    for row, sra in joined:
        if row.layout is not None:
            by_layout[row.layout].append((row, sra))
    layouts = {name: _means(own) for name, own in sorted(by_layout.items())}
    return Correlation(
        mode=mode,
        span=span,
        replies=len(joined),
        unmatched=len(rows) - len(joined),
        pearson=_pearson(joined, seed),
        log_pearson=_pearson([(row, math.log(sra)) for row, sra in joined], seed),
        layouts=layouts,
        layout_pearson=_over([each.sra for each in layouts.values()], layouts),
        layout_log_pearson=_over([each.log_sra for each in layouts.values()], layouts),
    )


def _means(own: Sequence[tuple[FollowingRow, float]]) -> LayoutMeans:
    sra = np.array([value for _, value in own])
    followed = 100 * float(np.mean([row.followed for row, _ in own]))
    return LayoutMeans(len(own), float(sra.mean()), float(np.log(sra).mean()), followed)


def _over(values: Sequence[float], layouts: dict[str, LayoutMeans]) -> float | None:
    if len(values) < 3:
        return None
    r = pearson(values, [each.accuracy for each in layouts.values()], list(layouts)).value
    return r if math.isfinite(r) else None


def _pearson(joined: Sequence[tuple[FollowingRow, float]], seed: int) -> Figure:
    values, followed = [value for _, value in joined], [float(row.followed) for row, _ in joined]
    return pearson(values, followed, [row.conversation for row, _ in joined], seed=seed)
