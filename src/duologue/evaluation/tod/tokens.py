"""The tokens over which the public evaluator counts richness: those of the package lexical_diversity 0.1.1.

Punctuation is cut out, not split off, and a text that ends in space has a last, empty token; both show in the figures.

    tokens("It's NAME , ok ?")         # ["its", "name", "ok", ""]
"""

from __future__ import annotations

import re

_SPACE = re.compile(r"\s+")
_CUT_FIRST = str.maketrans("", "", "'.,?!)(%/-_")
_CUT_LAST = str.maketrans("", "", ":;")


def tokens(text: str) -> list[str]:
    """The tokens of a normalised response, in lower case."""
    bare = text.replace("``", "").translate(_CUT_FIRST).replace("SYM", "").translate(_CUT_LAST)
    return _SPACE.sub(" ", bare).lower().split(" ")
