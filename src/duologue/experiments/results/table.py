"""The results table as Markdown that accumulates: a run has one row, and a new figure takes the old one's place.

    print(table(rows))
    append(Path("docs/lab/results.md"), rows)

What stands around the table in the file is left as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from duologue.errors import InputError
from duologue.experiments.results.rows import COLUMNS, Row
from duologue.files import write_text

_TEXT = ("run", "model", "parameters", "device")


def table(rows: Iterable[Row]) -> str:
    """Rows as a Markdown table, one a run; of a run that comes twice, the row that says more."""
    return "\n".join([_line(COLUMNS), _rule(), *(_line(row.values()) for row in _by_run(rows).values())]) + "\n"


def append(path: Path, rows: Sequence[Row]) -> None:
    """Put rows into the table of a Markdown file: known runs in their place, new ones at its end.

    Raises:
        InputError: the file's table has other columns.
    """
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    begin = next((at for at, line in enumerate(lines) if _cells(line)[:1] == [COLUMNS[0]]), None)
    if begin is None:
        text = "\n".join(lines).rstrip()
        write_text(path, (text + "\n\n" if text else "") + table(rows))
        return
    if _cells(lines[begin]) != list(COLUMNS):
        raise InputError(
            "its table has other columns",
            where=f"{path}, line {begin + 1}",
            mend="give another --append, or remove the table",
        )
    end = next((at for at in range(begin, len(lines)) if not lines[at].startswith("|")), len(lines))
    kept = {_cells(line)[0]: line for line in lines[begin + 2 : end]}
    kept |= {run: _line(row.values()) for run, row in _by_run(rows).items()}
    write_text(path, "\n".join([*lines[:begin], _line(COLUMNS), _rule(), *kept.values(), *lines[end:]]) + "\n")


def _by_run(rows: Iterable[Row]) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for row in rows:
        earlier = found.get(row["run"])
        if earlier is None or sum(map(bool, row.values())) >= sum(map(bool, earlier.values())):
            found[row["run"]] = row
    return found


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(' '.join(cell.split()).replace('|', '¦') for cell in cells)} |"


def _rule() -> str:
    return "|" + "|".join(" --- " if name in _TEXT else " ---: " for name in COLUMNS) + "|"


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else []
