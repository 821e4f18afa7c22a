"""Recipes: YAML files that say what an experiment does, with two scales.

A recipe says which `experiment` it is for. It has `scale: full` and a section `smoke:` whose settings are laid over the
others at `scale: smoke` (at most 30 seconds, what tests run). It is found by its path or by its name among those that
ship with the package.

    recipe = load_recipe("interference", ["scale=smoke", "train.learning_rate=1e-4"])
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

import duologue
from duologue.errors import InputError
from duologue.experiments import overrides as changes
from duologue.experiments.kinds import find_kind
from duologue.experiments.settings import Recipe

SCALES = ("smoke", "full")


def recipe_folders() -> list[Path]:
    """Where recipes that ship with the package lie: in a wheel beside the code, in a checkout beside `src`."""
    package = Path(duologue.__file__).parent
    return [folder for folder in (package / "recipes", package.parents[1] / "recipes") if folder.is_dir()]


def shipped_recipes() -> list[Path]:
    """The recipes that ship with the package; launch files of accelerate beside them are none."""
    return sorted(
        path for folder in recipe_folders() for path in folder.rglob("*.yaml") if path.parent.name != "accelerate"
    )


def find_recipe(name: str) -> Path:
    """The file of a recipe: a path, or a name such as `interference` or `paper/interference`.

    Raises:
        InputError: there is no such recipe; names those that there are.
    """
    if Path(name).is_file():
        return Path(name)
    bare = name.removeprefix("recipes/").removesuffix(".yaml")
    for folder in recipe_folders():
        if (folder / f"{bare}.yaml").is_file():
            return folder / f"{bare}.yaml"
    known = [
        path.stem if path.parent in recipe_folders() else f"{path.parent.name}/{path.stem}"
        for path in shipped_recipes()
    ]
    raise InputError("there is no such recipe", where=name, mend=f"give a path, or one of: {', '.join(known)}")


def load_recipe(name: str, overrides: Iterable[str] = ()) -> Recipe:
    """Read a recipe, choose its scale, lay the overrides over it and validate it.

    Raises:
        InputError: no such recipe, not YAML, or a setting that does not exist or does not fit.
    """
    path = find_recipe(name)
    try:
        settings: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"not a YAML file ({' '.join(str(error).split())[:120]})", where=str(path)) from None
    if not isinstance(settings, dict):
        raise InputError("expected settings, found none", where=str(path), mend="see recipes/interference.yaml")
    changed = list(overrides)
    smoke = settings.pop("smoke", {})
    scale = changes.apply(settings, changed).get("scale", "full")
    if scale not in SCALES:
        raise InputError(f"expected smoke or full, found {scale!r}", where=f"{path}, scale")
    if scale == "smoke":
        settings = changes.merge(settings, smoke or {})
    settings = changes.apply(settings, changed)
    kind = find_kind(str(settings.get("experiment", "interference")), str(path))
    return changes.validated(kind.recipe, settings, str(path))
