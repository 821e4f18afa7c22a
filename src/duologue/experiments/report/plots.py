"""Plots as inline SVG, readable in light and dark surroundings.

svg = curves({"simpletod": rows})        # "<svg …>…</svg>"
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from duologue.errors import MissingExtra

COLOURS = ("#2f6fb2", "#c8772b", "#3c8c62", "#8a5aa8", "#b04a5a", "#6b7a2a", "#4a4f9c", "#1f2933")
_INK = "#5c6570"


class Bar(NamedTuple):
    """A figure with its interval, where it has one."""

    label: str
    value: float
    low: float | None = None
    high: float | None = None


def curves(metrics: Mapping[str, Sequence[Mapping[str, Any]]], order: Sequence[str] = ()) -> str:
    """Training loss over steps, one line per system; the validation loss is marked where it was taken.

    Args:
        metrics: system -> rows of its `metrics.jsonl`.
        order: of the systems, which have the same colours in all plots of a page.
    """
    figure, axes = _axes(7.2, 2.9)
    for name, rows in metrics.items():
        colour = _colour(name, order or list(metrics))
        trained = [(row["step"], row["loss"]) for row in rows if "loss" in row]
        held_out = [(row["step"], row["eval_loss"]) for row in rows if "eval_loss" in row]
        if trained:
            axes.plot(*zip(*trained, strict=True), color=colour, linewidth=1.6, label=name)
        if held_out:
            axes.plot(*zip(*held_out, strict=True), "o", color=colour, markersize=5, markeredgecolor="white")
    axes.set_xlabel("step")
    axes.set_ylabel("loss of the completion")
    axes.legend(frameon=False, labelcolor=_INK, fontsize=9)
    return _svg(figure)


def panels_of_curves(panels: Mapping[str, Mapping[str, Sequence[tuple[int, float]]]], order: Sequence[str]) -> str:
    """Figures over steps: one panel per figure, one line per system, coloured by their order."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(2.6 * len(panels), 2.5), layout="constrained")
    for column, (heading, lines) in enumerate(panels.items()):
        axes = figure.add_subplot(1, len(panels), column + 1)
        _plain(axes)
        for name, points in lines.items():
            line: dict[str, Any] = {"color": _colour(name, order), "linewidth": 1.6, "marker": "o", "markersize": 3}
            axes.plot(*zip(*points, strict=True), label=name, **line)
        axes.set_title(heading, fontsize=9, color=_INK)
        axes.set_xlabel("step")
        axes.grid(color=_INK, alpha=0.15)
        axes.locator_params(axis="x", nbins=4)
        if not column:
            axes.legend(frameon=False, labelcolor=_INK, fontsize=7)
    return _svg(figure)


class Band(NamedTuple):
    """A point of a course with its interval, where it has one."""

    x: float
    value: float
    low: float | None = None
    high: float | None = None


