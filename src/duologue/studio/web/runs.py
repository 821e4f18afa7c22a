"""The pages of runs: what there is, stages and curves, dialogues with what was put into them, rows of figures."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from duologue.dialogue import Dialogue
from duologue.errors import InputError
from duologue.experiments.run_folder import RECIPE, REPORT
from duologue.studio.runs import found as finding
from duologue.studio.runs.lines import BROKEN, Hit, Lines, excerpt
from duologue.studio.runs.rows import Filter, How, columns, filtered, told
from duologue.studio.studio import Studio
from duologue.studio.web.owner import owner
from duologue.studio.web.pages import page
from duologue.training.metrics_file import read_metrics

routes = APIRouter(prefix="/runs", dependencies=[Depends(owner)])
_Path = Annotated[str, Query(max_length=1000)]
_First = Annotated[int, Query(ge=0)]
_PAGE = 20


@routes.get("", response_class=HTMLResponse)
def everything(request: Request) -> str:
    """What there is; what belongs to a run stands on its page."""
    place = _studio(request).place
    found = finding.find(place)
    return page("runs.html.jinja", request, runs=found.runs, found=found.of_no_run(), root=place.root.name)


@routes.get("/run", response_class=HTMLResponse)
def run(request: Request, path: _Path) -> str:
    """One run: its recipe and stages, and what lies below it."""
    folder = _inside(request, path)
    if not (recipe := _inside(request, f"{path}/{RECIPE}")).is_file():
        raise HTTPException(404, "no such run")
    place = _studio(request).place
    found, own = finding.find(place), str(folder.relative_to(place.root))
    return page(
        "run.html.jinja",
        request,
        path=own,
        title=place.root.name if own == "." else own,
        recipe=recipe.read_text(encoding="utf-8", errors="replace"),
        stages=finding.stages(folder),
        report=_inside(request, f"{path}/{REPORT}").is_file(),
        trainings=_below(own, found.trainings),
        dialogues=_below(own, found.dialogues),
        rows=_below(own, found.rows),
    )


@routes.get("/report")
def report(request: Request, path: _Path) -> Response:
    """A run's own report; it may show itself, and run nothing."""
    file = _inside(request, f"{path}/{REPORT}")
    if not file.is_file():
        raise HTTPException(404, "this run has no report yet")
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'none'"
    return Response(file.read_bytes(), media_type="text/html", headers={"content-security-policy": policy})


@routes.get("/training", response_class=HTMLResponse)
def training(request: Request, path: _Path) -> str:
    """The curves of a training."""
    return page("training.html.jinja", request, path=path)


@routes.get("/curves")
def curves(request: Request, path: _Path) -> dict[str, list[tuple[float, float]]]:
    """Figure -> (step, value), of a training that may still go on."""
    found: dict[str, list[tuple[float, float]]] = {}
    for row in read_metrics(_inside(request, f"{path}/{finding.METRICS}")):
        step = _finite(row.get("step"))
        for name, given in row.items():
            value = _finite(given)
            if step is not None and value is not None and name not in ("step", "epoch"):
                found.setdefault(name, []).append((step, value))
    return {name: points for name, points in sorted(found.items()) if len(points) > 1}


@routes.get("/dialogues", response_class=HTMLResponse)
def dialogues(
    request: Request, path: _Path, first: _First = 0, text: Annotated[str, Query(max_length=200)] = ""
) -> str:
    """The dialogues of a file, or those that have a text."""
    lines = _lines(request, path)
    hits = lines.matching(text, first=first, most=_PAGE + 1) if text else lines.at(range(first, first + _PAGE + 1))
    following = hits[_PAGE].number if len(hits) > _PAGE else None
    shown = [_shown(hit, path, text) for hit in hits[:_PAGE]]
    return page(
        "dialogues.html.jinja",
        request,
        path=path,
        text=text,
        shown=shown,
        total=len(lines),
        next=following,
        first=first,
    )


@routes.get("/dialogue", response_class=HTMLResponse)
def dialogue(request: Request, path: _Path, number: _First) -> str:
    """One dialogue: before and after, and its branches side by side."""
    lines = _lines(request, path)
    if not (hits := lines.at([number])):
        raise HTTPException(404, "no such dialogue")
    return page(
        "dialogue.html.jinja",
        request,
        path=path,
        number=number,
        total=len(lines),
        dialogue=_dialogue(hits[0], path),
    )


@routes.get("/rows", response_class=HTMLResponse)
def rows(
    request: Request,
    path: _Path,
    first: _First = 0,
    field: Annotated[list[str] | None, Query(max_length=8)] = None,
    how: Annotated[list[How] | None, Query(max_length=8)] = None,
    value: Annotated[list[str] | None, Query(max_length=8)] = None,
) -> str:
    """Rows of figures, filtered."""
    lines = _lines(request, path)
    asked = zip(field or [], how or [], value or [], strict=False)
    filters = [Filter(*each) for each in asked if each[0]]
    kept = filtered(lines, filters, first=first, most=50)
    return page(
        "rows.html.jinja",
        request,
        path=path,
        filters=filters,
        kept=kept,
        columns=columns(lines),
        total=len(lines),
        told=told,
    )


def _studio(request: Request) -> Studio:
    studio: Studio = request.app.state.studio
    return studio


def _inside(request: Request, path: str) -> Path:
    return _studio(request).place.inside(path)


def _lines(request: Request, path: str) -> Lines:
    file = _inside(request, path)
    if file.suffix != ".jsonl":
        raise InputError("no JSONL file", where=path, mend="choose one that is listed")
    return _studio(request).files.open(file)


def _below(folder: str, paths: list[str]) -> list[tuple[str, str]]:
    """Paths below a folder, each with the rest of it."""
    prefix = "" if folder == "." else f"{folder}/"
    return [(each, each[len(prefix) :]) for each in paths if each.startswith(prefix)]


def _finite(value: object) -> float | None:
    """A number that can be drawn."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


class _Shown(NamedTuple):
    """A line of a file of dialogues: how it begins, or where it says what is looked for, or why it is none."""

    number: int
    dialogue: Dialogue | None
    told: str


def _shown(hit: Hit, path: str, text: str) -> _Shown:
    try:
        found = _dialogue(hit, path)
    except InputError as error:
        return _Shown(hit.number, None, str(error))
    begins = found.turns[0].said if found.turns else ""
    return _Shown(hit.number, found, excerpt(hit.line, text) if text else begins)


def _dialogue(hit: Hit, path: str) -> Dialogue:
    try:
        return msgspec.json.decode(hit.line, type=Dialogue)
    except BROKEN as error:
        raise InputError(
            f"no dialogue ({error})", where=f"{path}, line {hit.number + 1}", mend="see duologue check"
        ) from None
