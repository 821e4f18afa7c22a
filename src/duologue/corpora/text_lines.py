"""The lines of a text file, numbered from 1, plain or packed.

for number, line in text_lines("seeds.txt"): ...      # the line with its line break
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import zstandard

from duologue.dialogue import open_bytes
from duologue.errors import InputError


def text_lines(path: str | Path) -> Iterator[tuple[int, str]]:
    """Stream the lines of a UTF-8 file, which may begin with a byte order mark; only line feeds end a line.

    Raises:
        InputError: no such file, not UTF-8, or a packed file that is cut off; names the line.
    """
    number = 0
    with open_bytes(path) as source:
        try:
            for line in source:
                number += 1
                yield number, (line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line).decode()
        except UnicodeDecodeError as error:
            what = f"not UTF-8 ({error.reason})"
            raise InputError(what, where=f"{path}, line {number}", mend="save it as UTF-8") from None
        except (EOFError, gzip.BadGzipFile, zstandard.ZstdError) as error:
            what = f"the packed file is broken after line {number} ({error})"
            raise InputError(what, where=str(path), mend="fetch it again") from None
