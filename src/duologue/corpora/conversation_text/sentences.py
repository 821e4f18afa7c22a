"""Where the last finished sentence of a message ends."""

from __future__ import annotations

import re

_END = re.compile(r"[.?!…。？！]+[\"”»'’)\]*_]*(?=\s|$)")
_OPEN_ENDED = frozenset(",;:-–—(\"'[{/&@#$%*_“‘«")


def unfinished(text: str) -> str:
    """What stands after the last sentence end, when a message was cut; empty when the message ends like a sentence.

    A message that ends in an emoji is taken as finished.

        unfinished("It is late. I think we")      # 'I think we'
    """
    ends = [found.end() for found in _END.finditer(text)]
    if ends and ends[-1] == len(text):
        return ""
    if text and not text[-1].isalnum() and text[-1] not in _OPEN_ENDED:
        return ""
    return text[ends[-1] if ends else 0 :].lstrip()
