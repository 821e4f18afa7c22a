"""The outputs of `duologue attend` below a folder, and a few of their maps held ready.

shelf = Shelf(place)
shelf.folders()                                   # ["runs/attention", …]
shelf.open("runs/attention", "maps/a.safetensors").attended([(900, 960)])
"""

from __future__ import annotations

from typing import NamedTuple

from duologue.errors import InputError
from duologue.evaluation.steering.attention_map import read_map
from duologue.evaluation.steering.sra_row import ROWS, SRARow, read_rows_of
from duologue.studio.attention.course import conversation
from duologue.studio.attention.heads import Heads
from duologue.studio.attention.spans import Spans
from duologue.studio.kept_files import KeptFiles
from duologue.studio.place import OWN, Place

_MAPS, _FOLDERS = 8, 8


class Named(NamedTuple):
    """A map by where it is, and what is told of it."""

    folder: str
    row: SRARow


class Shelf:
    """Reads maps; the last few stay open, for many selections are made of them."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._maps = KeptFiles(lambda path: Spans(read_map(path)), _MAPS)
        self._rows = KeptFiles(lambda path: read_rows_of(path.parent), _FOLDERS)
        self.heads = Heads()

    def folders(self) -> list[str]:
        """Where there are rows of attention, by their paths from the studio's folder."""
        found = (path.parent.relative_to(self._place.root) for path in self._place.root.rglob(ROWS))
        return sorted(str(path) for path in found if OWN not in path.parts)

    def rows(self, folder: str) -> list[SRARow]:
        """The replies of a folder that have a map.

        Raises:
            InputError: there is nothing of the kind.
        """
        rows = [row for row in self._rows.open(self._place.inside(f"{folder}/{ROWS}")) if row.file]
        if not rows:
            raise InputError("no attention map", where=folder, mend="make some with duologue attend, without --no-maps")
        return rows

    def open(self, folder: str, file: str, head: tuple[int, int] | None = None) -> Spans:
        """A map, ready for selections; of all heads, or with the rows of one (layer, head).

        Raises:
            InputError: it is none, lies outside of the studio's folder, or its model is not at hand for a head.
        """
        spans = self._maps.open(self._place.inside(f"{folder}/{file}"))
        return spans if head is None else self.heads.spans(spans.map, *head)

    def beside(self, folder: str, file: str) -> dict[str, list[Named]]:
        """Maps of the same history that differ from one in its layout, strategy or model alone, itself the first.

        Raises:
            InputError: the folder has no such map.
        """
        rows = self.rows(folder)
        this = next((row for row in rows if row.file == file), None)
        if this is None:
            raise InputError("no such map", where=f"{folder}/{file}", mend="choose one that is listed")
        others = [Named(each, row) for each in self.folders() for row in self._of_history(each, this)]
        found: dict[str, list[Named]] = {"layout": [], "strategy": [], "model": []}
        for name, kept in found.items():
            fixed = [each for each in found if each != name]
            alike = [
                other
                for other in others
                if getattr(other.row, name) != getattr(this, name)
                and all(getattr(other.row, each) == getattr(this, each) for each in fixed)
            ]
            first: dict[str | None, Named] = {}
            for other in alike:
                first.setdefault(getattr(other.row, name), other)
            kept += [Named(folder, this), *first.values()]
        return found

    def _of_history(self, folder: str, row: SRARow) -> list[SRARow]:
        try:
            return [other for other in self.rows(folder) if _history(other) == _history(row)]
        except InputError:  # that folder has no maps, which is told where it is opened
            return []


def _history(row: SRARow) -> tuple[str, int]:
    """The conversation and how far: replies to the same turns have it in common, in every layout."""
    return conversation(row), row.depth
