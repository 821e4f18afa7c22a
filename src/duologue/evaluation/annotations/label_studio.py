"""Label Studio's exports of pairwise preferences: JSON (tasks with annotations) and JSON-MIN (a row an annotation).

The published annotations of strategy steering are JSON-MIN: beside the task's fields each row has `model-preference`
("-4" to "4", below 0 for the left answer), `annotator`, and for both answers the file they come from (`file_names`) and
a measure (`model1_sra`, `model2_sra`). The system is the layout that a file's folder is named after (`…_c1_hf_…`;
`full` is what is called `standard` elsewhere), else the folder's name.

    rows = of_min(read_list("annotation-results.json"), "annotation-results.json", problems.append)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from duologue.errors import InputError
from duologue.evaluation.annotations.annotation import Annotation

PREFERENCE = "model-preference"
"""The control by which annotators choose, and so the field of the answer."""

_LAYOUT = re.compile(r"(?:^|_)(c[135]_h[fl]|standard|full)(?:_|$)")
_MEASURE = re.compile(r"model1_(\w+)")


def is_full(element: object) -> bool:
    """Whether an element of an export is a task with its annotations (JSON), not a single annotation (JSON-MIN)."""
    return isinstance(element, dict) and isinstance(element.get("annotations"), list)


def of_min(rows: Iterable[Any], where: str, on_problem: Callable[[str], None]) -> Iterator[Annotation]:
    """The annotations of a JSON-MIN export.

    Args:
        rows: its elements.
        where: the file, for errors.
        on_problem: is told of each annotation that gives no preference.

    Raises:
        InputError: a row is no annotation.
    """
    for number, row in enumerate(rows, 1):
        place = f"{where}, element {number}"
        if not isinstance(row, dict) or "annotator" not in row:
            raise InputError("expected an object with `annotator`", where=place, mend="export JSON-MIN or JSON")
        value = row.get(PREFERENCE)
        value = value.get("choices") if isinstance(value, dict) else value
        if value is None:
            on_problem(f"element {number}: no {PREFERENCE}; left out")
            continue
        preference = _number(value, place)
        yield _annotation(row, row.get("id"), _name(row["annotator"]), preference, row.get("lead_time"), place)


def of_full(tasks: Iterable[Any], where: str, on_problem: Callable[[str], None]) -> Iterator[Annotation]:
    """The annotations of a JSON export; for the arguments see `of_min`."""
    for number, task in enumerate(tasks, 1):
        place = f"{where}, element {number}"
        if not is_full(task) or not isinstance(task.get("data"), dict):
            raise InputError("expected a task with `data` and `annotations`", where=place, mend="export JSON")
        for annotation in task["annotations"]:
            if annotation.get("was_cancelled"):
                on_problem(f"element {number}: skipped by {_name(annotation.get('completed_by'))}; left out")
                continue
            value = _result(annotation.get("result") or [])
            if value is None:
                on_problem(f"element {number}: an annotation without {PREFERENCE}; left out")
                continue
            who = _name(annotation.get("completed_by"))
            preference = _number(value, place)
            yield _annotation(task["data"], task.get("id"), who, preference, annotation.get("lead_time"), place)


def system_of(file: str) -> str:
    """The system that a file comes from: the layout in its folder's name, else that name."""
    folder = next((part for part in reversed(file.split("/")[:-1]) if part), file)
    layout = _LAYOUT.search(folder)
    return folder if layout is None else layout[1].replace("full", "standard")


def _annotation(
    data: Mapping[str, Any], number: object, annotator: str, preference: float, seconds: object, place: str
) -> Annotation:
    task = data.get("task") or data.get("conv_id") or number
    if task is None:
        raise InputError("a task without id", where=place, mend="its data need `task`, `conv_id` or `id`")
    left, right = _systems(data)
    strategy = data.get("strategy")
    return Annotation(
        task=str(task),
        annotator=annotator,
        preference=preference,
        left=left,
        right=right,
        strategy=strategy if isinstance(strategy, str) else None,
        measures=dict(_measures(data)),
        seconds=float(seconds) if isinstance(seconds, int | float) else None,
    )


def _systems(data: Mapping[str, Any]) -> tuple[str, str]:
    """Of the left and the right answer: told by the studio's exports, else by the files; empty where nobody says."""
    told = data.get("systems") or [system_of(str(file)) for file in data.get("file_names") or ()]
    return (str(told[0]), str(told[1])) if len(told) == 2 else ("", "")


def _measures(data: Mapping[str, Any]) -> Iterator[tuple[str, tuple[float, float]]]:
    for field, first in data.items():
        named = _MEASURE.fullmatch(field)
        second = data.get(f"model2_{named[1]}") if named else None
        if named and isinstance(first, int | float) and isinstance(second, int | float):
            yield named[1], (float(first), float(second))


def _result(results: Iterable[Mapping[str, Any]]) -> object:
    for each in results:
        if each.get("from_name") == PREFERENCE:
            value = each.get("value", {})
            return value.get("choices", value.get("number", value.get("rating")))
    return None


def _number(value: object, place: str) -> float:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    try:
        return float(str(value))
    except ValueError:
        raise InputError(
            f"expected a number for {PREFERENCE}, found {value!r}", where=place, mend="below 0 for the left answer"
        ) from None


def _name(annotator: object) -> str:
    if isinstance(annotator, dict):
        annotator = annotator.get("id", annotator.get("email"))
    return str(annotator)
