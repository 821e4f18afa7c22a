"""The services of a folder as its `schema.json` describes them: slots, their possible values, intents.

[slot["name"] for slot in read_schema(Path("dev"))["Restaurants_2"]["slots"]]
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from duologue.corpora.json_stream import read_list
from duologue.dialogue import writing
from duologue.errors import InputError

Schema: TypeAlias = dict[str, dict[str, Any]]
"""Services by name, each as it stands in `schema.json`."""

NAME = "schema.json"


def read_schema(folder: Path) -> Schema:
    """The services of a folder; none where it has no `schema.json`.

    Raises:
        InputError: the file is broken, or an entry is no service; names it.
    """
    path = folder / NAME
    if not path.is_file():
        return {}
    schema: Schema = {}
    for number, service in enumerate(read_list(path)):
        where = f"{path}, service {number}"
        if not isinstance(service, dict) or not isinstance(service.get("service_name"), str):
            raise InputError(
                "expected an object with a service_name", where=where, mend="mend the file or take it away"
            )
        name = service["service_name"]
        if name in schema:
            raise InputError(f"service_name: {name!r} stands in the file before", where=where, mend="leave one of them")
        slots = service.get("slots")
        if not isinstance(slots, list) or not all(isinstance(slot, dict) and "name" in slot for slot in slots):
            raise InputError(
                "slots: expected a list of objects with a name", where=f"{where} ({name})", mend="mend the file"
            )
        schema[name] = service
    return schema


def write_schema(folder: Path, services: Iterable[dict[str, Any]]) -> None:
    """Write `schema.json`."""
    with writing(folder / NAME) as out:
        out.write(msgspec.json.format(msgspec.json.encode(list(services)), indent=2))


def slot_names(service: dict[str, Any]) -> frozenset[str]:
    """The names of a service's slots."""
    return frozenset(slot["name"] for slot in service["slots"])
