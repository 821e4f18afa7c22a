"""Pages from their templates: everything is escaped, control characters are shown, and nothing inline is run.

page("overview.html.jinja", request, projects=…)
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import jinja2
from fastapi import Request
from markdown_it import MarkdownIt
from markupsafe import Markup

from duologue.studio.studio import Studio


def page(template: str, request: Request, **fields: Any) -> str:
    """A page of this request's session."""
    studio: Studio = request.app.state.studio
    token = studio.secret.token(request.state.session)
    return _templates().get_template(template).render(form_token=token, **fields)


def markdown(text: str) -> Markup:
    """Markdown as HTML; HTML within it is shown, not obeyed, and so are pictures from elsewhere."""
    return Markup(MarkdownIt("js-default", {"html": False}).disable("image").enable("table").render(text))


_CONTROLS = {at: 0x2400 + at for at in range(32) if chr(at) not in "\t\n\r"} | {0x7F: 0x2421}
"""Control characters -> the pictures that Unicode has of them."""


def _visible(value: Any) -> Any:
    return value.translate(_CONTROLS) if isinstance(value, str) else value


def _pretty(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


@cache
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("duologue.studio.web", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_visible,
    )
    environment.filters["pretty"] = _pretty
    return environment
