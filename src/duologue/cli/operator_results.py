"""What `duologue synthesize` prints: a preview's prompts and answers, a run's table of accepted and rejected."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.table import Table

from duologue.dialogue import Problem
from duologue.errors import InputError
from duologue.models.desk import ModelDesk
from duologue.operators.engine import Outcome
from duologue.operators.preview import Look
from duologue.operators.rejects import Rejected


def show_look(look: Look) -> None:
    """Print one item of a preview."""
    console = Console(highlight=False, soft_wrap=True)
    console.rule(f"[bold]{look.item}")
    for asked in look.asked:
        for message in asked.messages:
            console.print(f"[bold cyan]{asked.prompt} · {message.role}")
            console.print(message.content, markup=False)
        console.print(f"[bold green]answer[/] ({asked.answer.finish_reason})")
        console.print(asked.answer.text, markup=False)
    for result in look.results:
        if isinstance(result, Rejected):
            console.print(f"rejected by {result.gate}: {result.evidence}", style="red", markup=False)
        else:
            for turn in result.turns:
                for insertion in turn.insertions:
                    console.print(f"{insertion.kind}: {insertion.text}", style="bold", markup=False)
            for branch in result.branches:
                labels = "; ".join(f"{name} {', '.join(values)}" for name, values in branch.labels.items())
                console.print(labels, style="bold", markup=False)
                console.print("\n".join(turn.said for turn in branch.turns), markup=False)


def show_outcome(
    out: Path, outcome: Outcome, desk: ModelDesk, problems: list[Problem], layout: Path | InputError | None
) -> None:
    """Print what was made, what was rejected by which gate, and the receipt."""
    console = Console(highlight=False)
    table = Table("result", "number", "share", title=f"{outcome.tried} tried")
    table.columns[1].justify = table.columns[2].justify = "right"
    made = what_was_made(outcome.made, outcome.branches)
    results = outcome.branches + outcome.rejected.total() if outcome.branches else outcome.tried
    for name, number in [made, *((f"rejected: {gate}", n) for gate, n in outcome.rejected.most_common())]:
        table.add_row(name, str(number), f"{number / results:.1%}" if results else "–")
    console.print(table)
    for reason, number in outcome.not_tried.items():
        console.print(f"not tried: {number} ({reason})")
    for what, number in by_kind(problems).most_common(5):
        console.print(f"odd in the corpus: {number} × {what}", markup=False, soft_wrap=True)
    if outcome.tried == 0 and not outcome.stopped:
        console.print("nothing was tried: check the corpus, and the files that go with it")
    if outcome.unanswered:
        console.print(f"{outcome.unanswered} got no usable answer; run the same command again to ask only for these")
    if isinstance(layout, InputError):
        console.print(f"not written: {layout}", markup=False, soft_wrap=True)
    console.print(str(desk.receipt), markup=False, soft_wrap=True)
    console.print(f"results in {out}", markup=False, soft_wrap=True)


def what_was_made(dialogues: int, branches: int) -> tuple[str, int]:
    """What a run made, and how much: where dialogues have branches, these are what may be rejected."""
    return ("branches made", branches) if branches else ("made", dialogues)


def by_kind(problems: list[Problem]) -> Counter[str]:
    """Count what is odd in a corpus."""
    return Counter(problem.what for problem in problems)


def left_out(problems: list[Problem]) -> bool:
    """Whether a dialogue could not be read at all."""
    return any(problem.what.endswith("left out") for problem in problems)
