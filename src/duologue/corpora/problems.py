"""What a reader does with a dialogue that is odd: tell, leave out, or stop (see the docstring of `corpora`).

problems: list[Problem] = []
for dialogue in multiwoz21.read("data.json", on_problem=problems.append): ...
print(Counter(problem.what for problem in problems))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

from duologue.dialogue import Dialogue, Problem
from duologue.errors import InputError

OnProblem: TypeAlias = Callable[[Problem], None]


class UnreadableDialogue(InputError):
    """A dialogue that cannot be read; `problem` says why."""

    def __init__(self, dialogue: str, where: str, what: str) -> None:
        self.problem = Problem(dialogue, where, what)
        super().__init__(what, where=f"dialogue {dialogue}, {where}", mend="mend this dialogue or take it out")


def stop_at(path: str | Path) -> OnProblem:
    """An `on_problem` that raises an `InputError` naming the file."""

    def stop(problem: Problem) -> None:
        raise InputError(
            problem.what,
            where=f"{path}, dialogue {problem.dialogue}, {problem.where}",
            mend="mend this dialogue or take it out",
        )

    return stop


def decoded(
    path: str | Path,
    natives: Iterable[tuple[str, Any]],
    decode: Callable[[str, Any, OnProblem], Dialogue],
    on_problem: OnProblem | None = None,
) -> Iterator[Dialogue]:
    """Decode native dialogues one by one; tell `on_problem` of the odd ones and leave out what cannot be read.

    Args:
        path: the file, for messages.
        natives: (id, native dialogue).
        decode: makes a `Dialogue`, tells of problems, raises `UnreadableDialogue`.
        on_problem: see the docstring of `corpora`.

    Raises:
        InputError: at the first problem, when there is no `on_problem`.
    """
    tell = on_problem or stop_at(path)
    met: set[str] = set()
    for key, native in natives:
        try:
            dialogue = decode(key, native, tell)
        except UnreadableDialogue as error:
            problem = error.problem
            tell(Problem(problem.dialogue, problem.where, f"{problem.what}; left out"))
            continue
        if dialogue.id in met:
            tell(Problem(dialogue.id, "id", "stands in the file before; this one is left out"))
            continue
        met.add(dialogue.id)
        yield dialogue
