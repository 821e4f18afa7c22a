"""Attention and following: does a reply that pays its strategy more attention follow it more often?

    correlation = correlate(following_rows, read_rows_of(Path("runs/attention")))
    correlation.pearson, correlation.layouts["c1_hf"].sra

Rows are joined by the branch's id and its layout, since the same pairs have the same ids under every layout. Over
replies: Pearson's r of SRA, and of its natural logarithm, with following (0 or 1). Over layouts: r of their mean SRA
and their accuracy, the axis of the published figure. Intervals are over conversations, which are drawn with all their
replies: a layout's means are those of the conversations drawn, so the interval tells how well the r of *these* layouts
is known, not which r other layouts would have.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec
import numpy as np

from duologue.errors import InputError
from duologue.evaluation.bootstrap import Figure, Floats
from duologue.evaluation.correlation import pearson, weighted_pearson
from duologue.evaluation.estimate import of_sums
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
        layout_pearson, layout_log_pearson: over these means; None with fewer than three, or if nothing varies.
    """

    mode: str
    span: str
    replies: int
    unmatched: int
    pearson: Figure
    log_pearson: Figure
    layouts: dict[str, LayoutMeans]
    layout_pearson: Figure | None
    layout_log_pearson: Figure | None


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
        layout_pearson=_over_layouts(by_layout, lambda sra: sra, seed),
        layout_log_pearson=_over_layouts(by_layout, math.log, seed),
    )


def _means(own: Sequence[tuple[FollowingRow, float]]) -> LayoutMeans:
    sra = np.array([value for _, value in own])
    followed = 100 * float(np.mean([row.followed for row, _ in own]))
    return LayoutMeans(len(own), float(sra.mean()), float(np.log(sra).mean()), followed)


def _over_layouts(
    by_layout: Mapping[str, Sequence[tuple[FollowingRow, float]]], taken: Callable[[float], float], seed: int
) -> Figure | None:
    """Of mean SRA and accuracy; a draw that leaves a layout without a reply gives no r."""
    if len(by_layout) < 3:
        return None
    conversations = {row.conversation for own in by_layout.values() for row, _ in own}
    place = {conversation: number for number, conversation in enumerate(sorted(conversations))}
    sums = np.zeros((len(place), 3, len(by_layout)))  # replies, SRA, those that follow
    for layout, own in enumerate(by_layout.values()):
        for row, sra in own:
            sums[place[row.conversation], :, layout] += (1, taken(sra), row.followed)

    def r(total: Floats) -> Floats:
        replies, sra, followed = total.reshape(-1, 3, len(by_layout)).transpose(1, 0, 2)
        with np.errstate(invalid="ignore"):
            return weighted_pearson(sra / replies, followed / replies, np.ones_like(replies))

    found = of_sums(sums.reshape(len(place), -1), r, seed=seed).figure()
    return found if math.isfinite(found.value) else None


def _pearson(joined: Sequence[tuple[FollowingRow, float]], seed: int) -> Figure:
    values, followed = [value for _, value in joined], [float(row.followed) for row, _ in joined]
    return pearson(values, followed, [row.conversation for row, _ in joined], seed=seed)
