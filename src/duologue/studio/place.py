"""The folder that is served, and nothing outside it.

place = Place(Path("runs"))
place.inside("talk/dialogues.jsonl")      # Refused where that leads out of the folder
"""

from __future__ import annotations

from pathlib import Path

from duologue.errors import InputError

OWN = ".studio"
"""Where the studio keeps its own: secret, database."""


class Place:
    """A folder; paths that lead out of it, by dots, links or from the root, are refused."""

    def __init__(self, root: Path) -> None:
        if not root.is_dir():
            raise InputError("no such folder", where=str(root), mend="give the folder with your runs")
        self.root = root.resolve()

    @property
    def own(self) -> Path:
        """The studio's own folder."""
        return self.root / OWN

    def inside(self, path: str) -> Path:
        """A path within the folder.

        Raises:
            InputError: it is outside, or the studio's own.
        """
        try:
            found = (self.root / path).resolve()
            relative = found.relative_to(self.root)
            found.exists()  # raises where a file system takes no such name
        except (ValueError, OSError):
            raise InputError("outside of the studio's folder", where=_told(path), mend="give a path below it") from None
        if OWN in relative.parts:
            raise InputError("the studio's own files", where=_told(path), mend="give another path")
        return found


def _told(path: str) -> str:
    return path.encode("unicode_escape").decode()[:200]
