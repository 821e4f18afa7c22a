"""A folder for a studio: items of two answers, projects over them, and a client that is a page of its own."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from starlette.testclient import TestClient

from duologue.studio.projects.item import Candidate, Item, Line, Panel
from duologue.studio.statistics.judgements import Judgement, judgements
from duologue.studio.store.event import Event
from duologue.studio.studio import Studio

HOST = "http://127.0.0.1"


def compared(number: int, **more: Any) -> Item:
    """An item with two answers, whose systems are called `left-wing` and `right-wing`."""
    talk = (Line("User", f"Question {number}", role="user"),)
    answers = (
        Candidate("a1", f"Answer one of {number}", "left-wing", {"sra": float(number)}),
        Candidate("a2", f"Answer two of {number}", "right-wing", {"sra": 1.0}),
    )
    return Item(f"item-{number}", (Panel("Conversation", lines=talk),), answers, **more)


def write_items(path: Path, items: list[Item]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(msgspec.json.encode(item) + b"\n" for item in items))


def folder_with(root: Path, project: str, items: list[Item], name: str = "task") -> Path:
    """A studio's folder with one project over items."""
    write_items(root / "items.jsonl", items)
    (root / "projects").mkdir(parents=True, exist_ok=True)
    (root / "projects" / f"{name}.yaml").write_text(project)
    return root


class Page:
    """What a page can do: its own cookies, and the token that stands in it."""

    def __init__(self, app: Any, path: str, base: str = HOST) -> None:
        self.client = TestClient(app, base_url=base)
        self.path = path
        found = self.client.get(path)
        assert found.status_code == 200, found.text
        self.html = found.text
        token = re.search(r'name="form-token" content="(\w+)"', found.text)
        assert token is not None
        self.token = token[1]

    def post(self, path: str, body: Any = None) -> Any:
        return self.client.post(path, json=body if body is not None else {}, headers={"x-form-token": self.token})

    def get(self, path: str) -> Any:
        return self.client.get(path).json()

    def act(self, item: int, kind: str = "answer", *, id: str | None = None, **more: Any) -> Any:
        """Do something on the annotator's page."""
        return self.post(f"{self.path}/events", {"id": id or str(uuid.uuid4()), "item": item, "kind": kind, **more})


def annotator(app: Any, studio: Studio, name: str, project: str = "task") -> Page:
    """The page of somebody who was invited."""
    person = studio.store.add_annotator(project, name)
    return Page(app, f"/a/{studio.secret.link(person.id)}")


Said = Mapping[str, Mapping[str, Mapping[tuple[str, str], Any]]]
"""Annotator -> item -> question and target -> value, targets and preferences as an item names them."""


def say(studio: Studio, said: Said, project: str = "task") -> None:
    """Save what people say, as their pages would."""
    waiting = []
    for name, items in said.items():
        person = studio.store.add_annotator(project, name).id
        for item, answers in items.items():
            for (question, target), value in answers.items():
                event = Event(str(uuid.uuid4()), person, item, "answer", question, target, value, 1.0)
                waiting.append(studio.store.save(project, event))
    for each in waiting:
        each.result(30)


def rows_of(studio: Studio, project: str = "task") -> list[Judgement]:
    """What has been said so far."""
    opened = studio.projects[project]
    return judgements(opened.project, opened.items, studio.store.snapshot(project))
