"""SQLite files that are only ever read: opened immutable, so that no byte and no neighbouring file changes.

with read_only("database/pets_1/pets_1.sqlite") as connection: ...
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from duologue.errors import InputError


@contextmanager
def read_only(path: str | Path) -> Iterator[sqlite3.Connection]:
    """Open a database for reading; text that is not UTF-8 loses the bytes that are not.

    Raises:
        InputError: there is no such file, it is no SQLite database, or somebody is writing to it.
    """
    file = Path(path)
    if not file.is_file():
        raise InputError("no such database", where=str(path), mend="check the path, or leave its questions out")
    log = file.with_name(f"{file.name}-wal")
    if log.is_file() and log.stat().st_size:
        raise InputError(
            "its last changes are in a -wal file", where=str(path), mend="close what writes to it, or copy it"
        )
    with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
        connection.text_factory = lambda raw: raw.decode(errors="ignore")
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.DatabaseError as error:
            raise InputError(f"no SQLite database ({error})", where=str(path), mend="give another file") from None
        yield connection
