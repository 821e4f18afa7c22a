"""The outputs of `duologue attend` below a folder, and a few of their maps held ready.

shelf = Shelf(place)
shelf.folders()                                   # ["runs/attention", …]
shelf.open("runs/attention", "maps/a.safetensors").attended_by(900, 960)
"""

from __future__ import annotations

from duologue.errors import InputError
from duologue.evaluation.steering.attention_map import read_map
from duologue.evaluation.steering.sra_row import ROWS, SRARow, read_rows_of
from duologue.studio.attention.spans import Spans
from duologue.studio.kept_files import KeptFiles
from duologue.studio.place import OWN, Place

_KEPT = 8


class Shelf:
    """Reads maps; the last few stay open, for a selection is made of them many times."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._maps = KeptFiles(lambda path: Spans(read_map(path)), _KEPT)

    def folders(self) -> list[str]:
        """Where there are rows of attention, by their paths from the studio's folder."""
        found = (path.parent for path in self._place.root.rglob(ROWS) if OWN not in path.parts)
        return sorted(str(path.relative_to(self._place.root)) for path in found)

    def rows(self, folder: str) -> list[SRARow]:
        """The replies of a folder that have a map.

        Raises:
            InputError: there is nothing of the kind.
        """
        rows = [row for row in read_rows_of(self._place.inside(folder)) if row.file]
        if not rows:
            raise InputError("no attention map", where=folder, mend="make some with duologue attend, without --no-maps")
        return rows

    def open(self, folder: str, file: str) -> Spans:
        """A map, ready for selections.

        Raises:
            InputError: it is none, or lies outside of the studio's folder.
        """
        return self._maps.open(self._place.inside(f"{folder}/{file}"))
