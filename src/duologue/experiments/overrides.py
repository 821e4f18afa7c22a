"""`train.learning_rate=1e-4`: settings changed on the command line, and what to say when one does not exist.

apply(settings, ["train.learning_rate=1e-4", "scale=smoke"])
"""

from __future__ import annotations

import copy
import difflib
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError

from duologue.errors import InputError, explain

Settings = TypeVar("Settings", bound=BaseModel)


def parse(override: str) -> tuple[list[str], Any]:
    """`train.lora.r=8` -> `(["train", "lora", "r"], 8)`; the value is YAML (`null`, `true`, `[a, b]`).

    Raises:
        InputError: it has no `=`, no key, or no readable value.
    """
    key, equals, text = override.partition("=")
    path = key.strip().split(".")
    if not equals or not all(path):
        raise InputError(f"expected key=value, found '{override}'", mend="e.g. train.learning_rate=1e-4")
    try:
        return path, yaml.safe_load(text) if text else ""
    except yaml.YAMLError:
        raise InputError("the value cannot be read", where=override, mend="quote it") from None


def apply(settings: Mapping[str, Any], overrides: Iterable[str]) -> dict[str, Any]:
    """Settings with the overrides in their places, in order; the settings given are left as they are."""
    changed = copy.deepcopy(dict(settings))
    for override in overrides:
        path, value = parse(override)
        place = changed
        for part in path[:-1]:
            inner = place.get(part)
            if not isinstance(inner, dict):
                inner = place[part] = {}
            place = inner
        place[path[-1]] = value
    return changed


def merge(settings: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with nested changes laid over them; lists and values are replaced, mappings merged."""
    merged = dict(settings)
    for key, value in changes.items():
        old = merged.get(key)
        merged[key] = merge(old, value) if isinstance(old, dict) and isinstance(value, Mapping) else value
    return merged


def validated(kind: type[Settings], settings: Mapping[str, Any], where: str) -> Settings:
    """Settings as their pydantic model.

    Raises:
        InputError: names the first setting that does not exist (and the one that was probably meant) or does not fit.
    """
    try:
        return kind.model_validate(settings)
    except ValidationError as error:
        first = error.errors()[0]
        path = [str(part) for part in first["loc"]]
        if first["type"] != "extra_forbidden":
            raise InputError(explain(error), where=where, mend="mend the recipe or the key=value") from None
        known = _fields(kind, path[:-1])
        path = _without_tags(path, settings)
        near = difflib.get_close_matches(path[-1], known, n=1)
        near = near or [full for full in _paths(kind) if full.rpartition(".")[2] == path[-1]][:1]
        mend = f"did you mean {'.'.join([*path[:-1], near[0]]) if near[0] in known else near[0]}?" if near else ""
        mend = mend or f"there are {', '.join(sorted(known))}"
        raise InputError(f"there is no setting '{'.'.join(path)}'", where=where, mend=mend) from None


def _fields(kind: type[BaseModel], path: list[str]) -> list[str]:
    """The settings that there are at a place; where one of several kinds is chosen by a tag, those of that kind."""
    kinds = [kind]
    for part in path:
        inner = [
            each for one in kinds if part in one.model_fields for each in _models(one.model_fields[part].annotation)
        ]
        tagged = [one for one in kinds if any(part in get_args(each.annotation) for each in one.model_fields.values())]
        if not inner and any(part in one.model_fields for one in kinds):
            break
        kinds = inner or tagged or kinds
    return list(dict.fromkeys(name for one in kinds for name in one.model_fields))


def _without_tags(path: list[str], settings: Mapping[str, Any]) -> list[str]:
    """The place as it is written: pydantic puts the tag of what was chosen between."""
    kept, place = [], settings
    for number, part in enumerate(path):
        if isinstance(place, dict) and (part in place or number == len(path) - 1):
            kept.append(part)
            place = place.get(part, {})
    return kept or path


def _paths(kind: type[BaseModel], before: str = "") -> list[str]:
    found = []
    for name, field in kind.model_fields.items():
        found.append(f"{before}{name}")
        for inner in _models(field.annotation):
            found += _paths(inner, f"{before}{name}.")
    return found


def _models(annotation: Any) -> list[type[BaseModel]]:
    """The pydantic models in an annotation such as `LoRA | None` or `dict[str, One | Other]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [each for inner in get_args(annotation) for each in _models(inner)]
