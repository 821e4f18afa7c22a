"""From a prompt's name and fields to chat messages.

A prompt is a Jinja file with a block `user` and, mostly, a block `system`; a field that is missing is an error.

    messages = render("interference/situation", chat=turns, examples=[])
"""

from __future__ import annotations

import functools
import hashlib
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2
import jinja2.meta
import yaml

from duologue.errors import InputError
from duologue.models.request import Message
from duologue.prompts.spans import mark


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("duologue", "prompts"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # prompts are plain text, not HTML
    )
    environment.filters["span"] = mark
    return environment


def render(name: str, **fields: Any) -> tuple[Message, ...]:
    """Render a prompt, e.g. `interference/backstory`, to its chat messages.

    Raises:
        InputError: there is no such prompt, or one of its fields was not given.
    """
    try:
        template = _environment().get_template(f"{name}.jinja")
        return tuple(
            Message(role, "".join(template.blocks[role](template.new_context(fields))).strip())
            for role in ("system", "user")
            if role in template.blocks
        )
    except jinja2.TemplateNotFound as error:
        raise InputError(
            f"there is no prompt '{error.name}'", mend="the prompts are the .jinja files in duologue/prompts"
        ) from None
    except jinja2.UndefinedError as error:
        raise InputError(
            f"a field is missing ({error.message})", where=f"prompt {name}", mend="hand it to ask()"
        ) from None


def fingerprint(name: str) -> str:
    """A hash of a prompt's text, with that of the files it imports: part of every stage's key."""
    digest = hashlib.sha256()
    environment = _environment()
    assert environment.loader is not None
    waiting, met = [f"{name}.jinja"], set()
    while waiting:
        file = waiting.pop()
        if file in met:
            continue
        met.add(file)
        source, _, _ = environment.loader.get_source(environment, file)
        digest.update(source.encode())
        waiting.extend(sorted(f for f in jinja2.meta.find_referenced_templates(environment.parse(source)) if f))
    return digest.hexdigest()[:16]


def style_file(name: str) -> Path:
    """The text of a style that comes with Duologue, e.g. `microblog`."""
    return Path(__file__).parent / "restyle" / "styles" / f"{name}.md"


def examples(name: str, shots: int) -> list[dict[str, Any]]:
    """The first `shots` worked examples of a prompt folder, e.g. `examples("interference", 3)`.

    Raises:
        InputError: more are asked for than there are.
    """
    if shots == 0:
        return []
    text = resources.files("duologue").joinpath("prompts", name, "examples.yaml").read_text(encoding="utf-8")
    every: list[dict[str, Any]] = yaml.safe_load(text)
    if shots > len(every):
        raise InputError(
            f"{shots} worked examples asked for, {len(every)} are there", where=f"prompts/{name}/examples.yaml"
        )
    return every[:shots]
