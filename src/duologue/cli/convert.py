"""`duologue convert`: read a corpus in one format and write it in another, as a stream."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Annotated, Any

from cyclopts import Parameter

from duologue.corpora import formats
from duologue.corpora.problems import OnProblem, stop_at
from duologue.dialogue import Dialogue, Problem


def convert(
    src: str,
    dest: str,
    *,
    from_: Annotated[str, Parameter(name="--from")] = "duologue",
    to: str = "duologue",
    draw: int | None = None,
    suffix_ids: bool = False,
    multiwoz: str | None = None,
    multiwoz_format: str = "multiwoz21",
    partition: str | None = None,
    split: str | None = None,
    repair: Annotated[bool | None, Parameter(negative="")] = None,
    layout: str | None = None,
    paths: Annotated[bool | None, Parameter(negative="")] = None,
    keep_going: bool = False,
) -> int:
    """Read a corpus in one format and write it in another.

    The first dialogue with something wrong stops it, unless you say --keep-going. Formats: see `duologue check --help`
    and docs; an unknown name lists them.

    Args:
        src: the file (or folder) to read.
        dest: the file (or folder) to write; `.gz` and `.zst` are packed.
        from_: format of src.
        to: format of dest.
        draw: of several draws of one dialogue, write this one.
        suffix_ids: write derived dialogues under their own ids instead of their parents'.
        multiwoz: reading fusedchat: the MultiWOZ file that its dialogues come from.
        multiwoz_format: format of that file.
        partition: reading fusedchat: its partition dictionary.
        split: reading fusedchat: only this split of the partition.
        repair: reading situations: mend the known flaws of the published files.
        layout: writing vertex: current, gemini-1.0, palm-chat or palm-text; writing multiwoz21: published or converted.
        paths: writing chat formats: every path of a tree, not only the trunk.
        keep_going: leave out what cannot be read, write the rest, tell at the end (exit 1).
    """
    read_options: dict[str, Any] = _given(split=split, repair=repair)
    if multiwoz is not None:
        read_options["multiwoz"] = formats.read(multiwoz, multiwoz_format)
    if partition is not None:
        from duologue.corpora.fusedchat import read_partition

        read_options["partition"] = read_partition(partition)
    odd: list[Problem] = []
    tell = odd.append if keep_going else None
    dialogues = formats.read(src, from_, on_problem=tell, **read_options)
    checked = _checked(dialogues, from_, tell or stop_at(src))
    count = formats.write(dest, checked, to, draw=draw, suffix_ids=suffix_ids, **_given(layout=layout, paths=paths))
    print(f"{count} dialogues written to {dest}")
    for problem in odd:
        print(problem, file=sys.stderr)
    return 1 if odd else 0


def _checked(dialogues: Iterator[Dialogue], name: str, tell: OnProblem) -> Iterator[Dialogue]:
    """The dialogues; what is wrong with one is told, and one that is wrong without anybody stopping is left out."""
    for dialogue in dialogues:
        problems = list(formats.check(dialogue, name))
        for problem in problems:
            tell(Problem(problem.dialogue, problem.where, f"{problem.what}; left out"))
        if not problems:
            yield dialogue


def _given(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}
