"""The databases of Spider by name: `database/NAME/NAME.sqlite`, and `tables.json`, which describes all of them.

databases = SpiderDatabases(Path("spider"))
if databases.has("pets_1"): print(databases.ddl("pets_1"))
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

from duologue.corpora.database_schema import Schema, ddl, schema_from_entry, schema_of
from duologue.corpora.json_stream import read_list
from duologue.errors import InputError


class SpiderDatabases:
    """What lies in one folder; schemas are read once each."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._texts: dict[str, str | None] = {}

    def file(self, name: str) -> Path:
        """Where the file of a database lies, or would lie."""
        return self.folder / "database" / name / f"{name}.sqlite"

    def has(self, name: str) -> bool:
        """Whether a database has its file."""
        return self.file(name).is_file()

    def schema(self, name: str) -> Schema | None:
        """The schema of a database: of its file, or of tables.json; None where it is in neither.

        Foreign keys come from tables.json where the file declares none.

        Raises:
            InputError: the file cannot be read, or tables.json has another form.
        """
        entry = self._entries.get(name)
        described = self._described(name, entry) if entry is not None else None
        if not self.has(name):
            return described
        found = schema_of(self.file(name))
        return found if found.foreign_keys or described is None else found._replace(foreign_keys=described.foreign_keys)

    def entry(self, name: str) -> dict[str, Any] | None:
        """What tables.json says about a database, with people's names for its columns; None where it is not there."""
        return self._entries.get(name)

    def ddl(self, name: str) -> str | None:
        """The schema as CREATE TABLE statements, one a line; None where there is none."""
        if name not in self._texts:
            schema = self.schema(name)
            self._texts[name] = None if schema is None else ddl(schema)
        return self._texts[name]

    @cached_property
    def _entries(self) -> dict[str, dict[str, Any]]:
        path = self.folder / "tables.json"
        if not path.is_file():
            return {}
        return {str(entry.get("db_id")): entry for entry in read_list(path) if isinstance(entry, dict)}

    def _described(self, name: str, entry: dict[str, Any]) -> Schema:
        try:
            return schema_from_entry(entry)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            where = f"{self.folder / 'tables.json'}, db_id {name}"
            what = f"unexpected form ({type(error).__name__}: {error})"
            raise InputError(what, where=where, mend="fetch it again, or take the entry out") from None
