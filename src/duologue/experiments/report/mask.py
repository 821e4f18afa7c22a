"""The page of an X-ray: every token, trained or not, with what was cut, how rows are packed and what is wrong.

    write_mask(xray(examples, tokenizer, options, keep=20, extra=20), Path("mask.html"), title="chats.jsonl")

One HTML file, nothing fetched. White space and special tokens are visible; pointing at a token shows its id and place.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from duologue.experiments.report.render import render_page
from duologue.files import write_text
from duologue.training.xray import SeenExample, SeenToken, Segment, XRay

LISTED = 500
"""Examples and problems that are listed by name; the figures on top are over all."""
ROWS = 40
"""Packed rows that are drawn."""
SPELLED_ROWS = 2
"""How many of them are shown token by token."""


class Shown(NamedTuple):
    """A token on the page: its visible text, its classes, what pointing at it tells, and whether a line ends there."""

    text: str
    classes: str
    hint: str
    breaks: bool


class ShownRow(NamedTuple):
    """A packed row: its segments with their examples, how much of it is free, its tokens for the first ones."""

    segments: list[tuple[Segment, SeenExample]]
    free: int
    tokens: list[list[Shown]]


def write_mask(seen: XRay, out: Path, *, title: str) -> Path:
    """Write the page of an X-ray."""
    every = list(enumerate(seen.examples, 1))
    size = sum(each.size for each in seen.examples)
    rows = [_row(row, seen, spelled=number < SPELLED_ROWS) for number, row in enumerate(seen.rows[:ROWS])]
    page = render_page(
        "mask.html.jinja",
        title=title,
        seen=seen,
        every=every[:LISTED],
        hidden=max(0, len(every) - LISTED),
        wrong=[(number, each) for number, each in every if each.problems][:LISTED],
        share=100 * sum(each.trained for each in seen.examples) / max(size, 1),
        size=size,
        cut=sum(bool(each.dropped) for each in seen.examples),
        left_out=sum(each.left_out for each in seen.examples),
        examples=[(number, each, _tokens(each.tokens)) for number, each in every if each.tokens is not None],
        rows=rows,
    )
    write_text(out, page)
    return out


def _row(row: list[Segment], seen: XRay, *, spelled: bool) -> ShownRow:
    members = [(segment, seen.examples[segment.example]) for segment in row]
    tokens = [_tokens(example.tokens or [], segment.start) for segment, example in members] if spelled else []
    return ShownRow(members, seen.max_length - row[-1].start - row[-1].size, tokens)


def _tokens(tokens: list[SeenToken], start: int | None = None) -> list[Shown]:
    """Tokens as the page shows them; `start` is their first place in a packed row, where the first is not trained."""
    shown = []
    for place, token in enumerate(tokens):
        trained = token.trained and not (start is not None and place == 0)
        where = f"token {place}" if start is None else f"token {start + place} of the row, position id {place}"
        hint = f"id {token.id}, {where}, {'trained' if trained else 'not trained'}"
        classes = " ".join(name for name, on in (("y", trained), ("s", token.special)) if on)
        shown.append(Shown(_visible(token.text), classes, hint, "\n" in token.text))
    return shown


def _visible(text: str) -> str:
    return text.replace(" ", "·").replace("\n", "⏎").replace("\t", "⇥").replace("\r", "␍") or "∅"
