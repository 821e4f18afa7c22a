"""The pages of attention: whose maps there are, and one or several of them side by side."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from duologue.studio.attention.shelf import Shelf
from duologue.studio.attention.spans import Spans
from duologue.studio.studio import Studio
from duologue.studio.web.owner import owner
from duologue.studio.web.pages import page

routes = APIRouter(prefix="/attention", dependencies=[Depends(owner)])
_Folder = Annotated[str, Query(max_length=1000)]
_File = Annotated[str, Query(max_length=1000)]


@routes.get("", response_class=HTMLResponse)
def maps(request: Request, folder: str | None = None) -> str:
    """All folders, or the replies of one."""
    shelf = _shelf(request)
    rows = [] if folder is None else shelf.rows(folder)
    return page("attention_list.html.jinja", request, folders=shelf.folders(), folder=folder, rows=rows)


@routes.get("/view", response_class=HTMLResponse)
def view(request: Request, map: Annotated[list[str], Query(min_length=1, max_length=4)]) -> str:
    """Maps side by side, each `FOLDER|FILE`."""
    return page("attention.html.jinja", request, maps=[each.partition("|")[::2] for each in map])


@routes.get("/map")
def whole(request: Request, folder: _Folder, file: _File) -> dict[str, Any]:
    """A map's tokens and what is known of them; no value of the matrix is among it."""
    spans = _shelf(request).open(folder, file)
    meta, found = spans.map.meta, spans.map
    layers, heads = found.sums.shape[:2]
    row = next((row for row in _shelf(request).rows(folder) if row.file == file), None)
    return {
        "id": meta.id,
        "model": meta.model,
        "layout": meta.layout,
        "strategy": meta.strategy,
        "tokens": spans.texts,
        "prompt": meta.prompt,
        "sinks": meta.sinks,
        "parts": {name: places for name, places in meta.parts.items() if places},
        "turns": {name: places for name, places in meta.turns.items() if places},
        "layers": layers,
        "heads": heads,
        "sra": None if row is None else row.sra,
    }


@routes.get("/selection")
def selection(
    request: Request,
    folder: _Folder,
    file: _File,
    start: Annotated[int, Query(ge=0)],
    end: Annotated[int, Query(ge=1)],
    direction: Literal["attends", "attended"] = "attends",
) -> dict[str, Any]:
    """What a span attends to, or who attends to it: a value a token, and the tokens that stand out."""
    spans = _shelf(request).open(folder, file)
    span = spans.within(start, end)
    values = spans.attends(*span) if direction == "attends" else spans.attended_by(*span)
    told = [{"place": each.place, "text": each.text, "value": round(each.value, 5)} for each in spans.top(values)]
    return {"values": np.round(values, 5).tolist(), "top": told, "sum": round(float(values.sum()), 5)}


@routes.get("/part")
def part(request: Request, folder: _Folder, file: _File, name: str) -> dict[str, Any]:
    """What layers and heads pay to a part, a mean over the reply, and the reply's tokens over its course."""
    found = _shelf(request).open(folder, file).of_part(name)
    return {
        "heads": np.round(found.mean(axis=2), 5).tolist(),
        "course": np.round(found.mean(axis=(0, 1)), 5).tolist(),
    }


@routes.get("/turns")
def turns(
    request: Request, folder: _Folder, file: _File, layer: Annotated[int | None, Query(ge=0)] = None
) -> dict[str, Any]:
    """The heat map of turns."""
    spans: Spans = _shelf(request).open(folder, file)
    if layer is not None and spans.map.turns is not None:
        layer = min(layer, len(spans.map.turns) - 1)
    return {"turns": spans.turn_by_turn(layer)}


def _shelf(request: Request) -> Shelf:
    studio: Studio = request.app.state.studio
    return studio.shelf
