"""Items out of what a project names: exchanges, two or more systems' answers, turns, or questions of dialogues.

made = make_items(project, root)      # Made(items, checks, problems)
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from duologue.corpora import formats
from duologue.corpora.actions import ACTION
from duologue.corpora.strategies import Strategy
from duologue.dialogue import Dialogue, Turn, paths, read_rows
from duologue.errors import InputError
from duologue.evaluation.comparisons.answered import Answered
from duologue.evaluation.comparisons.comparison import by_key
from duologue.evaluation.comparisons.loading import load_answers
from duologue.studio.projects.item import CHAT, Candidate, Item, Line, Panel
from duologue.studio.projects.project import Project

_SPEAKERS = {"user": "User", "system": "Assistant", "tool": "Tool"}


class Made(NamedTuple):
    """Items, attention checks, and what was left out and why."""

    items: list[Item]
    checks: list[Item]
    problems: list[str]


def make_items(project: Project, place: Callable[[str], Path]) -> Made:
    """Read what a project is about.

    Args:
        project: the project.
        place: a path of the project as a file within the studio's folder.

    Raises:
        InputError: a file cannot be read, nothing in it can be judged, or an id stands there twice.
    """
    source, problems = project.source, list[str]()
    if source.items is not None:
        found = list(read_rows(place(source.items), Item))
    elif source.systems:
        found = list(_answers(project, place, problems))
    else:
        made = {"exchanges": _exchanges, "turns": _turns, "questions": _questions}
        assert source.dialogues is not None
        dialogues = formats.read(place(source.dialogues), source.format)
        found = [item for dialogue in dialogues for item in made[project.shows](dialogue, project)]
    if not found:
        told = f" ({problems[0]})" if problems else ""
        raise InputError(f"there is nothing to judge{told}", where=project.name, mend="look at `from` and `shows`")
    if source.limit is not None and len(found) > source.limit:
        kept = set(random.Random(f"items\0{project.seed}").sample(range(len(found)), source.limit))
        found = [item for at, item in enumerate(found) if at in kept]
    checks = [] if project.checks is None else list(read_rows(place(project.checks.items), Item))
    _require_usable(project, found, checks)
    return Made(found, checks, problems)


def _require_usable(project: Project, found: Sequence[Item], checks: Sequence[Item]) -> None:
    ids = [item.id for item in (*found, *checks)]
    if twice := next((id for id, count in Counter(ids).items() if count > 1), None):
        raise InputError(f"two items have the id {twice!r}", where=project.name, mend="give each its own")
    for item in checks:
        if not item.expected:
            raise InputError("a check without `expected`", where=f"{project.name}, {item.id}", mend="say what is right")
    for item in (*found, *checks):
        for question in project.questions:
            lacks = (question.of == "answers" and not item.answers) or (question.of == "turns" and not item.turns)
            if lacks or (question.kind == "preference" and len(item.answers) != 2):
                what = f"{question.name!r} cannot be asked: the item has {len(item.answers)} answers"
                raise InputError(what, where=f"{project.name}, {item.id}", mend="look at `of` and `shows`")


class _Path(NamedTuple):
    """A way through a dialogue's tree, and for each of its turns whether no way before it has that turn."""

    dialogue: Dialogue
    fresh: list[bool]


def _ways(dialogue: Dialogue) -> Iterator[_Path]:
    """Trunk and branches, so that a turn that several share is asked about once."""
    seen = set[int]()
    for path in paths(dialogue):
        yield _Path(path, [id(turn) not in seen for turn in path.turns])
        seen.update(map(id, path.turns))


def _exchanges(dialogue: Dialogue, project: Project) -> Iterator[Item]:
    """Where a user's turn or the reply to it has something that an operator put in."""
    situation = str(dialogue.facts.get("situation") or "")
    for path, fresh in _ways(dialogue):
        for at in range(1, len(path.turns)):
            asked, replied = path.turns[at - 1], path.turns[at]
            changed = asked.insertions or replied.insertions
            if fresh[at] and changed and asked.speaker == "user" and replied.speaker == "system":
                panels = (
                    *((Panel("The user's situation", situation),) if situation else ()),
                    *_history(path.turns[: at - 1], path.roles, project),
                    Panel("The exchange to judge", lines=tuple(_lines([asked, replied], path.roles))),
                )
                yield Item(f"{path.id}, turn {at}", panels, facts={"dialogue": path.id, "turn": at})


