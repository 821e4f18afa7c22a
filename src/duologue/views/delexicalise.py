"""Delexicalisation: the values in a system turn become placeholders such as `[name]`, and back.

A model that writes placeholders learns what to say; the database says about which venue. The published code applies
spans in file order with a running offset, which garbles the text when spans are unsorted or overlap; here they are
sorted, of two that overlap the one that begins first (then the longer) wins, and `dontcare` is not a value, as in the
public evaluator's references (spec/tod.md §5.5).

    delexicalise("Oak Lodge is in the north.", [Span("name", "Oak Lodge", 0, 9), Span("area", "north", 20, 25)])
    # "[name] is in the [area]."
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from duologue.corpora.multiwoz.slots import PLACEHOLDERS as SLOTS
from duologue.dialogue import Span

PLACEHOLDERS: tuple[str, ...] = tuple(f"[{slot}]" for slot in SLOTS)
"""`[address]` … `[type]`: the 26 tokens that SimpleToD adds to a tokenizer."""

_PLACEHOLDER = re.compile(r"\[([a-z_]+)\]")
_NOT_VALUES = {"", "dontcare", "dont care", "don't care", "do not care", "none", "?"}


def delexicalise(text: str, spans: Iterable[Span]) -> str:
    """Replace the values in a text by `[slot]` and collapse its whitespace.

    Args:
        text: what was said.
        spans: character offsets into `text`, end exclusive, in any order; those that overlap one that was taken, lie
            outside the text, or whose value is `dontcare` are skipped.

    Returns:
        The text with placeholders, words separated by single spaces.
    """
    pieces = []
    done = 0
    for span in chosen_spans(text, spans):
        pieces += [text[done : span.start], f"[{span.slot.lower()}]"]
        done = span.end
    return " ".join("".join([*pieces, text[done:]]).split())


def chosen_spans(text: str, spans: Iterable[Span]) -> Iterator[Span]:
    """Yield the spans that are replaced: sorted by place and not overlapping."""
    done = 0
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        inside = done <= span.start < span.end <= len(text)
        if inside and span.slot.lower() not in ("", "none") and span.value.strip().lower() not in _NOT_VALUES:
            yield span
            done = span.end


def placeholders(text: str) -> list[str]:
    """The slots of the placeholders in a delexicalised text, in order, repeats kept."""
    return _PLACEHOLDER.findall(text)


def lexicalise(text: str, values: Iterable[str | None]) -> str:
    """Fill the placeholders of a text one after the other; None leaves a placeholder standing.

    Args:
        text: delexicalised text.
        values: one per placeholder, in order.
    """
    filled = iter(values)
    return _PLACEHOLDER.sub(lambda found: next(filled, None) or found.group(), text)
