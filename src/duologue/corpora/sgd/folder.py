"""SGD on disk: a folder of `dialogues_NNN.json` files with the `schema.json` of their services.

Reads one split's folder, the whole set (`train/`, `dev/`, `test/`), and a single file that holds a list of dialogues.
The splits use the same ids, so in the whole set a dialogue's id begins with its split: `dev-1_00000`. A dialogue
remembers the file it came from and carries what `schema.json` says of its services, and is written back with them.

    for dialogue in read("sgd/dev"): ...
    write("copy", read("sgd"))
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from duologue.corpora.children import native_ids
from duologue.corpora.dialogue_files import dialogue_files, writing_files
from duologue.corpora.json_stream import read_list, write_list
from duologue.corpora.problems import OnProblem, decoded
from duologue.corpora.sgd.codec import FORMAT, dialogue_from_native, dialogue_to_native, services_of
from duologue.corpora.sgd.services import Schema, read_schema, write_schema
from duologue.dialogue import Dialogue

_PER_FILE = 128
_encode = msgspec.json.Encoder().encode


class _Found(NamedTuple):
    """A native dialogue, the file it stands in (relative; empty for a single file), and the services beside it."""

    native: Any
    file: str
    schema: Schema


def read(path: str | Path, *, on_problem: OnProblem | None = None) -> Iterator[Dialogue]:
    """Stream the dialogues of a folder, or of one file with a list of dialogues.

    Without a `schema.json` beside them, services and slots are not checked.

    Args:
        path: the folder or file.
        on_problem: what to do with odd dialogues; None stops at the first (see the docstring of `corpora`).

    Raises:
        InputError: nothing here can be used, or (without `on_problem`) a dialogue is odd.
    """
    place = Path(path)
    whole: set[str] = set()

    def decode(split: str, found: _Found, tell: OnProblem) -> Dialogue:
        inside = f"{found.file}, " if found.file else ""
        prefix = f"{split}-" if split else ""
        dialogue = dialogue_from_native(found.native, tell, schema=found.schema, place=inside, prefix=prefix)
        if found.file:
            dialogue.native.setdefault(FORMAT, {})["file"] = found.file
        if found.schema:
            # The first dialogue of a folder carries all of it, so that services nobody speaks of come back as well.
            named = services_of(dialogue) if split in whole else found.schema.keys()
            carried = {name: entry for name, entry in found.schema.items() if name in named}
            dialogue.native.setdefault(FORMAT, {})["schema"] = carried
            whole.add(split)
        return dialogue

    yield from decoded(path, _natives(place), decode, on_problem)


def write(path: str | Path, dialogues: Iterable[Dialogue], *, draw: int | None = None, suffix_ids: bool = False) -> int:
    """Write dialogues as a folder, or as one list where the path ends in `.json` (then without `schema.json`).

    A `schema.json` is written into a folder whose dialogues were read from one: with the services they carry.

    Args:
        path: the folder; files in it appear when all are whole.
        dialogues: each goes into the file it came from, others into `dialogues_001.json` and so on, 128 in each.
        draw: which draw of derived dialogues to write (`children.native_ids`).
        suffix_ids: write derived dialogues under their own ids.

    Returns:
        How many were written.
    """
    pairs = native_ids(dialogues, draw=draw, suffix_ids=suffix_ids)
    if str(path).removesuffix(".gz").removesuffix(".zst").endswith(".json"):
        return write_list(path, (dialogue_to_native(dialogue, native_id) for native_id, dialogue in pairs))
    folder = Path(path)
    schemas: dict[str, Schema] = {}
    count = 0
    with writing_files(folder, _PER_FILE) as files:
        for native_id, dialogue in pairs:
            kept = dialogue.native.get(FORMAT, {})
            split = _split(kept.get("file", ""))
            native = dialogue_to_native(dialogue, native_id.removeprefix(f"{split}-") if split else native_id)
            files.add(kept.get("file"), _encode(native))
            services = schemas.setdefault(split, {})
            for service, entry in kept.get("schema", {}).items():
                services.setdefault(service, entry)
            count += 1
    for split, schema in schemas.items():
        if schema:
            write_schema(folder / split, schema.values())
    return count


def _natives(place: Path) -> Iterator[tuple[str, _Found]]:
    """Yield each native dialogue under its split, which is empty where the files lie in the folder itself."""
    schemas: dict[Path, Schema] = {}
    for file in dialogue_files(place, "SGD"):
        if file.parent not in schemas:
            schemas[file.parent] = read_schema(file.parent)
        name = "" if file == place else str(file.relative_to(place))
        for native in read_list(file):
            yield _split(name), _Found(native, name, schemas[file.parent])


def _split(file: str) -> str:
    """The folder of a file in the whole set; empty for a file of one split."""
    return "" if len(Path(file).parts) < 2 else Path(file).parts[0]
