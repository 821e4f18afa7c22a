"""Annotators' pages: reached by a signed link of their own, and nothing but their own work is on them."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from duologue.errors import InputError
from duologue.studio.projects.item import Item
from duologue.studio.projects.progress import finished
from duologue.studio.projects.question import checked
from duologue.studio.store.event import Event, ItemState, Kind
from duologue.studio.store.store import Annotator, Asked
from duologue.studio.studio import Opened, Studio
from duologue.studio.web.pages import markdown, page

routes = APIRouter(prefix="/a/{link}")
_EXPIRED = "the time of this link is over, and what you said is saved: ask whoever gave it to you for more time"
_ENDED = "this link does not hold: ask whoever gave it to you for a new one"


class Sent(BaseModel):
    """An act, as the page sends it."""

    model_config = ConfigDict(extra="forbid")

    id: Annotated[str, Field(pattern=r"^[0-9a-f-]{36}$")]
    item: Annotated[int, Field(ge=0)]
    """Place among the items that this person was given."""
    kind: Kind
    question: Annotated[str, Field(max_length=64)] = ""
    target: Annotated[str, Field(max_length=64)] = ""
    value: Any = None
    seconds: Annotated[float | None, Field(ge=0, le=86_400)] = None


@routes.get("", response_class=HTMLResponse)
def begin(request: Request, link: str) -> str:
    """The one page: instructions, then item after item."""
    opened, person = _whose(request, link)
    project = opened.project
    return page(
        "annotate.html.jinja",
        request,
        project=project,
        person=person,
        instructions=markdown(project.instructions),
        base=f"/a/{link}",
    )


@routes.get("/work")
def work(request: Request, link: str) -> dict[str, Any]:
    """What is asked, and how far this person is."""
    opened, person = _whose(request, link)
    studio: Studio = request.app.state.studio
    given, project = studio.store.given(person.id), opened.project
    own = studio.store.state(project.name).of.get(person.id, {})
    return {
        "questions": [question.model_dump(mode="json") for question in project.questions],
        "skip": project.skip,
        "comment": project.comment,
        "items": [_progress(opened, item, own.get(item)) for item in given],
        "total": _total(opened),
    }


@routes.get("/items/{at}")
def item(request: Request, link: str, at: int) -> dict[str, Any]:
    """An item that this person was given, or is given now, with what they have said of it; null after the last."""
    opened, person = _whose(request, link)
    studio: Studio = request.app.state.studio
    given = studio.store.given(person.id)
    if at == len(given):
        id = _next(studio, opened, person, given)
    elif 0 <= at < len(given):
        id = given[at]
    else:
        raise HTTPException(404, "you were not given such an item")
    if id is None:
        return {"item": None}
    found, seed = opened.items[id], opened.project.seed
    state = studio.store.state(opened.project.name).of.get(person.id, {}).get(id, ItemState())
    answers = []
    for (name, target), value in state.answers.items():
        if (question := opened.project.question(name)) is not None:
            shown, as_shown = found.as_shown(person.name, seed, question, target, value)
            answers.append({"question": name, "target": shown, "value": as_shown})
    said = {"answers": answers, "skipped": state.skipped, "comment": state.comment}
    return {"item": found.shown(person.name, seed), **said}


@routes.post("/events")
async def save(request: Request, link: str, sent: Annotated[Sent, Body()]) -> dict[str, Any]:
    """Save an act; answered when it is on the disk."""
    studio: Studio = request.app.state.studio
    id = studio.secret.annotator(link)
    asked = Asked(None, None) if id is None else await studio.lookups.of(id, sent.item)
    opened, person = _allowed(studio, asked.person)
    if asked.item is None:
        raise HTTPException(404, "you were not given such an item")
    event = _event(opened, person, opened.items[asked.item], sent)
    saved = await asyncio.wrap_future(studio.store.save(opened.project.name, event))
    if saved.annotator != person.id:
        raise HTTPException(409, "another act has this id")
    return {"number": saved.number}


def _event(opened: Opened, person: Annotator, found: Item, sent: Sent) -> Event:
    """An act as it is kept: checked, and no longer blind.

    Raises:
        InputError: it is no answer to any question.
    """
    target, value, project = sent.target, sent.value, opened.project
    if sent.kind == "answer":
        question = project.question(sent.question)
        if question is None:
            raise InputError(f"there is no question {sent.question!r}", where="question", mend="reload the page")
        if value is not None:
            value = checked(question, value, answers=len(found.answers))
        kept = found.kept(person.name, project.seed, question, target, value)
        if kept is None:
            raise InputError(f"the item has no {target!r}", where="target", mend="reload the page")
        target, value = kept
    elif sent.kind == "comment":
        if not isinstance(value, str) or len(value) > 5000 or not project.comment:
            raise InputError("no remark", where="value", mend="write at most 5,000 characters")
    elif sent.kind == "skip" and not project.skip:
        raise InputError("nothing may be left out here", where="kind", mend="answer the questions")
    return Event(sent.id, person.id, found.id, sent.kind, sent.question, target, value, sent.seconds)


def _whose(request: Request, link: str) -> tuple[Opened, Annotator]:
    studio: Studio = request.app.state.studio
    id = studio.secret.annotator(link)
    return _allowed(studio, None if id is None else studio.store.annotator(id))


def _allowed(studio: Studio, person: Annotator | None) -> tuple[Opened, Annotator]:
    """The project of somebody whose link holds."""
    if person is not None and person.expired and person.revoked_at is None:
        raise HTTPException(403, _EXPIRED)
    if person is None or not person.may or person.project not in studio.projects:
        raise HTTPException(403, _ENDED)
    return studio.projects[person.project], person


def _next(studio: Studio, opened: Opened, person: Annotator, given: list[str]) -> str | None:
    """One more item; every so many it is a check."""
    project = opened.project
    checks: list[str] = []
    if project.checks is not None and len(given) % project.checks.every == project.checks.every - 1:
        checks = [id for id in opened.checks if id not in given]
    return studio.store.next_item(
        project.name, person.id, overlap=project.overlap, most=project.per_annotator, first=checks
    )


def _total(opened: Opened) -> int:
    """Items that this person may get, at most, without checks."""
    own = len(opened.items) - len(opened.checks)
    most = opened.project.per_annotator
    return own if most is None else min(own, most)


def _progress(opened: Opened, id: str, state: ItemState | None) -> str:
    """`done`, `skipped`, `begun` or `new`."""
    if state is None:
        return "new"
    if state.skipped:
        return "skipped"
    return "done" if finished(opened.project, opened.items[id], state) else "begun" if state.answers else "new"
