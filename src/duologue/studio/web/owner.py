"""The owner's pages: what is here, how projects go, who annotates."""

from __future__ import annotations

import hmac
from typing import Annotated

from fastapi import APIRouter, Body, Depends, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from duologue.studio.projects.progress import ProjectProgress, progress
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


@own.get("/", response_class=HTMLResponse)
def overview(request: Request) -> str:
    """Everything there is."""
    studio: Studio = request.app.state.studio
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


@own.post("/projects/{name}/annotators")
def invite(request: Request, name: str, new: Annotated[NewAnnotator, Body()]) -> dict[str, str]:
    """A link for someone; the same one for the same name."""
    studio: Studio = request.app.state.studio
    person = studio.store.add_annotator(_project(studio, name).project.name, new.name)
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
