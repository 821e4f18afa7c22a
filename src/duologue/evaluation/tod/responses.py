"""A response as the evaluator reads it: lower case, placeholders as classes, plurals cut, punctuation evened out.

normalise_response("the [restaurant_name] 's phone is [value_phone] .").text    # "the NAME 's phone is PHONE."
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from duologue.evaluation.tod.moses import respaced
from duologue.evaluation.tod.placeholders import MENTIONS, placeholder_class

DOMAINS = ("restaurant", "hotel", "attraction", "train", "taxi", "police", "hospital")

# A placeholder, and the plural that some styles leave behind it.
_PLACEHOLDER = re.compile(r"\[([\w\s]+)\](?:es|s|-s|-es|)")


class Response(NamedTuple):
    """A normalised response.

    Attributes:
        text: what BLEU and richness read.
        mentions: the classes NAME, TRAINID, PHONE, ADDRESS, POST and REFERENCE that stand in the text.
        unknown: names of placeholders without a class, in order; they are cut from the text.
    """

    text: str
    mentions: frozenset[str]
    unknown: tuple[str, ...]


@lru_cache(maxsize=65_536)
def normalise_response(response: str) -> Response:
    """Normalise a delexicalised response (spec/tod.md §5.1)."""
    unknown: list[str] = []

    def as_class(found: re.Match[str]) -> str:
        name = placeholder_class(found[1])
        if name is None:
            unknown.append(found[1])
        return name or ""

    # "-s" and "-ly" are how some systems split off endings.
    text = respaced(_PLACEHOLDER.sub(as_class, response.lower()).replace("-s", "").replace("-ly", ""))
    return Response(text, frozenset(name for name in MENTIONS if name in text), tuple(unknown))


@lru_cache(maxsize=65_536)
def placeholder_domains(response: str) -> tuple[str, ...]:
    """The domains that the placeholders of a response name (`[hotel_area]`), in the order of their first mention."""
    named = (found[1].split("_")[0] for found in _PLACEHOLDER.finditer(response.lower()))
    return tuple(dict.fromkeys(name for name in named if name in DOMAINS))
