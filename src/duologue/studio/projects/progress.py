"""How far annotators are: of an item, of a person, of a project.

found = progress(opened.project, opened.items, snapshot)
found.people[0].done, found.wanted
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from duologue.studio.projects.item import Item
from duologue.studio.projects.project import Project
from duologue.studio.store.event import ItemState, State
from duologue.studio.store.store import Annotator, Snapshot


class PersonProgress(NamedTuple):
    """What one annotator has done.

    Attributes:
        person: who.
        begun: items they have said something of.
        done: items that are finished, checks included.
        checks: of these, attention checks.
        skipped: items they left out.
        seconds: in view for each finished item, a mean.
    """

    person: Annotator
    begun: int
    done: int
    checks: int
    skipped: int
    seconds: float


class ProjectProgress(NamedTuple):
    """Everybody's, and how many judgements there are of how many."""

    people: list[PersonProgress]
    done: int
    wanted: int


def finished(project: Project, item: Item, state: ItemState) -> bool:
    """Whether all that is required has an answer."""
    return not state.skipped and all(
        (question.name, target) in state.answers
        for question in project.questions
        if question.required
        for target in targets(question.of, item)
    )


def targets(of: str, item: Item) -> list[str]:
    """What a question is asked of in an item, as it is kept."""
    if of == "answers":
        return [each.name for each in item.answers]
    return [str(turn) for turn in item.turns] if of == "turns" else [""]


def progress(project: Project, items: Mapping[str, Item], found: Snapshot) -> ProjectProgress:
    """How far everybody is, at the moment of the snapshot."""
    states = State(found.events).of
    people = [_of_person(project, items, person, states.get(person.id, {})) for person in found.annotators.values()]
    judged = sum(not item.expected for item in items.values())
    return ProjectProgress(people, sum(each.done - each.checks for each in people), judged * project.overlap)


def _of_person(
    project: Project, items: Mapping[str, Item], person: Annotator, states: Mapping[str, ItemState]
) -> PersonProgress:
    done = [id for id, state in states.items() if id in items and finished(project, items[id], state)]
    seconds = sum(state.seconds for state in states.values()) / max(len(done), 1)
    checks = sum(bool(items[id].expected) for id in done)
    return PersonProgress(
        person, len(states), len(done), checks, sum(state.skipped for state in states.values()), seconds
    )
