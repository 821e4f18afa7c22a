"""What people have said, as rows: an answer each, with names instead of ids; and as preferences between two answers.

rows = judgements(project, items, snapshot)
preferences(compared(question, items, rows))    # rows of `evaluation.annotations`, for agreement and win rates
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import combinations
from typing import Any, NamedTuple, TypeAlias

import msgspec

from duologue.evaluation.annotations.annotation import Annotation
from duologue.studio.projects.item import Candidate, Item
from duologue.studio.projects.project import Project
from duologue.studio.projects.question import Question
from duologue.studio.store.event import State
from duologue.studio.store.store import Snapshot


class Judgement(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one annotator answered to one question of one item.

    Attributes:
        item: its id.
        annotator: their name.
        question: its name.
        target: the answer's name or the turn's number; nothing of a question about the item.
        value: a preference is below 0 for the item's first answer.
        system: whose answer the target is.
        check: whether the item is an attention check.
        comment: the annotator's remark on the item.
        seconds: that they had the item in view.
        at: when they last changed something of the item.
    """

    item: str
    annotator: str
    question: str
    target: str
    value: Any
    system: str = ""
    check: bool = False
    comment: str = ""
    seconds: float = 0.0
    at: datetime | None = None


def judgements(project: Project, items: Mapping[str, Item], found: Snapshot) -> list[Judgement]:
    """Every answer that holds, by item and annotator; what was left out is not among them."""
    states = State(found.events).of
    rows = []
    for id, item in items.items():
        systems = {each.name: each.system for each in item.answers}
        for person in found.annotators.values():
            state = states.get(person.id, {}).get(id)
            if state is None or state.skipped:
                continue
            for question in project.questions:
                for (name, target), value in state.answers.items():
                    if name == question.name:
                        rows.append(
                            Judgement(
                                id,
                                person.name,
                                name,
                                target,
                                value,
                                systems.get(target, ""),
                                bool(item.expected),
                                state.comment,
                                round(state.seconds, 1),
                                state.at,
                            )
                        )
    return rows


Key: TypeAlias = tuple[str, str, str]
"""An item and two of its answers."""


class Compared(NamedTuple):
    """Two answers of an item, and how much somebody prefers the right one (below 0 the left one)."""

    row: Judgement
    item: Item
    left: Candidate
    right: Candidate
    preference: float

    @property
    def key(self) -> Key:
        """What was compared."""
        return self.item.id, self.left.name, self.right.name

    @property
    def measures(self) -> dict[str, tuple[float, float]]:
        """Measure -> its value for the left and for the right answer, where both have one."""
        shared = sorted(self.left.measures.keys() & self.right.measures.keys())
        return {name: (self.left.measures[name], self.right.measures[name]) for name in shared}


def compared(question: Question, items: Mapping[str, Item], rows: Sequence[Judgement]) -> list[Compared]:
    """Answers to a question as preferences between two answers each; nothing where it compares none.

    A rank counts by how many places the one is before the other, a scale by how many points it is above.
    """
    if question.kind == "preference":
        own = ((row, items[row.item]) for row in rows)
        return [Compared(row, item, item.answers[0], item.answers[1], float(row.value)) for row, item in own]
    if question.of != "answers" or question.kind not in ("rank", "scale"):
        return []
    sign = -1 if question.kind == "rank" else 1
    found = []
    for said in _by_person(rows):
        item, values = items[said[0].item], {row.target: float(row.value) for row in said}
        given = [each for each in item.answers if each.name in values]
        for left, right in combinations(given, 2):
            found.append(Compared(said[0], item, left, right, sign * (values[right.name] - values[left.name])))
    return found


def preferences(pairs: Iterable[Compared]) -> list[Annotation]:
    """The same as rows of `evaluation.annotations`; a pair of three answers or more is a task of its own."""
    return [_annotation(each) for each in pairs]


def _by_person(rows: Sequence[Judgement]) -> Iterator[list[Judgement]]:
    found: dict[tuple[str, str], list[Judgement]] = {}
    for row in rows:
        found.setdefault((row.item, row.annotator), []).append(row)
    yield from found.values()


def _annotation(each: Compared) -> Annotation:
    item, left, right = each.item, each.left, each.right
    strategy = item.facts.get("strategy")
    return Annotation(
        task=f"{item.id} {left.name}-{right.name}" if len(item.answers) > 2 else item.id,
        annotator=each.row.annotator,
        preference=each.preference,
        left=left.system,
        right=right.system,
        strategy=strategy if isinstance(strategy, str) else None,
        measures=each.measures,
        seconds=each.row.seconds or None,
    )
