"""The ledger: every reply of a run, written once, before anyone sees it.

A reply that was committed is never asked for again, so to resume a run is to run it again. SQLite in WAL
mode keeps it through `kill -9`; each process writes a file of its own and reads all. Replies that arrive in
the same turn of the event loop share one commit, which keeps the cost of a request far below a millisecond.

    with Ledger(Path("runs/val/ledger")) as ledger:
        await ledger.record(key, model.fingerprint, request, reply)   # returns when it is committed
        ledger.get(key)

`synchronous=NORMAL` means that the death of the process loses nothing; the death of the *machine* may lose
the last moments' replies (they are asked again) but never damages the file.
"""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
import time
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

import msgspec
from filelock import BaseFileLock

from duologue.files import try_lock
from duologue.models.ledger_reader import LedgerError, LedgerReader, decode_reply, unreadable
from duologue.models.request import Reply, Request

_SCHEMA = """
CREATE TABLE IF NOT EXISTS reply (
    key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, request BLOB NOT NULL, reply BLOB NOT NULL,
    written REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS model (role TEXT, name TEXT, fingerprint TEXT, PRIMARY KEY (role, fingerprint));
CREATE TABLE IF NOT EXISTS batch (batch TEXT, key TEXT, fingerprint TEXT);
"""
_ENCODER = msgspec.json.Encoder(order="deterministic")


class _Pending(NamedTuple):
    row: tuple[str, str, bytes, bytes, float]
    committed: asyncio.Future[None]


class Ledger:
    """The one file that this process writes in a folder, and all others there to read."""

    def __init__(self, folder: Path) -> None:
        """Claim a file in `folder` (made if need be).

        Raises:
            LedgerError: The folder or the file cannot be written or read.
        """
        self.folder = folder
        self._pending: list[_Pending] = []
        self._broken: LedgerError | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self.path, self._lock = _claim(folder)
        except OSError as error:
            raise LedgerError(
                f"cannot write a ledger here ({error.strerror})",
                where=str(folder),
                mend="choose another folder",
            ) from error
        self._connection = sqlite3.connect(self.path, check_same_thread=False, isolation_level=None)
        try:
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")
            self._connection.executescript(_SCHEMA)
        except sqlite3.DatabaseError as error:
            raise self._unwritable(error) if _no_room(error) else unreadable(self.path, error) from error
        self._others = LedgerReader(folder, skip=[self.path])

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def count(self) -> int:
        """How many replies are kept in this folder."""
        own: int = self._connection.execute("SELECT count(*) FROM reply").fetchone()[0]
        return own + self._others.count()

    def get(self, key: str) -> Reply | None:
        """Return the reply that was committed under a key, marked `from_ledger`, or None."""
        try:
            row = self._connection.execute("SELECT reply FROM reply WHERE key = ?", (key,)).fetchone()
        except sqlite3.Error as error:
            raise unreadable(self.path, error) from error
        return decode_reply(key, row[0]) if row else self._others.get(key)

    async def record(self, key: str, fingerprint: str, request: Request, reply: Reply) -> None:
        """Commit a reply; return when `kill -9` can no longer lose it.

        Raises:
            LedgerError: It could not be written, for instance because the disk is full. Once that has
                happened, every later call raises as well, so that no reply is paid for that cannot be kept.
        """
        if self._broken:
            raise self._broken
        loop = asyncio.get_running_loop()
        body = Reply(reply.choices, reply.usage)
        row = (key, fingerprint, _ENCODER.encode(request), _ENCODER.encode(body), time.time())
        if not self._pending:
            loop.call_soon(self._commit)
        committed: asyncio.Future[None] = loop.create_future()
        self._pending.append(_Pending(row, committed))
        await committed

    def check(self) -> None:
        """Raise the error that broke the ledger, if one has: nothing should be asked that cannot be kept."""
        if self._broken:
            raise self._broken

    def describe(self, role: str, name: str, fingerprint: str) -> None:
        """Note which model plays a role, so that a replay knows whose replies to give."""
        self._write("INSERT OR IGNORE INTO model VALUES (?, ?, ?)", [(role, name, fingerprint)])

    def note_batch(self, batch: str, fingerprint: str, keys: list[str]) -> None:
        """Note which requests a batch endpoint was sent: a rerun fetches them instead of asking again."""
        self._write("INSERT INTO batch VALUES (?, ?, ?)", [(batch, key, fingerprint) for key in keys])

    def batches(self, fingerprint: str) -> list[tuple[str, str]]:
        """(batch id, request key) of every request that a batch endpoint was sent for this model."""
        own = self._connection.execute(
            "SELECT batch, key FROM batch WHERE fingerprint = ? ORDER BY rowid", (fingerprint,)
        ).fetchall()
        return self._others.batches(fingerprint) + own

    def close(self) -> None:
        """Commit what is pending and let go of the file."""
        self._commit()
        self._others.close()
        self._connection.close()
        self._lock.release()

    def _commit(self) -> None:
        pending, self._pending = self._pending, []
        if not pending:
            return
        try:
            self._write("INSERT OR IGNORE INTO reply VALUES (?, ?, ?, ?, ?)", [each.row for each in pending])
        except LedgerError as error:
            for each in pending:
                if not each.committed.done():
                    each.committed.set_exception(error)
        else:
            for each in pending:
                if not each.committed.done():
                    each.committed.set_result(None)

    def _write(
        self, statement: str, rows: list[tuple[str, str, str]] | list[tuple[str, str, bytes, bytes, float]]
    ) -> None:
        if self._broken:
            raise self._broken
        try:
            self._connection.execute("BEGIN")
            self._connection.executemany(statement, rows)
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            if self._connection.in_transaction:
                self._connection.rollback()
            self._broken = self._unwritable(error)
            raise self._broken from error

    def _unwritable(self, error: sqlite3.Error) -> LedgerError:
        what = "the disk is full" if _no_room(error) else f"the ledger cannot be written ({error})"
        return LedgerError(
            what, where=str(self.path), mend="make room and run again: every reply committed so far is kept"
        )


def _no_room(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorname", "").startswith(("SQLITE_FULL", "SQLITE_IOERR"))


def _claim(folder: Path) -> tuple[Path, BaseFileLock]:
    """Take the first ledger file that no living process holds, so that a rerun adds to its predecessor's."""
    for number in itertools.count():
        path = folder / f"ledger-{number:03d}.sqlite"
        lock = try_lock(path.with_suffix(".lock"))
        if lock:
            return path, lock
    raise AssertionError("the numbers came to an end")
