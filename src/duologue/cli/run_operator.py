"""What `duologue synthesize` does: open the corpus and the models, run the operator, write and show the results."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from duologue import __version__
from duologue.cli.model_flags import ModelFlags
from duologue.corpora import formats
from duologue.dialogue import Problem
from duologue.errors import DuologueError, InputError
from duologue.models.desk import ModelDesk
from duologue.operators.engine import Outcome, run
from duologue.operators.layout import write_layout
from duologue.operators.operator import Operator, OperatorOptions
from duologue.operators.preview import Look, preview
from duologue.operators.progress import progress_to
from duologue.operators.rejects import Rejected
from duologue.operators.run_folder import LEDGER, RunFolder, write_json
from duologue.operators.shards import Shard


class RunStopped(DuologueError):
    """The run could not go on; what was finished is kept."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class RunFlags:
    """What is read, how much of it, and where the results go."""

    out: Path
    """Folder for the results; run again with the same one to resume."""
    format: str = "duologue"
    """Format of the corpus."""
    seed: int = 0
    """Seeds every random choice."""
    limit: int | None = None
    """Do only the first so many items."""
    preview: int | None = None
    """Show prompts and answers of so many items, and stop."""
    shard: str | None = None
    """i/n: do only the i-th of n shares; give each an --out of its own, and gather them."""
    json: Path | None = None
    """Write the receipt here as well."""


async def run_operator(
    operator: Operator, source: Path, flags: RunFlags, models: ModelFlags, options: OperatorOptions
) -> int:
    """Run and return the exit status."""
    shard = Shard.parse(flags.shard) if flags.shard else None
    problems: list[Problem] = []
    dialogues = formats.read(source, flags.format, on_problem=problems.append)
    task = asyncio.current_task()
    assert task is not None
    with suppress(NotImplementedError):  # Windows
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    async with models.open_desk(operator.roles, flags.out / LEDGER) as desk:
        if flags.preview is not None:
            async for look in preview(operator, dialogues, desk, options, count=flags.preview, seed=flags.seed):
                show_look(look)
            return 0
        with RunFolder(flags.out) as folder:
            receipt = _head(operator, source, flags, options, desk)
            folder.write_receipt(receipt | {"complete": False})
            outcome = Outcome()
            try:
                with progress_to(sys.stderr, total=flags.limit) as progress:
                    await run(
                        operator,
                        dialogues,
                        desk,
                        options,
                        folder,
                        outcome=outcome,
                        seed=flags.seed,
                        shard=shard,
                        limit=flags.limit,
                        at_work=models.at_work,
                        window=16 * models.at_work,
                        progress=progress,
                    )
            finally:
                receipt |= _tail(outcome, desk, problems)
                folder.write_receipt(receipt)
    layout = write_layout(flags.out, operator.name, operator.layout)
    if flags.json:
        write_json(flags.json, receipt)
    show_outcome(flags.out, outcome, desk, problems, layout)
    if outcome.stopped:
        kept = f"{outcome.tried} items are finished and kept in {flags.out}; run the same command again to go on"
        raise RunStopped(str(outcome.stopped), mend=kept) from outcome.stopped
    return 1 if outcome.unanswered or _left_out(problems) else 0


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


def show_outcome(
    out: Path, outcome: Outcome, desk: ModelDesk, problems: list[Problem], layout: Path | InputError | None
) -> None:
    """Print what was made, what was rejected by which gate, and the receipt."""
    console = Console(highlight=False)
    table = Table("result", "number", "share", title=f"{outcome.tried} tried")
    table.columns[1].justify = table.columns[2].justify = "right"
    rows = [("made", outcome.made), *((f"rejected: {gate}", n) for gate, n in outcome.rejected.most_common())]
    for name, number in rows:
        table.add_row(name, str(number), f"{number / outcome.tried:.1%}" if outcome.tried else "–")
    console.print(table)
    for reason, number in outcome.not_tried.items():
        console.print(f"not tried: {number} ({reason})")
    for what, number in _by_kind(problems).most_common(5):
        console.print(f"odd in the corpus: {number} × {what}", markup=False, soft_wrap=True)
    if outcome.unanswered:
        console.print(f"{outcome.unanswered} got no usable answer; run the same command again to ask only for these")
    if isinstance(layout, InputError):
        console.print(f"not written: {layout}", markup=False, soft_wrap=True)
    console.print(str(desk.receipt), markup=False, soft_wrap=True)
    console.print(f"results in {out}", markup=False, soft_wrap=True)


def _head(
    operator: Operator, source: Path, flags: RunFlags, options: OperatorOptions, desk: ModelDesk
) -> dict[str, Any]:
    return {
        "duologue": __version__,
        "operator": operator.name,
        "layout": operator.layout,
        "source": str(source),
        "format": flags.format,
        "options": options.model_dump(mode="json"),
        "options_hash": operator.options_hash(options, flags.seed),
        "seed": flags.seed,
        "limit": flags.limit,
        "shard": flags.shard,
        "models": {role: {"name": model.name, "fingerprint": model.fingerprint} for role, model in desk.models.items()},
    }


def _tail(outcome: Outcome, desk: ModelDesk, problems: list[Problem]) -> dict[str, Any]:
    return {
        "complete": outcome.complete,
        "stopped": str(outcome.stopped) if outcome.stopped else None,
        "tried": outcome.tried,
        "made": outcome.made,
        "rejected": dict(sorted(outcome.rejected.items())),
        "not_tried": dict(sorted(outcome.not_tried.items())),
        "odd_in_corpus": dict(sorted(_by_kind(problems).items())),
        "requests": desk.receipt.as_dict(),
    }


def _by_kind(problems: list[Problem]) -> Counter[str]:
    return Counter(problem.what for problem in problems)


def _left_out(problems: list[Problem]) -> bool:
    return any(problem.what.endswith("left out") for problem in problems)
