"""Reading ledgers: every `ledger-*.sqlite` below a folder, seen as one.

Each process writes a file of its own (`ledger.py`), so a folder holds one file per process that was ever at
work there, and a run folder one such folder per stage. Whoever looks for a reply looks in all of them.

    with LedgerReader(Path("runs/val")) as ledgers:
        print(ledgers.count(), ledgers.models())
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import msgspec

from duologue.errors import DuologueError
from duologue.models.request import Reply, Request, Usage

LEDGER_FILES = "ledger-*.sqlite"
_REPLY = msgspec.json.Decoder(Reply)
_REQUEST = msgspec.json.Decoder(Request)


class LedgerError(DuologueError):
    """The ledger cannot be read or written; what was committed before is kept."""


class LedgerModel(NamedTuple):
    """A model that a ledger holds replies of, and the role it played."""

    role: str
    name: str
    fingerprint: str


class LedgerRow(NamedTuple):
    """One request and its reply, as they were committed."""

    key: str
    fingerprint: str
    request: Request
    reply: Reply


class LedgerNote(NamedTuple):
    """What is known of a reply besides what it says: whose it is, what it took, and when it came (Unix time)."""

    fingerprint: str
    usage: Usage
    written: float


class LedgerReader:
    """All ledgers below a folder, read only."""

    def __init__(self, folder: Path, *, skip: Sequence[Path] = ()) -> None:
        """Open every ledger file below `folder`, other than those in `skip`."""
        self._files: list[tuple[Path, sqlite3.Connection]] = []
        for path in sorted(folder.rglob(LEDGER_FILES)):
            if path not in skip:
                self._files.append((path, _open(path)))

    def __enter__(self) -> LedgerReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def count(self) -> int:
        """How many replies are kept here."""
        return sum(count for (count,) in self._rows("SELECT count(*) FROM reply"))

    @property
    def paths(self) -> list[Path]:
        """The files that were found."""
        return [path for path, _ in self._files]

    def get(self, key: str) -> Reply | None:
        """Return the reply that was committed under a key, marked `from_ledger`, or None."""
        for (body,) in self._rows("SELECT reply FROM reply WHERE key = ?", key):
            return decode_reply(key, body)
        return None

    def note(self, key: str) -> LedgerNote | None:
        """Return what is known of the reply that was committed under a key, or None."""
        for fingerprint, body, written in self._rows(
            "SELECT fingerprint, reply, written FROM reply WHERE key = ?", key
        ):
            return LedgerNote(fingerprint, decode_reply(key, body).usage, written)
        return None

    def models(self) -> list[LedgerModel]:
        """The models whose replies are here, each once per role, in the order of their roles' names."""
        return sorted({LedgerModel(*row) for row in self._rows("SELECT role, name, fingerprint FROM model")})

    def rows(self) -> Iterator[LedgerRow]:
        """Every request and reply, file by file in the order they were committed."""
        for key, fingerprint, request, reply in self._rows(
            "SELECT key, fingerprint, request, reply FROM reply ORDER BY rowid"
        ):
            yield LedgerRow(key, fingerprint, _REQUEST.decode(request), decode_reply(key, reply))

    def batches(self, fingerprint: str) -> list[tuple[str, str]]:
        """(batch id, request key) of every request that a batch endpoint was sent for this model."""
        return list(self._rows("SELECT batch, key FROM batch WHERE fingerprint = ? ORDER BY rowid", fingerprint))

    def close(self) -> None:
        """Close the files."""
        for _, connection in self._files:
            connection.close()
        self._files = []

    def _rows(self, query: str, *values: str) -> Iterator[tuple[Any, ...]]:
        for path, connection in self._files:
            try:
                yield from connection.execute(query, values)
            except sqlite3.Error as error:
                raise unreadable(path, error) from error


def decode_reply(key: str, body: bytes) -> Reply:
    """Return a reply from its row."""
    return msgspec.structs.replace(_REPLY.decode(body), key=key, from_ledger=True)


def unreadable(path: Path, error: sqlite3.Error) -> LedgerError:
    """Tell which file cannot be read, in one line."""
    return LedgerError(
        f"the ledger cannot be read ({error})",
        where=str(path),
        mend="it may be no ledger, or a copy without its -wal file: move it away or copy the whole folder",
    )


def _open(path: Path) -> sqlite3.Connection:
    try:
        return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False)
    except sqlite3.Error as error:
        raise unreadable(path, error) from error
