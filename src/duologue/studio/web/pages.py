"""Pages from their templates: everything is escaped, and nothing inline is run.

page("overview.html.jinja", request, projects=…)
"""

from __future__ import annotations

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


@cache
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("duologue.studio.web", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.tests["in_folder"] = lambda path, folder: path.startswith(f"{folder}/")
    return environment
