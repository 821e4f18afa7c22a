"""Writes a sample corpus as files in the published layouts, streamed: any size, little memory; same seed, same bytes.

Files in the folder: ``train.json``, ``val.json``, ``test.json`` (MultiWOZ 2.1, 80/10/10), ``valListFile.txt``,
``testListFile.txt``, ``fusedchat_prepended.json``, ``situations/{train,vaild,test}.json`` (misspelt as
published, so that the folder drops in), ``interference/{train,val,test}.json`` (gold), ``db/*_db.json`` and
``ontology.json``.

The database is one for all splits: what a dialogue says about it (how many there are, that there is none) holds
for whoever queries the files, while each split's dialogues offer only venues of their own part.

    >>> write("sample", n=100, seed=1)
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO, Any, NamedTuple

import msgspec

from duologue.corpora.worlds.splits import SPLITS, Split, shares
from duologue.corpora.worlds.tod.moves import BOOK, SEMI
from duologue.corpora.worlds.tod.sample import databases, sample

_SITUATION_FILES: dict[Split, str] = {"train": "train", "val": "vaild", "test": "test"}


class Written(NamedTuple):
    """What was written: the folder, and the number of dialogues by split."""

    folder: Path
    dialogues: dict[Split, int]


class _JsonObject:
    """A JSON object written entry by entry."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._empty = True

    def __enter__(self) -> _JsonObject:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file: IO[bytes] = self._path.open("wb")
        self._file.write(b"{")
        return self

    def add(self, key: str, value: Any) -> None:
        """Append one entry on a line of its own."""
        self._file.write(b"\n" if self._empty else b",\n")
        self._empty = False
        self._file.write(msgspec.json.encode(key) + b":" + msgspec.json.encode(value))

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.write(b"\n}\n")
        self._file.close()


def write(out_dir: str | Path, n: int, seed: int) -> Written:
    """Write a corpus of n dialogues.

    Args:
        out_dir: folder to write to; made where it is missing, files in it are replaced.
        n: number of dialogues over all splits, at least 3.
        seed: decides town and dialogues; the first dialogues of a split are the same for any n.

    Returns:
        The folder and the number of dialogues by split.

    Raises:
        InputError: n is too small.
    """
    folder, counts = Path(out_dir), shares(n)
    folder.mkdir(parents=True, exist_ok=True)
    with _JsonObject(folder / "fusedchat_prepended.json") as chats:
        for split in SPLITS:
            _write_split(folder, split, counts[split], seed, chats)
    tables = write_databases(folder / "db", seed)
    ontology = msgspec.json.encode(_ontology(tables))
    (folder / "ontology.json").write_bytes(msgspec.json.format(ontology, indent=1) + b"\n")
    return Written(folder, counts)


def write_databases(folder: Path, seed: int) -> dict[str, Any]:
    """Write a town's `*_db.json` into a folder, which is made where it is missing.

    Returns:
        The databases by domain.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tables = databases(seed)
    for domain, rows in tables.items():
        text = msgspec.json.format(msgspec.json.encode(rows), indent=1)
        (folder / f"{domain}_db.json").write_bytes(text + b"\n")
    return tables


def _write_split(folder: Path, split: Split, count: int, seed: int, chats: _JsonObject) -> None:
    with ExitStack() as stack:
        dialogues = stack.enter_context(_JsonObject(folder / f"{split}.json"))
        situations = stack.enter_context(_JsonObject(folder / "situations" / f"{_SITUATION_FILES[split]}.json"))
        interferences = stack.enter_context(_JsonObject(folder / "interference" / f"{split}.json"))
        names = (
            None if split == "train" else stack.enter_context((folder / f"{split}ListFile.txt").open("w", newline="\n"))
        )
        for item in sample(count, seed, split):
            bare = item.id.removesuffix(".json")
            dialogues.add(item.id, item.dialogue)
            situations.add(bare, item.situation)
            interferences.add(bare, item.interfered())
            chats.add(bare, item.chat)
            if names is not None:
                names.write(item.id + "\n")


def _ontology(tables: dict[str, Any]) -> dict[str, list[str]]:
    """List the values of each state slot, in the layout of MultiWOZ's ontology."""
    places = sorted({row["name"] for domain in ("restaurant", "hotel", "attraction") for row in tables[domain]})
    days = sorted({row["day"] for row in tables["train"]})
    quarters = [f"{minute // 60:02d}:{minute % 60:02d}" for minute in range(0, 1440, 15)]
    numbers = [str(k) for k in range(1, 9)]
    ontology: dict[str, list[str]] = {}
    for domain, slots in SEMI.items():
        for slot in slots:
            if slot in ("leaveAt", "arriveBy"):
                values = quarters
                if domain == "train":
                    values = sorted({*quarters, *(row[slot] for row in tables["train"])})
            elif domain == "taxi":
                values = places
            else:
                values = sorted({row[slot] for row in tables[domain]})
            ontology[f"{domain}-semi-{slot}"] = [*values, "dontcare"]
        for slot in BOOK[domain]:
            ontology[f"{domain}-book-{slot}"] = days if slot == "day" else quarters if slot == "time" else numbers
    return ontology
