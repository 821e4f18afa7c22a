"""Putting the shards of a run together: the same bytes as one run would have written.

gather([Path("runs/val/1"), Path("runs/val/2"), Path("runs/val/3")], Path("runs/val/all"))

Every shard wrote its items in the order of the plan and noted their numbers, so this is a merge by number. Shards that
belong to different runs, that are missing, or that are not finished, are an error that names them.
"""

from __future__ import annotations

import heapq
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import IO, Any, NamedTuple

import msgspec

from duologue.errors import InputError
from duologue.files import write_json
from duologue.operators.run_folder import (
    DIALOGUES,
    ITEMS,
    LEDGER,
    RECEIPT,
    REJECTED,
    SKIPPED,
    ItemRow,
    read_receipt,
)
from duologue.operators.shards import Shard

_SAME = ("operator", "options_hash", "seed", "limit", "source", "format", "duologue", "models")
_item = msgspec.json.Decoder(ItemRow)


class _Part(NamedTuple):
    folder: Path
    receipt: dict[str, Any]
    shard: Shard


def gather(folders: Sequence[Path], out: Path) -> dict[str, Any]:
    """Merge shards into one run folder and return its receipt.

    Args:
        folders: the shards' folders, in any order, or folders that hold nothing but shards' folders.
        out: the new run folder.

    Raises:
        InputError: the folders are not all the finished shards of one run.
    """
    parts = _parts(folders)
    out.mkdir(parents=True, exist_ok=True)
    _merge([part.folder for part in parts], out)
    shutil.copyfile(parts[0].folder / SKIPPED, out / SKIPPED)  # every shard has gone through the whole plan
    _copy_ledgers(parts, out / LEDGER)
    receipt = _receipt(parts)
    write_json(out / RECEIPT, receipt)
    return receipt


def _parts(folders: Sequence[Path]) -> list[_Part]:
    found: list[_Part] = []
    for folder in _run_folders(folders):
        receipt = read_receipt(folder)
        if not isinstance(receipt.get("shard"), str):
            raise InputError("this run is no shard", where=str(folder), mend="give the folders of runs with --shard")
        if not receipt.get("complete"):
            raise InputError("this shard is not finished", where=str(folder), mend="run it again, it goes on")
        found.append(_Part(folder, receipt, Shard.parse(receipt["shard"])))
    first = found[0]
    for part in found[1:]:
        for name, value, expected in zip(_SAME, _identity(part), _identity(first), strict=True):
            if value != expected:
                raise InputError(
                    f"{name} is {value!r}, but {expected!r} in {first.folder}",
                    where=str(part.folder),
                    mend="gather the shards of one run",
                )
    _all_there(found)
    return sorted(found, key=lambda part: part.shard.index)


def _identity(part: _Part) -> list[Any]:
    # Of models the names only: each job of an array may have had a server of its own, at its own address.
    names = {role: model["name"] for role, model in part.receipt["models"].items()}
    return [names if name == "models" else part.receipt.get(name) for name in _SAME]


def _run_folders(folders: Sequence[Path]) -> list[Path]:
    runs: list[Path] = []
    for folder in folders:
        below = sorted(path.parent for path in folder.glob(f"*/{RECEIPT}"))
        runs += [folder] if (folder / RECEIPT).exists() or not below else below
    if not runs:
        raise InputError("no folders given", where="gather", mend="name the shards' folders")
    return runs


def _all_there(parts: list[_Part]) -> None:
    counts = {part.shard.count for part in parts}
    if len(counts) > 1:
        raise InputError(f"shards of different runs: {', '.join(sorted(str(p.shard) for p in parts))}", where="gather")
    count = counts.pop()
    met = Counter(part.shard.index for part in parts)
    missing = [f"{index}/{count}" for index in range(1, count + 1) if index not in met]
    twice = [f"{index}/{count}" for index, times in met.items() if times > 1]
    if missing or twice:
        what = f"missing: {', '.join(missing)}" if missing else f"given twice: {', '.join(twice)}"
        raise InputError(what, where="gather", mend="give each shard once")


def _merge(folders: list[Path], out: Path) -> None:
    with ExitStack() as stack:
        target = {name: stack.enter_context((out / f"{name}.part").open("wb")) for name in (DIALOGUES, REJECTED, ITEMS)}
        rows = heapq.merge(*(_rows(folder, stack) for folder in folders), key=lambda row: row[0])
        for _, item, dialogues, rejected in rows:
            target[ITEMS].write(item)
            target[DIALOGUES].write(dialogues)
            target[REJECTED].write(rejected)
    for name in target:
        (out / f"{name}.part").replace(out / name)


def _rows(folder: Path, stack: ExitStack) -> Iterator[tuple[int, bytes, bytes, bytes]]:
    files = {name: stack.enter_context((folder / name).open("rb")) for name in (DIALOGUES, REJECTED, ITEMS)}
    for line in files[ITEMS]:
        item = _item.decode(line)
        yield item.n, line, _take(files[DIALOGUES], item.dialogues), _take(files[REJECTED], item.rejected)


def _take(file: IO[bytes], lines: int) -> bytes:
    return b"".join(file.readline() for _ in range(lines))


def _copy_ledgers(parts: list[_Part], target: Path) -> None:
    """Copy every shard's ledgers, so that the whole run can be replayed from the new folder alone."""
    for part in parts:
        for path in sorted((part.folder / LEDGER).glob("ledger-*.sqlite")):
            copy = target / f"shard-{part.shard.index}" / path.name
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.unlink(missing_ok=True)
            # SQLite's own copy takes along what still lies in the write-ahead log.
            with closing(sqlite3.connect(path)) as old, closing(sqlite3.connect(copy)) as new:
                old.backup(new)


def _receipt(parts: list[_Part]) -> dict[str, Any]:
    receipts = [part.receipt for part in parts]
    return receipts[0] | {
        "shard": None,
        "gathered": [str(part.folder) for part in parts],
        "tried": sum(receipt["tried"] for receipt in receipts),
        "made": sum(receipt["made"] for receipt in receipts),
        "branches": sum(receipt.get("branches", 0) for receipt in receipts),
        "rejected": _summed(receipt["rejected"] for receipt in receipts),
        "requests": _summed(receipt["requests"] for receipt in receipts),
    }


def _summed(counts: Iterator[dict[str, Any]]) -> dict[str, Any]:
    total: dict[str, Any] = {}
    for each in counts:
        for name, value in each.items():
            if isinstance(value, dict):
                total[name] = _summed(iter((total.get(name, {}), value)))
            else:
                total[name] = round(total.get(name, 0) + value, 6)
    return dict(sorted(total.items()))
