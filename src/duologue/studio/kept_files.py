"""Files that are looked at again and again: the last few stay read, one that has changed is read again.

maps = KeptFiles(lambda path: Spans(read_map(path)), most=8)
maps.open(Path("maps/a.safetensors"))
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from duologue.errors import InputError

_Read = TypeVar("_Read")


class KeptFiles(Generic[_Read]):
    """What was made of the files that were opened last.

    Args:
        read: makes it.
        most: how many are kept.
    """

    def __init__(self, read: Callable[[Path], _Read], most: int) -> None:
        self._read, self._most = read, most
        self._kept: OrderedDict[Path, tuple[tuple[int, int], _Read]] = OrderedDict()
        self._lock = threading.Lock()

    def open(self, path: Path) -> _Read:
        """What a file holds.

        Raises:
            InputError: there is no such file.
        """
        if not path.is_file():
            raise InputError("no such file", where=path.name, mend="look at what there is")
        about = path.stat()
        changed = (about.st_size, about.st_mtime_ns)
        with self._lock:
            kept = self._kept.get(path)
            if kept is None or kept[0] != changed:
                self._kept[path] = kept = (changed, self._read(path))
            self._kept.move_to_end(path)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
            return kept[1]
