"""The course of SRA over the depth of conversations, a line a layout.

courses(rows, part="strategy_name", mode="response_mean")["c1_hf"][0].value
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from duologue.evaluation.steering.attention_tables import by_depth
from duologue.evaluation.steering.sra import Mode
from duologue.evaluation.steering.sra_row import SRARow

What = Literal["sra", "ratio"]


class Point(NamedTuple):
    """SRA of the replies at one depth.

    Attributes:
        depth: turns of the history.
        value: the mean.
        interval: its 95 % interval over conversations; None of one conversation.
        replies: how many.
    """

    depth: int
    value: float
    interval: tuple[float, float] | None
    replies: int


def conversation(row: SRARow) -> str:
    """The conversation that a reply's dialogue was made from; the same in every layout."""
    return row.dialogue.rpartition("~")[0] or row.dialogue


def courses(
    rows: Sequence[SRARow], *, part: str, mode: Mode = "response_mean", what: What = "sra"
) -> dict[str, list[Point]]:
    """Layout -> its course, the shortest history first; layouts and depths without a value are left out.

    Args:
        rows: of a folder, or some of them.
        part: of the prompt.
        mode: over all reply tokens, or the first.
        what: SRA, or its ratio to what uniform attention would give, which does not fall as contexts grow.
    """
    found = {}
    for layout in layouts(rows):
        own = [row for row in rows if (row.layout or "") == layout]
        points = []
        for depth, figures in by_depth(own, part=part, mode=mode).items():
            figure = figures.sra if what == "sra" else figures.ratio
            ends = None if figure.interval is None else (figure.interval.low, figure.interval.high)
            if figures.replies:
                points.append(Point(depth, figure.value, ends, figures.replies))
        if points:
            found[layout] = points
    return found


def layouts(rows: Iterable[SRARow]) -> list[str]:
    """In the order of their first coming; a plain chat has none."""
    return list(dict.fromkeys(row.layout or "" for row in rows))
