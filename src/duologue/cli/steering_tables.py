"""The tables of `duologue evaluate steering|probe|steering-vectors`.

show_following(score)
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from duologue.cli.results import interval_of, number, show_figures
from duologue.evaluation.steering.correlation import Correlation
from duologue.evaluation.steering.following import FollowingScore, Share

if TYPE_CHECKING:
    from duologue.evaluation.steering.predictability import Predictability
    from duologue.evaluation.steering.probe import ProbeScore
    from duologue.experiments.steering_sweep import StrengthRow


def _console() -> Console:
    return Console(highlight=False, markup=False)


def _table(*headings: str, left: int = 1) -> Table:
    table = Table(*headings)
    for column in table.columns[left:]:
        column.justify = "right"
    return table


def show_following(score: FollowingScore) -> None:
    """In total, per strategy, per layout and depth."""
    show_figures(
        f"following: {score.replies} replies of {score.conversations} conversations; percent",
        {"accuracy": score.accuracy, "macro F1": score.macro_f1},
    )
    table = _table("strategy", "replies", "followed, %", "95 % interval", "precision", "F1")
    for name, share in score.strategies.items():
        own = score.score.classes[name]
        table.add_row(name, *_cells(share), number(own.precision), number(own.f1))
    _console().print(table)
    if score.layouts:
        _console().print(_shares("layout", score.layouts))
    _console().print(_shares("utterances before", {str(depth): share for depth, share in score.depths.items()}))


def show_correlation(found: Correlation) -> None:
    """SRA against following, over replies and over layouts."""
    figures = {"r of SRA": found.pearson, "r of log SRA": found.log_pearson}
    over = {"r of mean SRA": found.layout_pearson, "r of mean log SRA": found.layout_log_pearson}
    figures |= {f"{name}, over layouts": figure for name, figure in over.items() if figure is not None}
    title = (
        f"attention ({found.mode}, {found.span}) and following: {found.replies} replies, {found.unmatched} without SRA"
    )
    show_figures(title, figures)
    if found.layouts:
        table = _table("layout", "replies", "SRA", "log SRA", "followed, %")
        for name, own in found.layouts.items():
            table.add_row(name, str(own.replies), f"{own.sra:.5f}", f"{own.log_sra:.3f}", number(own.accuracy))
        _console().print(table)


def show_predictability(found: Mapping[str, Sequence[Predictability]]) -> None:
    """Accuracy and F1 of each kind of features; the words of all replies."""
    table = _table("replies", "from", "count", "accuracy", "95 % interval", "macro F1", "chance", left=2)
    for name, each in found.items():
        for own in each:
            accuracy = (number(own.accuracy.value), interval_of(own.accuracy.interval))
            table.add_row(
                name, own.features, str(own.replies), *accuracy, number(own.macro_f1.value), number(own.chance)
            )
    console = _console()
    console.print("strategy told from the words of the reply, on conversations not seen; percent", soft_wrap=True)
    console.print(table)
    words = Table("strategy", "words that tell it")
    for strategy, own_words in found["all"][0].words.items():
        words.add_row(strategy, ", ".join(own_words))
    console.print(words)


def show_probe(score: ProbeScore, model: str) -> None:
    """A row a layer."""
    what = "the mean of each reply" if score.unit == "reply" else "every token of replies"
    console = _console()
    console.print(
        f"{model}: {len(score.strategies)} strategies told from {what}; {score.train_units} to learn from, "
        f"{score.test_units} to test on; chance {number(score.chance)} %",
        soft_wrap=True,
    )
    table = _table("layer", "accuracy", "95 % interval", "macro F1", "leaky accuracy", "leaky F1", left=0)
    for layer in score.layers:
        accuracy = (number(layer.accuracy.value), interval_of(layer.accuracy.interval))
        leaky = (number(layer.leaky_accuracy), number(layer.leaky_macro_f1))
        table.add_row(str(layer.layer), *accuracy, number(layer.macro_f1.value), *leaky)
    console.print(table)
    console.print("leaky: learnt and tested on a random split, as published", soft_wrap=True)


def show_strengths(rows: Sequence[StrengthRow]) -> None:
    """A row a strength."""
    console = _console()
    empty = sum(row.empty for row in rows)
    console.print(
        f"{rows[0].replies} replies a strength, {empty} of all empty; followed and distinct-n in percent",
        soft_wrap=True,
    )
    headings = ("strength", "followed", "95 % interval", "perplexity", "distinct-1", "-2", "words")
    table = _table(*headings, left=0)
    for row in rows:
        fluency = [math.nan if each is None else each for each in (row.perplexity, row.distinct_1, row.distinct_2)]
        followed = (number(row.following.value), interval_of(row.following.interval))
        table.add_row(f"{row.strength:g}", *followed, *map(number, fluency), number(row.mean_words))
    console.print(table)


def _shares(heading: str, shares: Mapping[str, Share]) -> Table:
    table = _table(heading, "replies", "followed, %", "95 % interval")
    for name, share in shares.items():
        table.add_row(name, *_cells(share))
    return table


def _cells(share: Share) -> tuple[str, str, str]:
    return str(share.replies), number(share.accuracy.value), interval_of(share.accuracy.interval)
