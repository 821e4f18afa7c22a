"""SRA in tables: the mean, the mean logarithm and the ratio to uniform, by layout and by strategy.

    for name, figures in by(rows, "layout", part="strategy_name").items(): figures.sra.value

Intervals are drawn over dialogues, since the replies to one history are much alike; one dialogue has none.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec
import numpy as np

from duologue.evaluation.bootstrap import Figure, Floats
from duologue.evaluation.estimate import mean
from duologue.evaluation.steering.sra import Mode
from duologue.evaluation.steering.sra_row import SRARow


class SRAFigures(msgspec.Struct, frozen=True):
    """Figures of a group of replies.

    Attributes:
        replies: how many were measured.
        missing: how many have no value.
        sra: the mean.
        log_sra: the mean of natural logarithms, as the paper reports it.
        ratio: mean of SRA over what uniform attention would give.
    """

    replies: int
    missing: int
    sra: Figure
    log_sra: Figure
    ratio: Figure


def by(
    rows: Sequence[SRARow],
    what: Literal["layout", "strategy"],
    *,
    part: str,
    mode: Mode = "response_mean",
    seed: int = 0,
) -> dict[str, SRAFigures]:
    """Figures of the rows of each layout or strategy, in order of their first coming.

    Args:
        rows: of a run, or of several.
        what: whose groups.
        part: of the prompt, e.g. `strategy_name`.
        mode: over all reply tokens, or the first.
        seed: of the bootstrap's draws.
    """
    groups: dict[str, list[SRARow]] = {}
    for row in rows:
        groups.setdefault(getattr(row, what) or "–", []).append(row)
    return {name: _figures(group, part, mode, seed) for name, group in groups.items()}


def by_depth(
    rows: Sequence[SRARow], *, part: str, mode: Mode = "response_mean", seed: int = 0
) -> dict[int, SRAFigures]:
    """Figures of the rows of each depth (turns of the history), the shortest first."""
    groups: dict[int, list[SRARow]] = {}
    for row in sorted(rows, key=lambda row: row.depth):
        groups.setdefault(row.depth, []).append(row)
    return {depth: _figures(group, part, mode, seed) for depth, group in groups.items()}


def main_part(rows: Iterable[SRARow]) -> str:
    """The part that a table is about: the strategy's name, or where no prompt has one the instruction."""
    named = {name for row in rows for name in row.tokens}
    return next((name for name in ("strategy_name", "instruction", "history") if name in named), "strategy_name")


def _figures(rows: Sequence[SRARow], part: str, mode: Mode, seed: int) -> SRAFigures:
    found = [
        (row.dialogue, value, row.ratio[mode][part] or 0.0)
        for row in rows
        if (value := row.sra.get(mode, {}).get(part)) is not None
    ]
    places = {name: place for place, name in enumerate(dict.fromkeys(name for name, _, _ in found))}
    sums = np.zeros((max(1, len(places)), 5))
    for name, value, ratio in found:
        logs = (math.log(value), 1.0) if value > 0 else (0.0, 0.0)
        sums[places[name]] += (1.0, value, ratio, *logs)
    count, total, ratios, logs_total, logged = sums.T

    def figure(above: Floats, below: Floats) -> Figure:
        found = mean(above, below, seed=seed).figure()
        return found if len(places) > 1 else Figure(found.value)

    return SRAFigures(
        replies=len(found),
        missing=len(rows) - len(found),
        sra=figure(total, count),
        log_sra=figure(logs_total, logged),
        ratio=figure(ratios, count),
    )
