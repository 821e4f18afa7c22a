"""Abg-CoQA, conversations about a story whose last question may have several readings.

    for dialogue in read("coqa_abg_val.json"): print(dialogue.facts["row"], dialogue.facts.get("intent"))

A JSON object with `version` and `data`, a list of rows: `story`, `history_turns`, `target_turn`, `ambiguity`, and for
an ambiguous one what one or two annotators asked back, with the user's replies and the answers that they lead to. A row
is a conversation where its question is clear, and one for each reply of each annotator where it is not: the id tells
the reply (`ROW#2.1`: the second annotator's first), the fact `row` the row. The hidden intent is the question asked
back with the reply to it, or what a reply's own `intent` says, a key beyond the data set's. All answers to a reply are
references of one another, and so are the annotators' questions; the row's own answer to its ambiguous question, only
one reading, is the label `guess` of the turn that asks back. Only what answers the target question has an action. The
writer makes one row of conversations of one row that follow each other.
Data: https://github.com/MeiqiGuo/AKBC2021-Abg-CoQA (MIT), Guo and others, 2021; none of it comes with Duologue.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from duologue.corpora.abg_coqa_rows import FORMAT, ROW, conversations, row_of
from duologue.corpora.children import native_ids
from duologue.corpora.json_stream import read_beside, read_under, write_under
from duologue.corpora.problems import OnProblem, UnreadableDialogue, decoded
from duologue.dialogue import Dialogue
from duologue.errors import InputError

_VERSION = "1.0"


def read(path: str | Path, *, on_problem: OnProblem | None = None) -> Iterator[Dialogue]:
    """Stream the conversations of a file.

    Raises:
        InputError: names the file, the row and the field.
    """
    beside = read_beside(path, "data")

    def natives() -> Iterator[tuple[str, Any]]:
        for number, row in enumerate(read_under(path, "data"), start=1):
            key = row.get("id") if isinstance(row, dict) else None
            key = key if isinstance(key, str) and key else f"abg-coqa-{number:06d}"
            try:
                made = conversations(key, row)
            except UnreadableDialogue as error:
                yield key, error
                continue
            for dialogue in made:
                dialogue.native[FORMAT] |= {"beside": beside}
                yield dialogue.id, dialogue

    return decoded(path, natives(), _sound, on_problem)


def write(path: str | Path, dialogues: Iterable[Dialogue], *, draw: int | None = None, suffix_ids: bool = False) -> int:
    """Write conversations as rows and return how many conversations were written.

    Raises:
        InputError: a conversation of another form, or one apart from the others of its row.
    """
    beside: dict[str, Any] = {}
    count = 0

    def rows() -> Iterator[dict[str, Any]]:
        nonlocal count
        met: set[str] = set()
        chosen = native_ids(dialogues, draw=draw, suffix_ids=suffix_ids)
        for key, group in groupby(chosen, key=lambda pair: str(pair[1].facts.get(ROW, pair[0]))):
            made = [dialogue for _, dialogue in group]
            if key in met:
                mend = "write the conversations of one row after one another"
                raise InputError("a conversation apart from the others of its row", where=f"row {key}", mend=mend)
            met.add(key)
            beside.update(made[0].native.get(FORMAT, {}).get("beside", {"version": _VERSION}))
            count += len(made)
            yield row_of(key, made)

    write_under(path, "data", rows(), beside)
    return count


def _sound(key: str, made: Any, tell: OnProblem) -> Dialogue:
    if isinstance(made, UnreadableDialogue):
        raise made
    assert isinstance(made, Dialogue)  # what `natives` yields
    return made
