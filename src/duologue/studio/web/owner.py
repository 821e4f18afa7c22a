"""The owner's pages: what is here, how projects go, who annotates."""

from __future__ import annotations

import asyncio
import hmac
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path as FilePath
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Path, Query, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from duologue.studio.exchange.export import SUFFIX, Format, export
from duologue.studio.exchange.label_studio import read_export, save_import, write_import
from duologue.studio.projects.progress import ProjectProgress, progress
from duologue.studio.statistics.figures import needed
from duologue.studio.statistics.judges import verdicts_of
from duologue.studio.studio import Opened, Studio
from duologue.studio.web.pages import markdown, page

OWNER = "duologue-owner"


def owner(request: Request) -> None:
    """Let the owner in: by the token, or without one on a studio that only this machine reaches."""
    token = request.app.state.studio.token
    if token is not None and not hmac.compare_digest(request.cookies.get(OWNER, ""), token):
        raise HTTPException(401, "the owner's pages need the token that `duologue studio` printed: open /enter#TOKEN")


open_routes = APIRouter()
own = APIRouter(dependencies=[Depends(owner)])


class NewAnnotator(BaseModel):
    """Who gets a link."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: Annotated[str, Field(min_length=1, max_length=80)]
    days: Annotated[int | None, Field(ge=1, le=3650)] = None
    """That the link holds; None until it is revoked."""


@own.get("/", response_class=HTMLResponse)
def overview(request: Request) -> str:
    """Everything there is."""
    studio: Studio = request.app.state.studio
    studio.look()
    projects = [(opened, _progress(studio, opened)) for opened in studio.projects.values()]
    return page("overview.html.jinja", request, projects=projects, unusable=studio.unusable, root=studio.place.root)


@own.get("/projects/{name}", response_class=HTMLResponse)
def project(request: Request, name: str) -> str:
    """One project."""
    studio: Studio = request.app.state.studio
    opened = _project(studio, name)
    return page(
        "project.html.jinja",
        request,
        opened=opened,
        project=opened.project,
        instructions=markdown(opened.project.instructions),
        progress=_progress(studio, opened),
        links={person.id: f"/a/{studio.secret.link(person.id)}" for person in studio.store.annotators(name)},
    )


@own.get("/projects/{name}/figures", response_class=HTMLResponse)
def figures_of(request: Request, name: str, half: Annotated[float, Query(gt=0, le=50)] = 5.0) -> str:
    """What the annotations say at this moment, as a part of the project's page.

    Args:
        request: of the page.
        name: of the project.
        half: half the width that intervals of win rates are to have, in percent.
    """
    studio: Studio = request.app.state.studio
    opened = _project(studio, name)
    found = studio.store.snapshot(name)
    judged = verdicts_of(opened.project, opened.items, studio.place.inside, studio.scores.open)
    return page(
        "figures.html.jinja",
        request,
        project=opened.project,
        told=studio.figures.of(opened.project, opened.items, found, judged.verdicts),
        problems=judged.problems,
        progress=progress(opened.project, opened.items, found),
        half=half,
        needed=needed,
    )


@own.get("/projects/{name}/export/{format}")
def exported(request: Request, name: str, format: Format) -> Response:
    """All annotations of this moment as a file."""
    studio: Studio = request.app.state.studio
    opened = _project(studio, name)
    data = export(format, opened.project, opened.items, studio.store.snapshot(name))
    kind = {"csv": "text/csv; charset=utf-8"}.get(format, "application/json")
    file = f"{name}-{format}.{SUFFIX[format]}"
    return Response(data, media_type=kind, headers={"content-disposition": f'attachment; filename="{file}"'})


@own.post("/import/{name}")
async def imported(
    request: Request, name: Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
) -> dict[str, Any]:
    """Make a project of an uploaded export of Label Studio."""
    studio: Studio = request.app.state.studio
    if name in studio.projects:
        raise HTTPException(409, "there is a project of this name")
    data = await request.body()
    return await asyncio.to_thread(_import, studio, name, data)


def _import(studio: Studio, name: str, data: bytes) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        (file := FilePath(folder) / f"{name}.json").write_bytes(data)
        found = read_export(file)
    studio.add(write_import(studio.place, name, found))
    return {"saved": save_import(studio.store, name, found), "problems": found.problems}


@own.post("/projects/{name}/annotators")
def invite(request: Request, name: str, new: Annotated[NewAnnotator, Body()]) -> dict[str, str]:
    """A link for someone; the same one for the same name, its days counted anew."""
    studio: Studio = request.app.state.studio
    ends = None if new.days is None else datetime.now(UTC) + timedelta(days=new.days)
    person = studio.store.add_annotator(_project(studio, name).project.name, new.name, expires_at=ends)
    if person.revoked_at is not None:
        raise HTTPException(409, f"the link of {person.name} was revoked: take another name")
    return {"name": person.name, "link": f"/a/{studio.secret.link(person.id)}"}


@own.post("/projects/{name}/annotators/{id}/revoke")
def revoke(request: Request, name: str, id: str) -> dict[str, str]:
    """End someone's link; what they said stays."""
    studio: Studio = request.app.state.studio
    person = studio.store.annotator(id)
    if person is None or person.project != _project(studio, name).project.name:
        raise HTTPException(404, "nobody has this link")
    studio.store.revoke(id)
    return {"name": person.name}


@open_routes.get("/enter", response_class=HTMLResponse)
def enter(request: Request) -> str:
    """Where the token is given; it stands behind a #, which browsers send to nobody."""
    return page("enter.html.jinja", request)


@open_routes.post("/enter")
def entered(
    request: Request, response: Response, token: Annotated[str, Body(embed=True, max_length=200)]
) -> dict[str, bool]:
    """Keep the token in a cookie that no script reads."""
    studio: Studio = request.app.state.studio
    if studio.token is None or not hmac.compare_digest(token, studio.token):
        raise HTTPException(401, "another token")
    response.set_cookie(OWNER, token, httponly=True, samesite="strict", path="/")
    return {"entered": True}


routes = APIRouter()
routes.include_router(open_routes)
routes.include_router(own)


def _project(studio: Studio, name: str) -> Opened:
    if name not in studio.projects:
        raise HTTPException(404, "no such project")
    return studio.projects[name]


def _progress(studio: Studio, opened: Opened) -> ProjectProgress:
    return progress(opened.project, opened.items, studio.store.snapshot(opened.project.name))
