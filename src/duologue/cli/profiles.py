"""`duologue profiles list|suggest`: the people behind seed messages.

duologue profiles list
duologue profiles suggest disposition --model openai:NAME --n 3 --out profiles
"""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table

from duologue.cli.model_flags import ModelFlags
from duologue.corpora.profiles.experiment_folder import read_experiment
from duologue.corpora.profiles.folder import SHIPPED, read_profiles, write_profile_text
from duologue.corpora.profiles.profile import Profiles, Trait
from duologue.operators.items import item_seed
from duologue.operators.suggestion import Kind, SuggestionOptions, suggest
from duologue.prompts.ask import ModelAsk

profiles = App(name="profiles", help="The people behind seed messages.", result_action="return_value")


@profiles.command(name="list")
def list_profiles(folder: Path | None = None, *, experiment: Path | None = None) -> None:
    """Show motivations, dispositions, and which go together.

    Parameters
    ----------
    folder
        Folder of profiles; without it those that come with Duologue.
    experiment
        A published experiment folder, in its place.
    """
    found = read_experiment(experiment).profiles if experiment else read_profiles(folder or SHIPPED)
    console = Console(highlight=False, markup=False)
    for kind, traits in (("motivation", found.motivations), ("disposition", found.dispositions)):
        table = Table(kind, "text")
        for each in traits:
            table.add_row(each.name, each.text)
        console.print(table)
    console.print(_grid(found))


@profiles.command(name="suggest")
def suggest_profiles(
    kind: Kind,
    *,
    out: Path,
    n: int = 1,
    profiles: Path | None = None,
    models: ModelFlags | None = None,
    options: Annotated[SuggestionOptions | None, Parameter(name="*")] = None,
    seed: int = 0,
) -> int:
    """Ask a model for new motivations or dispositions, unlike those that are there.

    Parameters
    ----------
    kind
        What is asked for.
    out
        Folder of profiles to write to; what is there already is kept and shown to the model.
    n
        How many.
    profiles
        Profiles to begin with where OUT has none; without it those that come with Duologue.
    models
        Who is asked.
    options
        How they are drawn.
    seed
        Of the draws.
    """
    if not any(out.glob(f"{kind}s*")):
        shutil.copytree(profiles or SHIPPED, out, dirs_exist_ok=True)
    return asyncio.run(_suggest(kind, out, n, models or ModelFlags(), options or SuggestionOptions(), seed))


async def _suggest(kind: Kind, out: Path, count: int, models: ModelFlags, options: SuggestionOptions, seed: int) -> int:
    known = list(getattr(read_profiles(out), f"{kind}s"))
    missing = 0
    async with models.open_desk(("default",), out / "ledger") as desk:
        for number in range(count):
            ask = ModelAsk(desk, seed=item_seed("suggest", seed, f"{kind} {number}"))
            found = await suggest(ask, kind, known, options)
            if isinstance(found, Trait):
                known.append(found)
                print(f"{write_profile_text(out, f'{kind}s', found)}: {found.text}")
            else:
                missing += 1
                print(f"none: {found.gate}: {found.evidence}")
    return 1 if missing else 0


def _grid(found: Profiles) -> Table:
    allowed = {pair.name for pair in found.pairs}
    table = Table("goes with", *(each.name for each in found.dispositions))
    for motivation in found.motivations:
        cells = ["yes" if f"{motivation.name}-{other.name}" in allowed else "" for other in found.dispositions]
        table.add_row(motivation.name, *cells)
    return table
