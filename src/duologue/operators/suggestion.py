"""New motivations and dispositions, asked of a model: `duologue profiles suggest`.

found = await suggest(ask, "disposition", known, draws=3)     # a Trait, or the gate that the last draw failed
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Literal, TypeAlias

from pydantic import Field

from duologue.corpora.profiles.profile import Trait
from duologue.operators.draws import first_that_passes
from duologue.operators.gates import Verdict, first_failure, no_loop, not_empty, quote, whole
from duologue.operators.operator import OperatorOptions
from duologue.prompts.ask import Answer, Ask

Kind: TypeAlias = Literal["motivation", "disposition"]
_SUGGESTED = re.compile(r"[\s*_#>\"'“-]*(?P<name>[A-Za-z][A-Za-z-]{1,30})[\s*_\"'”]*:[\s*_]*(?P<text>\S.*)", re.DOTALL)
_SHORTEST, _LONGEST = 6, 120  # words


class SuggestionOptions(OperatorOptions):
    """How suggestions are drawn."""

    answer_tokens: int = Field(default=220, ge=1)
    """Most tokens in one answer."""
    temperature: float = Field(default=0.7, ge=0)
    """Temperature of the first draw."""
    draws: int = Field(default=3, ge=1)
    """Answers that may be drawn until one passes."""


async def suggest(ask: Ask, kind: Kind, known: Sequence[Trait], options: SuggestionOptions) -> Trait | Verdict:
    """Ask for one more.

    Args:
        ask: answers.
        kind: what is asked for.
        known: those that are there, which it must not repeat.
        options: how it is drawn.

    Returns:
        The new one, or the verdict on the last draw.
    """
    judge = partial(read_suggestion, known=known)
    drawn = await first_that_passes(ask, "profiles/suggest", options, judge, kind=kind, known=known)
    return drawn if isinstance(drawn, Verdict) else drawn.found


def read_suggestion(answer: Answer, known: Sequence[Trait]) -> Trait | Verdict:
    """Take name and text out of an answer.

    Returns:
        Them, or the first gate that was failed.
    """
    said = _SUGGESTED.match(answer.text)
    name, text = (said["name"].lower(), " ".join(said["text"].split())) if said else ("", "")
    return first_failure(_gates(answer, name, text, known)) or Trait(name, text)


def _gates(answer: Answer, name: str, text: str, known: Sequence[Trait]) -> Iterator[Verdict]:
    yield whole(answer)
    yield Verdict("no-name", bool(name), f"expected 'name: text', found {quote(answer.text)}")
    yield not_empty("text", text)
    words = len(text.split())
    yield Verdict("length", _SHORTEST <= words <= _LONGEST, f"{words} words, expected {_SHORTEST} to {_LONGEST}")
    yield Verdict("name-known", name not in {each.name for each in known}, f"there is a {name} already")
    yield Verdict("text-known", text.lower() not in {each.text.lower() for each in known}, f"repeats {quote(text)}")
    yield no_loop("text", text)
