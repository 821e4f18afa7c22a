"""What the page of every run shows of it: the recipe, when and on what it ran, how long it took.

render_page("lab.html.jinja", **run_fields(folder), results=…)
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from duologue.experiments.run_folder import RECIPE, read_run


def run_fields(folder: Path) -> dict[str, Any]:
    """The fields `recipe`, `recipe_text`, `about` and `total_seconds` of a page.

    Raises:
        InputError: the run is not finished.
    """
    recipe, about = yaml.safe_load((folder / RECIPE).read_text(encoding="utf-8")), read_run(folder)
    return {
        "recipe": recipe,
        "recipe_text": yaml.safe_dump(recipe, sort_keys=False, allow_unicode=True),
        "about": about,
        "total_seconds": sum(about["seconds"].values()),
    }
