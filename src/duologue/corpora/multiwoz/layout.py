"""Which of the layouts of MultiWOZ's single JSON a dialogue has: they share a shape and differ in four ways.

| | published 2.1 | ConvLab's copy | converted from 2.2 |
|---|---|---|---|
| id | `MUL0001.json` | `MUL0001` | `MUL0001.json` |
| value of a state slot | text, `a|b` | text, `a|b` | list of alternatives |
| span | tokens, end inclusive | tokens, end inclusive | characters, end exclusive |
| slot of an act or span | `Price` | `Price` | `pricerange` |
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec

from duologue.errors import InputError

SpanReading: TypeAlias = Literal["tokens", "words", "characters"]
"""What a span's two numbers count: white-space tokens (end inclusive), words with punctuation split off (end inclusive;
untokenised text annotated on a tokenised copy), or characters (end exclusive)."""


class Layout(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a dialogue is laid out; the defaults are the published 2.1."""

    suffix: str = ".json"
    values: Literal["text", "lists"] = "text"
    spans: SpanReading = "tokens"
    names: Literal["short", "canonical"] = "short"

    def to_native(self) -> dict[str, Any]:
        """As it is kept in `native`: only what differs from the published 2.1."""
        kept: dict[str, Any] = msgspec.to_builtins(self)
        return kept


PUBLISHED = Layout()
CONVERTED = Layout(values="lists", spans="characters", names="canonical")
LAYOUTS = {"published": PUBLISHED, "converted": CONVERTED}
"""The layouts that can be asked for by name."""


def layout_named(name: str) -> Layout:
    """The layout of this name.

    Raises:
        InputError: there is none.
    """
    if name not in LAYOUTS:
        raise InputError(f"unknown layout '{name}' of MultiWOZ 2.1", mend=f"known are {', '.join(LAYOUTS)}")
    return LAYOUTS[name]
