"""The pages of attention: whose maps there are, and one or several of them side by side."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import numpy as np
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from duologue.errors import InputError
from duologue.evaluation.steering.attention_tables import main_part
from duologue.evaluation.steering.sra import MODES, Mode
from duologue.studio.attention.course import What, conversation, courses, layouts
from duologue.studio.attention.shelf import Shelf
from duologue.studio.attention.spans import Floats, Spans
from duologue.studio.studio import Studio
from duologue.studio.web.owner import owner
from duologue.studio.web.pages import page

routes = APIRouter(prefix="/attention", dependencies=[Depends(owner)])
_Folder = Annotated[str, Query(max_length=1000)]
_File = Annotated[str, Query(max_length=1000)]
_Text = Annotated[str, Query(max_length=200)]
_Number = Annotated[int | None, Query(ge=0)]
_PAGE, _SIDE_BY_SIDE = 50, 4


@routes.get("", response_class=HTMLResponse)
def maps(
    request: Request,
    folder: _Folder | None = None,
    layout: _Text = "",
    strategy: _Text = "",
    of: _Text = "",
    first: Annotated[int, Query(ge=0)] = 0,
) -> str:
    """All folders, or the replies of one."""
    shelf = _shelf(request)
    rows = [] if folder is None else shelf.rows(folder)
    wanted = {"layout": layout, "strategy": strategy}
    kept = [
        row
        for row in rows
        if all(value in ("", getattr(row, name)) for name, value in wanted.items()) and of in ("", conversation(row))
    ]
    return page(
        "attention_list.html.jinja",
        request,
        folders=shelf.folders(),
        folder=folder,
        total=len(rows),
        kept=len(kept),
        first=first,
        rows=kept[first : first + _PAGE],
        next=first + _PAGE if len(kept) > first + _PAGE else None,
        choices={
            "layout": [name for name in layouts(rows) if name],
            "strategy": list(dict.fromkeys(row.strategy for row in rows if row.strategy)),
            "of": list(dict.fromkeys(conversation(row) for row in rows)),
        },
        chosen={**wanted, "of": of},
        parts=list(dict.fromkeys(name for row in rows for name in row.tokens if not name.startswith("turn:"))),
        part=main_part(rows),
        modes=MODES,
        side_by_side=_SIDE_BY_SIDE,
    )


@routes.get("/view", response_class=HTMLResponse)
def view(request: Request, map: Annotated[list[str] | None, Query()] = None) -> str:
    """Maps side by side, each `FOLDER|FILE`.

    Raises:
        InputError: none, or too many.
    """
    if not 1 <= len(map or []) <= _SIDE_BY_SIDE:
        raise InputError(f"{len(map or [])} maps", where="Show", mend=f"choose one to {_SIDE_BY_SIDE}")
    named = [each.rpartition("|")[::2] for each in map or []]
    beside = {
        name: urlencode({"map": [f"{each.folder}|{each.row.file}" for each in others[:_SIDE_BY_SIDE]]}, doseq=True)
        for name, others in _shelf(request).beside(*named[0]).items()
        if len(others) > 1
    }
    return page("attention.html.jinja", request, maps=named, beside=beside)


@routes.get("/course")
def course(
    request: Request, folder: _Folder, part: _Text, mode: Mode = "response_mean", what: What = "sra", of: _Text = ""
) -> dict[str, Any]:
    """SRA over the depth of all conversations, or of one, a line a layout."""
    rows = [row for row in _shelf(request).rows(folder) if of in ("", conversation(row))]
    return {
        name: [each._asdict() for each in line] for name, line in courses(rows, part=part, mode=mode, what=what).items()
    }


@routes.get("/map")
def whole(request: Request, folder: _Folder, file: _File) -> dict[str, Any]:
    """A map's tokens and what is known of them; no value of the matrix is among it."""
    shelf = _shelf(request)
    spans = shelf.open(folder, file)
    meta, found = spans.map.meta, spans.map
    layers, heads = found.sums.shape[:2]
    row = next((row for row in shelf.rows(folder) if row.file == file), None)
    return {
        "id": meta.id,
        "about": [each for each in (meta.layout, meta.strategy, meta.model) if each],
        "tokens": spans.texts,
        "prompt": meta.prompt,
        "names": spans.names,
        "parts": [name for name in meta.parts if name in spans.names],
        "turns": found.turns is not None,
        "layers": layers,
        "heads": heads,
        "mean_of": meta.layers,
        "why_not": shelf.heads.why_not(found),
        "sra": {} if row is None else row.sra.get("response_mean", {}),
    }


@routes.get("/selection")
def selection(
    request: Request,
    folder: _Folder,
    file: _File,
    start: _Number = None,
    end: _Number = None,
    name: _Text = "",
    direction: Literal["attends", "attended"] = "attends",
    layer: _Number = None,
    head: _Number = None,
) -> dict[str, Any]:
    """What a selection attends to, or who attends to it: a shade a token, and the tokens and spans that stand out."""
    one = None if layer is None or head is None else (layer, head)
    spans = _shelf(request).open(folder, file, one)
    pieces = spans.named(name) if name else spans.span(start or 0, end or 0)
    values = spans.attends(pieces) if direction == "attends" else spans.attended(pieces)
    largest = float(values.max())
    # Attention is far from even: by the square root, a tenth of the largest is still seen.
    shades = np.round(100 * np.sqrt(values / largest)) if largest > 0 else values
    return {
        "shades": shades.astype(int).tolist(),
        "pieces": pieces,
        "top": [each._asdict() for each in spans.top(values)],
        "by_name": spans.by_name(values),
        "paid": spans.paid(pieces)._asdict(),
        "sunk": spans.sunk,
    }


@routes.get("/part")
def part(request: Request, folder: _Folder, file: _File, name: _Text) -> dict[str, Any]:
    """What layers and heads pay to a part, and the reply's tokens over its course."""
    return {
        what: _rounded(values) for what, values in _shelf(request).open(folder, file).of_part(name)._asdict().items()
    }


@routes.get("/turns")
def turns(request: Request, folder: _Folder, file: _File, layer: _Number = None) -> dict[str, Any]:
    """The heat map of turns: their names, and from whose tokens to whose; nothing where it was not measured."""
    spans: Spans = _shelf(request).open(folder, file)
    found = spans.turn_by_turn(layer)
    return {"names": list(spans.map.meta.turns), "values": None if found is None else _rounded(found)}


def _rounded(values: Floats) -> Any:
    return np.round(values.astype(np.float64), 5).tolist()


def _shelf(request: Request) -> Shelf:
    studio: Studio = request.app.state.studio
    return studio.shelf
