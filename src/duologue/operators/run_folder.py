"""The folder a run writes: results in input order, rejects, the order itself, and the receipt.

| file | what |
|---|---|
| `dialogues.jsonl` | what was made |
| `rejected.jsonl` | `id`, `gate`, `evidence` of what was not |
| `skipped.jsonl` | `id`, `reason`, `evidence` of what was not tried |
| `items.jsonl` | per work item its number, and how many rows it has in the two: what `gather` goes by |
| `<operator>.json` | the same dialogues in the published layout, where there is one |
| `receipt.json` | what was asked and spent, and whether the run is complete |
| `ledger/` | every reply |

Files that are being written end in `.part`. A run that is stopped still puts them in their places, marked incomplete in
the receipt, unless an earlier run had come further.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, NamedTuple

import msgspec

from duologue.dialogue import Dialogue
from duologue.errors import InputError
from duologue.files import locked, write_json
from duologue.operators.items import Skipped
from duologue.operators.rejects import Rejected

DIALOGUES, REJECTED, SKIPPED, ITEMS, RECEIPT, LEDGER = (
    "dialogues.jsonl",
    "rejected.jsonl",
    "skipped.jsonl",
    "items.jsonl",
    "receipt.json",
    "ledger",
)
_encoder = msgspec.json.Encoder()


class ItemRow(msgspec.Struct, frozen=True):
    """A row of `items.jsonl`: work item number `n` of the plan and how many rows it has in the two other files."""

    n: int
    id: str
    dialogues: int
    rejected: int


class Result(NamedTuple):
    """What became of one work item."""

    number: int
    item: str
    dialogues: list[Dialogue]
    rejected: list[Rejected]


class RunFolder:
    """Writes one run's results; use it with `with`, and `publish` when the run is at its end."""

    def __init__(self, path: Path) -> None:
        """Take the folder (made if need be).

        Raises:
            InputError: another run is writing here.
        """
        self.path = path
        self._open = ExitStack()
        mend = "wait for it, or give each shard an --out of its own and gather them afterwards"
        self._open.enter_context(locked(path, mend))
        self._files: dict[str, IO[bytes]] = {
            name: self._open.enter_context((path / f"{name}.part").open("wb"))
            for name in (DIALOGUES, REJECTED, SKIPPED, ITEMS)
        }
        self.items = 0

    def __enter__(self) -> RunFolder:
        return self

    def __exit__(self, *error: object) -> None:
        self._open.close()

    def write(self, result: Result) -> None:
        """Append the rows of one work item."""
        self._files[DIALOGUES].write(b"".join(_encoder.encode(row) + b"\n" for row in result.dialogues))
        self._files[REJECTED].write(b"".join(_encoder.encode(row) + b"\n" for row in result.rejected))
        row = ItemRow(result.number, result.item, len(result.dialogues), len(result.rejected))
        self._files[ITEMS].write(_encoder.encode(row) + b"\n")
        self.items += 1

    def skip(self, skipped: Skipped) -> None:
        """Append what the plan passed over."""
        self._files[SKIPPED].write(_encoder.encode(skipped) + b"\n")

    def publish(self, *, complete: bool) -> bool:
        """Put the files in their places; False where an earlier run's were kept because it had come further."""
        for file in self._files.values():
            file.close()
        if not complete and _lines(self.path / ITEMS) > self.items:
            for name in self._files:
                (self.path / f"{name}.part").unlink()
            return False
        for name in self._files:
            (self.path / f"{name}.part").replace(self.path / name)
        return True

    def write_receipt(self, receipt: dict[str, Any]) -> None:
        """Write the receipt, whole or not at all."""
        write_json(self.path / RECEIPT, receipt)


def read_receipt(folder: Path) -> dict[str, Any]:
    """Read a run's receipt.

    Raises:
        InputError: there is none, or it is not JSON.
    """
    path = folder / RECEIPT
    try:
        receipt: dict[str, Any] = msgspec.json.decode(path.read_bytes(), type=dict)
    except OSError:
        raise InputError("no receipt here", where=str(folder), mend="name the --out folder of a run") from None
    except msgspec.DecodeError as error:
        raise InputError(str(error), where=str(path), mend="run the shard again") from None
    return receipt


def _lines(path: Path) -> int:
    if not path.exists():
        return 0
    with path.open("rb") as rows:
        return sum(1 for _ in rows)
