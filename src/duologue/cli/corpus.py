"""Opening a corpus by the name of its format, as commands do.

for dialogue in open_corpus(Path("val.json"), "multiwoz21", problems): ...
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from duologue.dialogue import Dialogue, Problem, read
from duologue.errors import InputError


def open_corpus(source: str | Path, format: str, problems: list[Problem]) -> Iterator[Dialogue]:
    """Stream a corpus; what is odd in it is noted in `problems` and passed over.

    Raises:
        InputError: there is no such format.
    """
    if format == "duologue":
        return read(source)
    name = f"duologue.corpora.{format.replace('-', '_')}"
    module = import_module(name) if format.replace("-", "").isalnum() and find_spec(name) is not None else None
    if not hasattr(module, "read"):
        raise InputError(f"there is no format {format!r}", where="--format", mend="see duologue convert --help")
    dialogues: Iterator[Dialogue] = module.read(source, on_problem=problems.append)  # type: ignore[union-attr]
    return dialogues
