"""From a page's fields to one HTML file: Jinja template, inline style, no network."""

from __future__ import annotations

import math
from typing import Any

import jinja2


def render_page(template: str, **fields: Any) -> str:
    """Render a template of this folder; text is escaped, and a missing field is an error."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("duologue.experiments", "report"),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = number
    return environment.get_template(template).render(**fields)


def number(value: float | None, form: str) -> str:
    """A figure in a format such as `.1f`, and a dash where there is none (JSON has no NaN: it is read back as None)."""
    return "–" if value is None or math.isnan(value) else format(value, form)
