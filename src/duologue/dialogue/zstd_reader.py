"""Reading zstandard streams that must be whole: python-zstandard's own reader ends quietly where a file was cut off.

for line in io.BufferedReader(ZstdReader(open("a.jsonl.zst", "rb"))): ...
"""

from __future__ import annotations

import io
from typing import IO, Any

import zstandard

_CHUNK = 1 << 18


class ZstdReader(io.RawIOBase):
    """Unpacks one or more zstandard frames after one another.

    Raises:
        zstandard.ZstdError: on reading, where the data is not zstandard or ends within a frame.
    """

    def __init__(self, packed: IO[bytes]) -> None:
        self._packed = packed
        self._frame: Any = None
        self._ready = memoryview(b"")
        self._rest = b""

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer as far as the next unpacked piece goes; 0 at the end."""
        while not self._ready:
            piece = self._rest or self._packed.read(_CHUNK)
            self._rest = b""
            if not piece:
                if self._frame is not None:
                    raise zstandard.ZstdError("it ends within a frame")
                return 0
            if self._frame is None:
                self._frame = zstandard.ZstdDecompressor().decompressobj()
            self._ready = memoryview(self._frame.decompress(piece))
            if self._frame.eof:
                self._rest, self._frame = self._frame.unused_data, None
        count = min(len(buffer), len(self._ready))
        buffer[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count
