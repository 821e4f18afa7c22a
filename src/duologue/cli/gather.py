"""`duologue gather DIRS --out DIR`: put the shards of a run together."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from duologue.cli.operator_results import what_was_made
from duologue.errors import InputError
from duologue.files import write_json
from duologue.operators import gather as shards
from duologue.operators.layout import write_layout


def gather(folders: Annotated[list[Path], Parameter(negative=())], /, *, out: Path, json: Path | None = None) -> int:
    """Put the shards of a run together: the same bytes as one run.

    Args:
        folders: The shards' folders, or one folder that holds them.
        out: Folder for the whole run.
        json: Write the receipt here as well.
    """
    receipt = shards.gather(folders, out)
    layout = write_layout(out, receipt["operator"], receipt["layout"])
    if json:
        write_json(json, receipt)
    console = Console(highlight=False, soft_wrap=True)
    rejected = sum(receipt["rejected"].values())
    made, number = what_was_made(receipt["made"], receipt["branches"])
    console.print(f"{receipt['tried']} tried, {number} {made}, {rejected} rejected: {out}", markup=False)
    if isinstance(layout, InputError):
        console.print(f"not written: {layout}", markup=False)
    return 0
