"""A project out of Label Studio's export of pairwise preferences: items, annotators, and what they said.

    imported = read_export(Path("annotation-results.json"))
    write_import(place, "sra", imported); save_import(store, "sra", imported)

Read by `evaluation.annotations`, so its agreement is that of `evaluate agreement`. HTML becomes text and turns.
What was imported twice is saved once: the ids of its events are hashes of what they say.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import yaml

from duologue.corpora.json_stream import read_list
from duologue.dialogue import write_rows
from duologue.evaluation.annotations.annotation import Annotation
from duologue.evaluation.annotations.blind import NO_STRATEGY
from duologue.evaluation.annotations.reading import read_annotations
from duologue.files import write_text
from duologue.studio.exchange.html_talk import text_of, turns_of
from duologue.studio.place import Place
from duologue.studio.projects.item import Candidate, Item, Line, Panel
from duologue.studio.store.event import Event
from duologue.studio.store.store import Store

FOLDER = "imported"


class Imported(NamedTuple):
    """Items in the order of the file, the annotations of them, and what was left out and why."""

    items: list[Item]
    rows: list[Annotation]
    problems: list[str]
    strength: int


def read_export(path: Path) -> Imported:
    """Read an export.

    Raises:
        InputError: it is no export of preferences.
    """
    found = read_annotations(path)
    texts = {task: data for task, data in _data(read_list(path))}
    items = {}
    for row in found.rows:
        if row.task not in items:
            items[row.task] = _item(row, texts.get(row.task, {}))
    whole = [row for row in found.rows if row.preference == int(row.preference)]
    problems = list(found.problems)
    if len(whole) < len(found.rows):
        problems.append(f"{len(found.rows) - len(whole)} preferences are no whole numbers; left out")
    strength = max((abs(int(row.preference)) for row in whole), default=1)
    return Imported(list(items.values()), whole, problems, max(strength, 4))


def write_import(place: Place, name: str, imported: Imported) -> Path:
    """Write items and the project's YAML; returns the latter."""
    write_rows(place.root / FOLDER / f"{name}.jsonl", imported.items)
    settings = {
        "type": "pairwise",
        "title": f"Imported: {name}",
        "from": {"items": f"{FOLDER}/{name}.jsonl"},
        "questions": [
            {
                "name": "preference",
                "kind": "preference",
                "text": "Which reply follows the strategy better?",
                "strength": imported.strength,
            }
        ],
    }
    write_text(project := place.root / "projects" / f"{name}.yaml", yaml.safe_dump(settings, sort_keys=False))
    return project


def save_import(store: Store, project: str, imported: Imported) -> int:
    """Save what was said as events; returns how many."""
    people = {name: store.add_annotator(project, name).id for name in sorted({row.annotator for row in imported.rows})}
    waiting = [store.save(project, _event(project, people[row.annotator], row)) for row in imported.rows]
    for each in waiting:
        each.result()
    return len(waiting)


def _event(project: str, annotator: str, row: Annotation) -> Event:
    said = f"{project}\0{annotator}\0{row.task}\0{row.preference}"
    id = str(uuid.UUID(hashlib.sha256(said.encode()).hexdigest()[:32]))
    return Event(id, annotator, row.task, "answer", "preference", "", int(row.preference), row.seconds)


def _item(row: Annotation, data: dict[str, Any]) -> Item:
    texts = [
        str(data[f"model{at}_response"]) if f"model{at}_response" in data else text_of(str(data.get(side) or ""))
        for at, side in ((1, "left"), (2, "right"))
    ]
    answers = tuple(
        Candidate(f"a{at + 1}", text, system, {name: pair[at] for name, pair in row.measures.items()})
        for at, (text, system) in enumerate(zip(texts, (row.left, row.right), strict=True))
    )
    strategy = turns_of(row.strategy or "")
    named = (strategy[0].speaker or strategy[0].text) if strategy else ""
    about = strategy[0].text if strategy and strategy[0].speaker else text_of(str(data.get("metadata") or ""))
    told = named not in ("", NO_STRATEGY)
    panels = _panels(data) or (
        *((Panel(f"Strategy: {named}", about),) if told else ()),
        *_conversation(str(data.get("history") or "")),
    )
    return Item(row.task, panels, answers, facts={"strategy": named} if told else {})


def _panels(data: dict[str, Any]) -> tuple[Panel, ...]:
    """What a studio's own export shows."""
    try:
        return msgspec.convert(data.get("panels"), tuple[Panel, ...])
    except msgspec.ValidationError:
        return ()


def _conversation(history: str) -> Iterator[Panel]:
    """Of two speakers the one who speaks last is the user, because what follows answers them."""
    turns = turns_of(history)
    speakers = {each.speaker for each in turns}
    if turns and "" not in speakers:
        roles = {each: "user" if each == turns[-1].speaker else "system" for each in speakers if len(speakers) == 2}
        yield Panel("Conversation", lines=tuple(Line(name, text, role=roles.get(name, "")) for name, text in turns))
    elif turns:
        yield Panel("Conversation", text_of(history))


def _data(elements: Iterable[Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for element in elements:
        data = element.get("data", element) if isinstance(element, dict) else {}
        if isinstance(data, dict):
            task = data.get("task") or data.get("conv_id") or element.get("id")
            yield str(task), data
