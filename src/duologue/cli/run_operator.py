"""What `duologue synthesize` does: open the corpus and the models, run the operator, write and show the results."""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cyclopts import Parameter

from duologue.cli.column_flags import ColumnFlags
from duologue.cli.model_flags import ModelFlags
from duologue.cli.operator_results import by_kind, left_out, show_look, show_outcome
from duologue.corpora import formats
from duologue.dialogue import Problem
from duologue.errors import DuologueError
from duologue.files import write_json
from duologue.operators.engine import Outcome, run
from duologue.operators.layout import write_layout
from duologue.operators.operator import Operator, OperatorOptions
from duologue.operators.preview import preview
from duologue.operators.progress import progress_to
from duologue.operators.receipts import begun, ended
from duologue.operators.run_folder import LEDGER, RunFolder
from duologue.operators.shards import Shard


class RunStopped(DuologueError):
    """The run could not go on; what was finished is kept."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class RunFlags(ColumnFlags):
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
    operator: Operator, source: str, flags: RunFlags, models: ModelFlags, options: OperatorOptions
) -> int:
    """Run and return the exit status."""
    shard = Shard.parse(flags.shard) if flags.shard else None
    problems: list[Problem] = []
    dialogues = formats.read(source, flags.format, on_problem=problems.append, **flags.given())
    task = asyncio.current_task()
    assert task is not None
    with suppress(NotImplementedError):  # Windows
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    async with models.open_desk(operator.roles, flags.out / LEDGER, needed=operator.needed(options)) as desk:
        if flags.preview is not None:
            async for look in preview(operator, dialogues, desk, options, count=flags.preview, seed=flags.seed):
                show_look(look)
            return 0
        with RunFolder(flags.out) as folder:
            receipt = begun(operator, options, desk, source=source, seed=flags.seed)
            receipt |= {"format": flags.format, "limit": flags.limit, "shard": flags.shard}
            folder.write_receipt(receipt)
            outcome = Outcome()
            try:
                with progress_to(sys.stderr, total=None if shard else flags.limit) as progress:
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
                receipt |= ended(outcome, desk) | {"odd_in_corpus": dict(sorted(by_kind(problems).items()))}
                folder.write_receipt(receipt)
    layout = write_layout(flags.out, operator.name, operator.layout)
    if flags.json:
        write_json(flags.json, receipt)
    show_outcome(flags.out, outcome, desk, problems, layout)
    if outcome.stopped:
        kept = f"{outcome.tried} items are finished and kept in {flags.out}; run the same command again to go on"
        raise RunStopped(str(outcome.stopped), mend=kept) from outcome.stopped
    nothing = outcome.tried == 0 and shard is None
    return 1 if nothing or outcome.unanswered or left_out(problems) else 0
