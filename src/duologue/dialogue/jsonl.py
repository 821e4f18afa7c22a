"""Dialogues on disk: JSONL, one dialogue a line, streamed both ways.

Plain, `.gz` and `.zst`, on any fsspec path (`memory://`, `s3://`, …). A file that is being written ends in `.part`
until it is whole, so a crash never leaves something that looks finished.

    write("out.jsonl.zst", dialogues)
    for dialogue in read("out.jsonl.zst"): ...
"""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, TypeVar, cast

import fsspec
import msgspec
import zstandard

from duologue.dialogue.schema import Dialogue
from duologue.dialogue.zstd_reader import ZstdReader
from duologue.errors import InputError

Row = TypeVar("Row")
_encoder = msgspec.json.Encoder()


@contextmanager
def open_bytes(path: str | Path, mode: str = "rb") -> Iterator[IO[bytes]]:
    """Open a path for reading (`rb`) or writing (`wb`), unpacking by its ending.

    Raises:
        InputError: there is no such file, or it cannot be opened.
    """
    name = str(path)
    try:
        raw = cast(IO[bytes], fsspec.open(name, mode).open())
    except FileNotFoundError:
        raise InputError("no such file", where=name, mend="check the path") from None
    except ImportError as error:
        raise InputError(f"cannot be opened ({error})", where=name, mend="install that package with pip") from None
    except (IsADirectoryError, PermissionError, ValueError) as error:
        raise InputError(f"cannot be opened ({error})", where=name, mend="give a readable file") from None
    with raw:
        if name.removesuffix(".part").endswith(".gz"):
            # mtime 0 and no name, so that equal dialogues are equal bytes.
            with gzip.GzipFile(fileobj=raw, mode=mode, filename="", mtime=0) as packed:
                yield cast(IO[bytes], packed)
        elif name.removesuffix(".part").endswith(".zst"):
            if mode == "rb":
                with io.BufferedReader(ZstdReader(raw), 1 << 20) as unpacked:
                    yield cast(IO[bytes], unpacked)
            else:
                with zstandard.ZstdCompressor().stream_writer(raw, closefd=False) as packed_zst:
                    yield cast(IO[bytes], packed_zst)
        else:
            yield raw


def read(path: str | Path) -> Iterator[Dialogue]:
    """Stream the dialogues of a JSONL file.

    Raises:
        InputError: names the file, the line and the field.
    """
    yield from read_rows(path, Dialogue)


def write(path: str | Path, dialogues: Iterable[Dialogue]) -> int:
    """Write dialogues as JSONL and return how many."""
    return write_rows(path, dialogues)


def read_rows(path: str | Path, kind: type[Row], *, growing: bool = False) -> Iterator[Row]:
    """Stream a JSONL file whose lines are all of one msgspec type.

    Args:
        path: the file.
        kind: the type of a line.
        growing: the file may still be written, so a last line that is not whole yet is left out.

    Raises:
        InputError: names the file, the line and the field.
    """
    decoder = msgspec.json.Decoder(kind)
    with open_bytes(path) as lines:
        number = 0
        try:
            for line in lines:
                number += 1
                if growing and not line.endswith(b"\n") and not _is_json(line):
                    return
                if line.strip():
                    yield decoder.decode(line)
        except UnicodeDecodeError as error:
            raise InputError(
                f"not UTF-8 ({error.reason})", where=f"{path}, line {number}", mend="save it as UTF-8"
            ) from None
        except msgspec.DecodeError as error:
            raise InputError(str(error), where=f"{path}, line {number}", mend=_mend(path)) from None
        except (EOFError, gzip.BadGzipFile, zstandard.ZstdError) as error:
            raise InputError(
                f"the packed file is broken after line {number} ({error})",
                where=str(path),
                mend="fetch or write it again",
            ) from None


def _is_json(line: bytes) -> bool:
    try:
        msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return True


def write_rows(path: str | Path, rows: Iterable[Any]) -> int:
    """Write msgspec structs or plain values as JSONL; the file appears when it is whole. Returns the number of rows."""
    count = 0
    with writing(path) as out:
        for row in rows:
            out.write(_encoder.encode(row) + b"\n")
            count += 1
    return count


@contextmanager
def writing(path: str | Path) -> Iterator[IO[bytes]]:
    """Open a file for writing under a `.part` name (local paths); it takes its own name when all went well."""
    local = "://" not in str(path)
    target = f"{path}.part" if local else str(path)
    if local:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    try:
        with open_bytes(target, "wb") as out:
            yield out
    except BaseException:
        if local:
            Path(target).unlink(missing_ok=True)
        raise
    if local:
        Path(target).replace(path)


def _mend(path: str | Path) -> str:
    if str(path).endswith(".json"):
        return "this looks like a single JSON file: name its format, e.g. --format multiwoz21"
    return "mend or delete the line"