def bands(panels: Mapping[str, Mapping[str, Sequence[Band]]], order: Sequence[str], *, across: str) -> str:
    """Courses with their intervals: one panel per figure, one line per name, coloured by their order."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.4 * len(panels), 3.6), layout="constrained")
    for column, (heading, lines) in enumerate(panels.items()):
        axes = figure.add_subplot(1, len(panels), column + 1)
        _plain(axes)
        for name, points in lines.items():
            colour, x = _colour(name, order), [point.x for point in points]
            axes.plot(x, [point.value for point in points], color=colour, linewidth=1.8, marker="o", markersize=3)
            low = [point.value if point.low is None else point.low for point in points]
            high = [point.value if point.high is None else point.high for point in points]
            axes.fill_between(x, low, high, color=colour, alpha=0.08, linewidth=0)
        axes.set_title(heading, fontsize=9, color=_INK)
        axes.set_xlabel(across)
        axes.grid(color=_INK, alpha=0.15)
    keys = [axes.plot([], [], color=_colour(name, order), linewidth=2)[0] for name in order]
    figure.legend(keys, order, loc="outside lower center", ncols=4, frameon=False, labelcolor=_INK, fontsize=8)
    return _svg(figure)


class Point(NamedTuple):
    """A labelled place; points of one group share a colour."""

    label: str
    x: float
    y: float
    group: str


def scatter(points: Sequence[Point], *, across: str, up: str) -> str:
    """Labelled points in a plane."""
    figure, axes = _axes(7.2, 4.2)
    groups = list(dict.fromkeys(point.group for point in points))
    for point in points:
        axes.plot(point.x, point.y, "o", color=_colour(point.group, groups), markersize=6)
    left, right = min(each.x for each in points), max(each.x for each in points)
    gap = 0.015 * ((right - left) or 1)
    least = 0.035 * ((max(each.y for each in points) - min(each.y for each in points)) or 1)
    height = -math.inf
    for point in sorted(points, key=lambda each: each.y):  # from below, each label clear of the one before
        height = max(point.y, height + least)
        after = point.x < (left + right) / 2
        axes.annotate(
            point.label, (point.x, point.y), xytext=(point.x + (gap if after else -gap), height), textcoords="data",
            fontsize=7.5, ha="left" if after else "right", va="center", color=_INK,
            arrowprops={"arrowstyle": "-", "color": _INK, "linewidth": 0.4} if height > point.y else None,
        )  # fmt: skip
    axes.margins(0.12)
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    return _svg(figure)


def intervals(panels: Mapping[str, Sequence[Bar]]) -> str:
    """Figures with their intervals: one panel per figure, one row per system."""
    from matplotlib.figure import Figure

    rows = max((len(bars) for bars in panels.values()), default=1)
    figure = Figure(figsize=(2.1 * max(len(panels), 1) + 1.9, 0.42 * rows + 0.75), layout="constrained")
    for column, (name, bars) in enumerate(panels.items()):
        axes = figure.add_subplot(1, len(panels), column + 1)
        _plain(axes)
        for row, bar in enumerate(reversed(bars)):
            colour = COLOURS[(len(bars) - 1 - row) % len(COLOURS)]
            if bar.low is not None and bar.high is not None:
                axes.plot(
                    (bar.low, bar.high), (row, row), color=colour, linewidth=5, alpha=0.35, solid_capstyle="round"
                )
            axes.plot(bar.value, row, "o", color=colour, markersize=6)
        axes.set_yticks(range(len(bars)), [bar.label for bar in reversed(bars)] if column == 0 else [""] * len(bars))
        axes.set_ylim(-0.6, len(bars) - 0.4)
        axes.set_title(name, fontsize=9, color=_INK)
        axes.grid(axis="x", color=_INK, alpha=0.15)
        axes.locator_params(axis="x", nbins=4)
    return _svg(figure)


def curve(points: Mapping[int, float], *, chosen: int, across: str, up: str) -> str:
    """One line through points, the chosen one marked."""
    figure, axes = _axes(7.2, 2.2)
    axes.plot(list(points), list(points.values()), color=COLOURS[0], linewidth=1.6, marker="o", markersize=3.5)
    axes.plot(chosen, points[chosen], "o", color=COLOURS[1], markersize=8)
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    return _svg(figure)


def _colour(name: str, order: Sequence[str]) -> str:
    return COLOURS[list(order).index(name) % len(COLOURS)]


def _axes(width: float, height: float) -> tuple[Any, Any]:
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtra("evaluate", "a report's plots") from None
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot()
    _plain(axes)
    axes.grid(color=_INK, alpha=0.15)
    return figure, axes


def _plain(axes: Any) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(_INK)
    axes.tick_params(colors=_INK, labelsize=8, length=3)
    axes.xaxis.label.set_color(_INK)
    axes.yaxis.label.set_color(_INK)
    axes.xaxis.label.set_size(9)
    axes.yaxis.label.set_size(9)
    axes.patch.set_alpha(0)


def _svg(figure: Any) -> str:
    """The figure as an SVG element; text stays text, ids and dates are fixed so that equal data are equal bytes."""
    import matplotlib

    figure.patch.set_alpha(0)
    out = io.StringIO()
    style: Any = {"svg.fonttype": "none", "svg.hashsalt": "duologue", "font.family": "sans-serif"}
    with matplotlib.rc_context(style):
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    svg = out.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    return re.sub(r'(<svg[^>]*?) (?:width|height)="[^"]*"(.*?) (?:width|height)="[^"]*"', r"\1\2", svg, count=1)
