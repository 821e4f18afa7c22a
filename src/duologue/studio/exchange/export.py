"""A project's annotations as CSV, JSONL or Label Studio's JSON, and as preference pairs for `train dpo`.

export("csv", project, items, snapshot)      # bytes; at any moment, and then of that moment
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from statistics import mean
from typing import Any, Literal

import msgspec

from duologue.evaluation.annotations.label_studio import PREFERENCE
from duologue.studio.projects.item import Item
from duologue.studio.projects.project import Project
from duologue.studio.projects.question import Question
from duologue.studio.statistics.judgements import Compared, Judgement, compared, judgements
from duologue.studio.store.event import State
from duologue.studio.store.store import Snapshot

Format = Literal["csv", "jsonl", "label-studio", "pairs"]
SUFFIX: dict[Format, str] = {"csv": "csv", "jsonl": "jsonl", "label-studio": "json", "pairs": "jsonl"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet would run."""


def export(format: Format, project: Project, items: Mapping[str, Item], found: Snapshot) -> bytes:
    """All annotations of a moment."""
    made: dict[Format, Callable[[], bytes]] = {
        "csv": lambda: _csv(judgements(project, items, found)),
        "jsonl": lambda: _lines(judgements(project, items, found)),
        "label-studio": lambda: msgspec.json.format(
            msgspec.json.encode(_label_studio(project, items, found)), indent=1
        ),
        "pairs": lambda: _lines(_pairs(project, items, found)),
    }
    return made[format]()


def _csv(rows: list[Judgement]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(Judgement.__struct_fields__)
    for row in rows:
        writer.writerow([_cell(getattr(row, name)) for name in Judgement.__struct_fields__])
    return out.getvalue().encode("utf-8-sig")


def _cell(value: Any) -> str | int | float:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return value
    if isinstance(value, list):
        return "|".join(map(str, value))
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _lines(rows: Iterable[Any]) -> bytes:
    return msgspec.json.Encoder().encode_lines(rows)


def _label_studio(project: Project, items: Mapping[str, Item], found: Snapshot) -> list[dict[str, Any]]:
    """Tasks with their annotations, as `evaluate agreement` reads them; attention checks are not among them."""
    states = State(found.events).of
    judged = {id: item for id, item in items.items() if not item.expected}
    tasks = []
    for number, (id, item) in enumerate(judged.items(), 1):
        annotations = []
        for person in found.annotators.values():
            state = states.get(person.id, {}).get(id)
            if state is None or not (state.answers or state.skipped):
                continue
            result = [
                _result(question, target, value)
                for (name, target), value in state.answers.items()
                if (question := project.question(name)) is not None
            ]
            if state.comment:
                result.append(_entry("comment", "textarea", {"text": [state.comment]}))
            annotations.append(
                {
                    "completed_by": {"id": person.name},
                    "was_cancelled": state.skipped,
                    "lead_time": round(state.seconds, 1),
                    "created_at": state.at,
                    "result": result,
                }
            )
        tasks.append({"id": number, "data": _data(item), "annotations": annotations})
    return tasks


def _data(item: Item) -> dict[str, Any]:
    data: dict[str, Any] = {"task": item.id, "panels": msgspec.to_builtins(item.panels)}
    if len(item.answers) == 2:
        data["systems"] = [each.system for each in item.answers]
        for at, each in enumerate(item.answers, 1):
            data[f"model{at}_response"] = each.text
            data |= {f"model{at}_{name}": value for name, value in each.measures.items()}
    else:
        data["answers"] = msgspec.to_builtins(item.answers)
    if strategy := item.facts.get("strategy"):
        data["strategy"] = strategy
    return data


def _result(question: Question, target: str, value: Any) -> dict[str, Any]:
    name = PREFERENCE if question.kind == "preference" else question.name
    match question.kind:
        case "scale" | "rank":
            kind, held = "number", {"number": value}
        case "words":
            kind, held = "textarea", {"text": [value]}
        case _:
            kind, held = "choices", {"choices": value if isinstance(value, list) else [str(value)]}
    return _entry(f"{name}:{target}" if target else name, kind, held)


def _entry(name: str, kind: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"from_name": name, "to_name": "item", "type": kind, "value": value}


def _pairs(project: Project, items: Mapping[str, Item], found: Snapshot) -> Iterator[dict[str, Any]]:
    """The answers of an item of which people prefer one, the mean over annotators.

    Ties teach nothing, and neither does an answer to an unknown conversation: both are left out.
    """
    rows = [row for row in judgements(project, items, found) if not row.check]
    for question in project.questions:
        said: dict[tuple[str, str, str], list[Compared]] = {}
        for each in compared(question, items, [row for row in rows if row.question == question.name]):
            said.setdefault((each.item.id, each.left.name, each.right.name), []).append(each)
        for (id, left, right), all_said in said.items():
            prompt = all_said[0].item.messages
            if prompt and (leaning := mean(each.preference for each in all_said)):
                one, other = all_said[0].left, all_said[0].right
                better, worse = (other, one) if leaning > 0 else (one, other)
                yield {
                    "id": f"{id} {left}-{right}",
                    "prompt": prompt,
                    "chosen": [{"role": "assistant", "content": better.text}],
                    "rejected": [{"role": "assistant", "content": worse.text}],
                    "question": question.name,
                    "preference": abs(leaning),
                    "annotators": len(all_said),
                    "chosen_system": better.system,
                    "rejected_system": worse.system,
                    "strategy": all_said[0].item.facts.get("strategy"),
                }
