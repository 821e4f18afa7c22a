"""Flags for corpora in columns (format seeds): which column holds what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cyclopts import Parameter


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class ColumnFlags:
    """How the columns of seeds are read."""

    text_column: str | None = None
    """Reading seeds: the column of the message; else tweet, text, message, content or body."""
    id_column: str | None = None
    """Reading seeds: the column of the id; else tweet_id or id, or a hash of the message where there is none."""
    columns: str | None = None
    """Reading seeds in TSV or CSV without a header: the names of its fields, e.g. tweet_id,tweet."""
    quoted: bool | None = None
    """Reading seeds in TSV or CSV: whether double quotes mean anything; they do unless you say --no-quoted."""

    def given(self) -> dict[str, Any]:
        """The options of the reader that were given."""
        names = [name.strip() for name in self.columns.split(",")] if self.columns is not None else None
        options = {
            "text_column": self.text_column,
            "id_column": self.id_column,
            "columns": names,
            "quoted": self.quoted,
        }
        return {name: value for name, value in options.items() if value is not None}
