"""Answers and comparisons from what a user names: run folders, files, and the dialogues that predictions answer.

found = load_comparisons(("runs/c1", "runs/standard"))
found = load_comparisons(("a.jsonl", "b.jsonl"), references=partial(formats.read, "test.json", "multiwoz21"))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeAlias

from duologue.corpora.strategies import Strategies
from duologue.dialogue import Dialogue
from duologue.errors import InputError
from duologue.evaluation.comparisons.answered import Answered, answers_of_branches, answers_of_predictions
from duologue.evaluation.comparisons.comparison import Comparisons, compare

References: TypeAlias = Callable[[], Iterable[Dialogue]]


def load_comparisons(
    paths: tuple[str, str],
    *,
    layouts: tuple[str, str] | None = None,
    names: tuple[str, str] | None = None,
    references: References | None = None,
    strategies: Strategies | None = None,
) -> Comparisons:
    """Two systems' answers, paired.

    Args:
        paths: dialogues with branches (a file, or a folder with `dialogues.jsonl`), or with `references` predictions.
        layouts: which layout's branches are the one system's and the other's.
        names: what to call the systems; by default their layouts, else their folders or files.
        references: reads the dialogues that predictions answer.
        strategies: what strategies mean, where they are a user's own.

    Raises:
        InputError: they cannot be compared; says why.
    """
    if names is not None and names[0] == names[1]:
        raise InputError(f"both systems are called {names[0]!r}", where="--names", mend="give two names")
    one, other = (
        load_answers(path, layout=layout, references=references, strategies=strategies)
        for path, layout in zip(paths, layouts or (None, None), strict=True)
    )
    return compare(one, other, names or _names(paths, one, other))


def load_answers(
    path: str, *, layout: str | None = None, references: References | None = None, strategies: Strategies | None = None
) -> list[Answered]:
    """One system's answers; for the arguments see `load_comparisons`.

    Raises:
        InputError: there are none, or those of several layouts.
    """
    if references is not None:
        return list(answers_of_predictions(path, references()))
    answers = list(answers_of_branches(path, layout=layout, strategies=strategies))
    if len(met := sorted({each.layout for each in answers})) > 1:
        raise InputError(f"holds several layouts ({', '.join(met)})", where=path, mend="name one with --layouts")
    return answers


def _names(paths: tuple[str, str], one: list[Answered], other: list[Answered]) -> tuple[str, str]:
    layouts = (one[0].layout, other[0].layout)
    if all(layouts) and layouts[0] != layouts[1]:
        return layouts
    first, second = (_called(Path(path)) for path in paths)
    return (first, second) if first != second else (f"{first} (A)", f"{second} (B)")


def _called(path: Path) -> str:
    return path.parent.name if path.name == "dialogues.jsonl" and path.parent.name else path.name.partition(".")[0]
