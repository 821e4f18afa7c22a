"""Two systems' answers to the same histories, paired by what they answer, never by their place in a file.

found = compare(answers_of_branches("runs/c1"), answers_of_branches("runs/standard"), ("c1_hf", "standard"))
found.comparisons[0].first.text, found.problems
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from duologue.corpora.strategies import Strategy
from duologue.dialogue import Turn
from duologue.errors import InputError
from duologue.evaluation.comparisons.answered import Answered


class Comparison(NamedTuple):
    """Two answers to one history; both have its key."""

    first: Answered
    second: Answered

    @property
    def id(self) -> str:
        """What was answered."""
        return self.first.key

    @property
    def conversation(self) -> str:
        """The conversation it is from."""
        return self.first.conversation

    @property
    def history(self) -> list[Turn]:
        """The turns before the answers."""
        return self.first.history

    @property
    def strategy(self) -> Strategy | None:
        """What the answers were to follow."""
        return self.first.strategy


class Comparisons(NamedTuple):
    """What can be compared, in the first system's order, and what cannot, and why."""

    systems: tuple[str, str]
    comparisons: list[Comparison]
    problems: list[str]


def compare(first: Iterable[Answered], second: Iterable[Answered], systems: tuple[str, str]) -> Comparisons:
    """Pair the answers of two systems.

    Raises:
        InputError: they have nothing in common.
    """
    problems: list[str] = []
    one, other = (by_key(answers, name, problems) for answers, name in zip((first, second), systems, strict=True))
    comparisons = []
    for key in one:
        if key not in other:
            continue
        if [turn.said for turn in one[key].history] != [turn.said for turn in other[key].history]:
            problems.append(f"{key}: the histories differ; left out")
        elif not (one[key].text and other[key].text):
            silent = [name for name, each in zip(systems, (one, other), strict=True) if not each[key].text]
            problems.append(f"{key}: no answer by {' and '.join(silent)}; left out")
        else:
            comparisons.append(Comparison(one[key], other[key]))
    for name, keys in ((systems[0], one.keys() - other.keys()), (systems[1], other.keys() - one.keys())):
        problems += [f"{key}: only {name} answers it; left out" for key in sorted(keys)]
    if not comparisons:
        told = f" ({problems[0]})" if problems else ""
        mend = "give two systems' answers to the same continuation points and strategies"
        raise InputError(f"{systems[0]} and {systems[1]} have no answer in common{told}", mend=mend)
    return Comparisons(systems, comparisons, problems)


def by_key(answers: Iterable[Answered], system: str, problems: list[str]) -> dict[str, Answered]:
    """A system's answers by what they answer; what it answers twice is added to the problems."""
    found: dict[str, Answered] = {}
    for each in answers:
        if each.key in found:
            problems.append(f"{each.key}: {system} answers it more than once; the first counts")
        found.setdefault(each.key, each)
    return found
