"""What `duologue evaluate tod` prints: rates with intervals, figures, differences, the public leaderboard."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from duologue.evaluation.bootstrap import Interval
from duologue.evaluation.tod.outcomes import TOTAL
from duologue.evaluation.tod.published import PUBLISHED, PublishedRow, combined
from duologue.evaluation.tod.score import TodScore


def show_score(score: TodScore) -> None:
    """Print one system's figures, and how they were taken."""
    rates = _table("", "inform", "95 % interval", "success", "95 % interval", "dialogues")
    for name in (*sorted(score.inform.keys() - {TOTAL}), TOTAL):
        cells = []
        for figure, values in (("inform", score.inform), ("success", score.success)):
            cells += [f"{values[name]:.1f}", _interval(score.intervals[figure][name])]
        rates.add_row(name, *cells, str(score.domains[name]))
    figures = _table("", "figure")
    for name, value in score.bleu.items():
        figures.add_row(f"BLEU, {name}", f"{value:.2f}")
    for name, value in score.richness.items():
        figures.add_row(name.replace("_", " "), str(value) if isinstance(value, int) else f"{value:.2f}")
    for label, tracking in (("as published", score.dst), ("slots unified", score.dst_unified)):
        if tracking is not None:
            figures.add_row(f"joint accuracy, {label}", f"{tracking.joint_accuracy:.1f}")
            figures.add_row(f"slot F1, {label}", f"{tracking.slot_f1:.1f}")
    how = f"states {score.states}; active domains {score.active_domains}; match {score.match}"
    console = _console()
    console.print(f"{score.dialogues} of {score.references} dialogues, {score.turns} turns; {how}", soft_wrap=True)
    console.print(rates)
    console.print(figures)
    console.print(f"BLEU: {score.bleu_signature}", soft_wrap=True)


def show_published(score: TodScore) -> None:
    """Print the public leaderboard with one system's row under the rows of its own setting."""
    setting = "end to end" if score.has_state else "policy"
    bleu = next(iter(score.bleu.values()))
    table = _table("", "BLEU", "Inform", "Success", "Comb.", "length", "CBE", "words", "3-grams")
    for part in ("corpus", "end to end", "policy"):
        table.add_section()
        for row in PUBLISHED:
            if row.setting == part:
                table.add_row(f"{row.system}{_mark(row)}", *_cells(row))
        if part == setting:
            found = score.richness
            own = [f"{bleu:.1f}", f"{score.inform[TOTAL]:.1f}", f"{score.success[TOTAL]:.1f}"]
            own.append(f"{combined(score.inform[TOTAL], score.success[TOTAL], bleu):.1f}")
            own += [f"{found['avg_lengths']:.2f}", f"{found['cond_entropy']:.2f}"]
            own += [str(found["num_unigrams"]), str(found["num_trigrams"])]
            table.add_row("these predictions", *own, style="bold")
    console = _console()
    console.print(table)
    for row in PUBLISHED:
        if row.note:
            console.print(f"{_mark(row).strip()} {row.system}: {row.note}")
    name = next(iter(score.bleu))
    console.print(f"BLEU: published rows against mwz22, these predictions against {name}.", soft_wrap=True)


def problems_of(score: TodScore) -> list[str]:
    """What does not fit between predictions and references, and unknown placeholders."""
    unknown = [f"unknown placeholder [{name}], {count} times" for name, count in score.unknown_placeholders.items()]
    return [f"{count} × {kind}" for kind, count in score.problem_counts.items()] + unknown + score.problems


def _cells(row: PublishedRow) -> list[str]:
    texts = [row.bleu, row.inform, row.success, row.combined]
    cells = ["–" if value is None else f"{value:.1f}" for value in texts]
    cells += ["–" if value is None else f"{value:.2f}" for value in (row.length, row.cbe)]
    return cells + ["–" if value is None else str(value) for value in (row.unigrams, row.trigrams)]


def _mark(row: PublishedRow) -> str:
    noted = [each for each in PUBLISHED if each.note]
    return f" [{'abcdefgh'[noted.index(row)]}]" if row.note else ""


def _interval(interval: Interval) -> str:
    return f"{interval.low:.1f} – {interval.high:.1f}"


def _table(*columns: str) -> Table:
    table = Table(*columns)
    for column in table.columns[1:]:
        column.justify = "right"
    return table


def _console() -> Console:
    return Console(highlight=False, markup=False)
