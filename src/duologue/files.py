"""Files that are whole or absent, and folders that belong to one process at a time.

write_json(folder / "receipt.json", {"requests": 3})
with locked(folder): ...
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from filelock import BaseFileLock, FileLock, Timeout

from duologue.errors import InputError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give the name under which to write `path`; the file takes its own name when all went well, else it is removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    try:
        yield part
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    part.replace(path)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text, whole or not at all; the folder is made where it is missing."""
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, value: Any) -> None:
    """Write a value as indented JSON, what JSON does not know as text; whole or not at all."""
    write_text(path, msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=2).decode() + "\n")


def try_lock(path: Path) -> BaseFileLock | None:
    """Take a lock file; None where another process (or another call in this one) holds it.

    The operating system lets go of it when the process dies, however it dies.
    """
    lock = FileLock(path, blocking=False, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        return None
    return lock


@contextmanager
def locked(folder: Path, mend: str = "wait for it, or give another --out") -> Iterator[None]:
    """Keep two runs out of one folder, which is made if need be.

    Raises:
        InputError: another run is writing there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = try_lock(folder / ".lock")
    if lock is None:
        raise InputError("another run is writing here", where=str(folder), mend=mend)
    try:
        yield
    finally:
        lock.release()