def _turns(dialogue: Dialogue, project: Project) -> Iterator[Item]:
    """Whole conversations; the turns of the project's speaker are labelled, those that branches share once."""
    for path, fresh in _ways(dialogue):
        lines = [
            Line(_name(turn, path.roles), turn.said, at if new and _labelled(turn, project) else None, turn.speaker)
            for at, (turn, new) in enumerate(zip(path.turns, fresh, strict=True))
        ]
        if any(line.turn is not None for line in lines):
            labels = {str(at): turn.labels for at, turn in enumerate(path.turns) if turn.labels}
            yield Item(path.id, (Panel("Conversation", lines=tuple(lines)),), facts={"labels": labels})


def _labelled(turn: Turn, project: Project) -> bool:
    return turn.speaker != "tool" and project.source.speaker in ("both", turn.speaker)


def _questions(dialogue: Dialogue, project: Project) -> Iterator[Item]:
    """System turns with an action, each with what the answer rests on."""
    for path, fresh in _ways(dialogue):
        for at, turn in enumerate(path.turns):
            if fresh[at] and turn.speaker == "system" and ACTION in turn.labels:
                panels = (
                    *_grounding(path),
                    *_history(path.turns[:at], path.roles, project),
                    Panel("The reply to judge", lines=tuple(_lines([turn], path.roles))),
                )
                facts = {"dialogue": path.id, "turn": at, "action": turn.labels[ACTION][0]}
                yield Item(f"{path.id}, turn {at}", panels, facts=facts)


def _grounding(dialogue: Dialogue) -> Iterator[Panel]:
    rests = dialogue.grounding
    if rests is None:
        return
    if rests.table:
        yield Panel("Table", rows=tuple(tuple(row) for row in rests.table))
    for passage in rests.passages:
        yield Panel("Text", passage)
    if rests.database and dialogue.instruction:
        yield Panel("Database", dialogue.instruction)


def _answers(project: Project, place: Callable[[str], Path], problems: list[str]) -> Iterator[Item]:
    """What all systems have answered, paired by what was answered, never by the place in a file."""
    source = project.source
    references = None if source.reference is None else partial(formats.read, place(source.reference), source.format)
    answers = {
        system: by_key(
            load_answers(str(place(path)), layout=source.layouts.get(system), references=references), system, problems
        )
        for system, path in source.systems.items()
    }
    for key in dict.fromkeys(key for own in answers.values() for key in own):
        given = {system: own[key] for system, own in answers.items() if key in own and own[key].text}
        if silent := [system for system in answers if system not in given]:
            problems.append(f"{key}: no answer by {' and '.join(silent)}; left out")
            continue
        first, *others = ([turn.said for turn in each.history] for each in given.values())
        if any(history != first for history in others):
            problems.append(f"{key}: the histories differ; left out")
            continue
        yield _compared(project, next(iter(given.values())), given)


def _compared(project: Project, one: Answered, answers: dict[str, Answered]) -> Item:
    panels = (*_strategy(one.strategy), *_history(one.history, one.roles, project))
    candidates = tuple(
        Candidate(f"a{at}", each.text, system, {name: float(value) for name, value in each.measures.items()}, each.id)
        for at, (system, each) in enumerate(answers.items(), 1)
    )
    name = hashlib.sha256(f"{project.seed}\0{one.key}".encode()).hexdigest()[:16]
    messages = [{"role": CHAT[turn.speaker], "content": turn.said} for turn in one.history if turn.speaker in CHAT]
    facts = {"compared": one.key, "conversation": one.conversation, "messages": messages}
    return Item(name, panels, candidates, facts=facts | ({"strategy": one.strategy.name} if one.strategy else {}))


def _strategy(strategy: Strategy | None) -> Iterator[Panel]:
    if strategy is not None:
        yield Panel(f"Strategy: {strategy.name}", strategy.description)


def _history(turns: Sequence[Turn], roles: dict[str, str], project: Project) -> Iterator[Panel]:
    most = project.source.history
    shown = turns if most is None else turns[-most:]
    if shown:
        yield Panel("Conversation" if len(shown) == len(turns) else f"Conversation, the last {len(shown)} turns",
                    lines=tuple(_lines(shown, roles)))  # fmt: skip


def _lines(turns: Sequence[Turn], roles: dict[str, str]) -> Iterator[Line]:
    return (Line(_name(turn, roles), turn.said, role=turn.speaker) for turn in turns)


def _name(turn: Turn, roles: dict[str, str]) -> str:
    return roles.get(turn.speaker, _SPEAKERS[turn.speaker])
