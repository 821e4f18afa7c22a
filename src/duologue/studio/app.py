"""Puts the studio together.

app = make_app(studio)      # an ASGI application
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

from duologue.errors import DuologueError
from duologue.studio.studio import Studio
from duologue.studio.web import annotate, attention, chat, owner, runs
from duologue.studio.web.guard import Guard
from duologue.studio.web.pages import page

MOST_UPLOADED = 64 << 20
"""Bytes of an export that is imported."""


def make_app(studio: Studio) -> Guard:
    """The application, guarded."""
    app = FastAPI(title="Duologue studio", docs_url=None, redoc_url=None, openapi_url=None, lifespan=_ending(studio))
    app.state.studio = studio
    static = Path(str(files("duologue.studio.web").joinpath("static")))
    app.mount("/static", StaticFiles(directory=static))
    app.include_router(annotate.routes)
    app.include_router(owner.routes)
    app.include_router(attention.routes)
    app.include_router(runs.routes)
    app.include_router(chat.routes)

    @app.exception_handler(HTTPException)
    async def told(request: Request, error: HTTPException) -> Response:
        return _failure(request, error.status_code, str(error.detail))

    @app.exception_handler(DuologueError)
    async def mendable(request: Request, error: DuologueError) -> Response:
        return _failure(request, 422, str(error))

    return Guard(app, secret=studio.secret, hosts=studio.hosts, uploads={"/import/": MOST_UPLOADED})


def _ending(studio: Studio) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Models in memory go with the studio; what they were saying ends."""

    @asynccontextmanager
    async def living(app: FastAPI) -> AsyncIterator[None]:
        yield
        for each in studio.at_work:
            each.cancel()
        await asyncio.gather(*studio.at_work, return_exceptions=True)
        await studio.speakers.close()

    return living


def _failure(request: Request, status: int, what: str) -> Response:
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse({"error": what}, status)
    return HTMLResponse(page("failure.html.jinja", request, status=status, what=what), status)
