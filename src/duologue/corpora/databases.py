"""The SQLite databases of a text-to-SQL corpus by name: where each file is, and what its schema says.

databases = Databases("spider/database")
databases.file("pets_1"), databases.schema("pets_1")
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from duologue.corpora.sqlite_files import read_only
from duologue.dialogue import Dialogue
from duologue.errors import InputError


class Databases:
    """A folder of databases: `NAME/NAME.sqlite` as Spider lays them out, or `NAME.sqlite`."""

    def __init__(self, folder: str | Path) -> None:
        """Look in a folder; nothing is opened yet.

        Raises:
            InputError: there is no such folder.
        """
        self._folder = Path(folder)
        if not self._folder.is_dir():
            raise InputError("no such folder", where=str(folder), mend="give the folder of the databases")

    def file(self, name: str) -> Path:
        """Where a database is.

        Raises:
            InputError: it is not there.
        """
        for place in (self._folder / name / f"{name}.sqlite", self._folder / f"{name}.sqlite"):
            if place.is_file():
                return place
        raise InputError(f"there is no database '{name}'", where=str(self._folder), mend="add NAME/NAME.sqlite")

    def schema(self, name: str) -> str:
        """The CREATE TABLE statements of a database, one a line.

        Raises:
            InputError: it is not there, or no SQLite database.
        """
        return _schema(self.file(name))


def schema_of(dialogue: Dialogue, databases: Databases | None) -> str | None:
    """The schema that a dialogue's answers rest on; None where there is no database, or none is given.

    Raises:
        InputError: the dialogue's database is not there.
    """
    name = dialogue.grounding.database if dialogue.grounding else None
    return databases.schema(name) if databases is not None and name is not None else None


@cache
def _schema(path: Path) -> str:
    query = "SELECT sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY rowid"
    with read_only(path) as connection:
        statements = [row[0] for row in connection.execute(query) if row[0]]
    return "\n".join(f"{' '.join(statement.split())};" for statement in statements)
