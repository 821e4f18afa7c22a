"""What a corpus holds and what is wrong with it, counted while it streams by.

census = Census()
for dialogue in read(path, on_problem=census.problem): census.add(dialogue, check(dialogue))
print(census.counts(), census.kinds())
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

import msgspec

from duologue.dialogue import Branch, Dialogue, Problem, Turn

_DETAIL = re.compile(r"'[^']*'|\"[^\"]*\"|\d+|\[[^\]]*\]")
_EXAMPLES = 3


class ProblemKind(msgspec.Struct):
    """Problems that differ only in place, numbers and quoted text: how many, and the first of them."""

    what: str
    count: int
    examples: list[str]


class Counts(msgspec.Struct):
    """What a corpus holds; `words` are separated by white space, insertions included."""

    dialogues: int
    turns: dict[str, int]
    words: int
    with_state: int
    domains: dict[str, int]
    insertions: dict[str, int]
    labels: dict[str, int]
    facts: dict[str, int]
    branches: int


class Census:
    """Counts dialogues and problems; the memory it needs grows with the ids only."""

    def __init__(self) -> None:
        self.problems = 0
        self._dialogues = self._words = self._with_state = self._branches = 0
        self._turns: Counter[str] = Counter()
        self._domains: Counter[str] = Counter()
        self._insertions: Counter[str] = Counter()
        self._labels: Counter[str] = Counter()
        self._facts: Counter[str] = Counter()
        self._kinds: dict[str, ProblemKind] = {}
        self._ids: set[str] = set()

    def add(self, dialogue: Dialogue, problems: Iterable[Problem] = ()) -> None:
        """Count a dialogue with its branches and what is wrong with it."""
        self._dialogues += 1
        domains: set[str] = set()
        for turn in dialogue.turns:
            self._turn(turn, domains)
        self._branch(dialogue.branches, domains)
        self._domains.update(domains)
        self._facts.update(dialogue.facts.keys())
        if dialogue.id in self._ids:
            self.problem(Problem(dialogue.id, "id", "stands in the file before"))
        self._ids.add(dialogue.id)
        for problem in problems:
            self.problem(problem)

    def problem(self, problem: Problem) -> None:
        """Count a problem under its kind."""
        self.problems += 1
        place = re.sub(r"branch \S+?,? ?|\d+", "", problem.where).split(", ")[-1].strip().replace("[]", "")
        what = f"{place}: {_DETAIL.sub('…', problem.what)}"
        kind = self._kinds.setdefault(what, ProblemKind(what, 0, []))
        kind.count += 1
        if len(kind.examples) < _EXAMPLES:
            kind.examples.append(str(problem))

    def counts(self) -> Counts:
        """What was counted so far."""
        return Counts(
            self._dialogues,
            dict(self._turns),
            self._words,
            self._with_state,
            dict(self._domains.most_common()),
            dict(self._insertions.most_common()),
            dict(self._labels.most_common()),
            dict(self._facts.most_common()),
            self._branches,
        )

    def kinds(self) -> list[ProblemKind]:
        """The kinds of problems, the most frequent first."""
        return sorted(self._kinds.values(), key=lambda kind: -kind.count)

    def _branch(self, branches: list[Branch], domains: set[str]) -> None:
        for branch in branches:
            self._branches += 1
            for turn in branch.turns:
                self._turn(turn, domains)
            self._branch(branch.branches, domains)

    def _turn(self, turn: Turn, domains: set[str]) -> None:
        self._turns[turn.speaker] += 1
        self._words += len(turn.said.split())
        self._with_state += turn.state is not None
        self._insertions.update(insertion.kind for insertion in turn.insertions)
        self._labels.update(turn.labels.keys())
        domains.update(turn.state or ())
        domains.update(act.domain for act in turn.acts or ())
