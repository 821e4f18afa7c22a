"""What a clarifying question asks for: one of several options, a yes or no, or a value of some kind.

>>> offered("Do you mean Velka Hill or Velka Harbour?")
['Velka Hill', 'Velka Harbour']
>>> offered("Do you mean Velka Hill?"), offered("Which one?")
(['Velka Hill'], [])
>>> subject("In which year?")
'when'
"""

from __future__ import annotations

import re
from typing import Literal

Subject = Literal["who", "what", "when"]

_BEFORE = (
    r"(?:do|did) you mean|you mean|is (?:it|that)|are you (?:asking|talking) about|"
    r"(?:should|shall) i (?:look at|take|use)|would that be|was it|"
    r"(?:which one|which of them|which|who|what|when)(?: do you mean)?,"
)
_AFTER = r",? that you (?:need|mean|are after)| you mean|,? or another one"
_LEAD = re.compile(rf"^(?:.*?[.:] )?(?:(?:sorry|right|well|ok|okay)[,:] )?(?:{_BEFORE}) (.+?)(?:{_AFTER})?\?$", re.I)
_PLAIN = re.compile(r"^(.+ or .+)\?$")
_WHEN = re.compile(
    r"\b(?:when|years?|part of (?:the|that) year|time|times|day|date|month|season|period|morning|occasion)\b", re.I
)
_WHAT = re.compile(r"\b(?:figures?|number|value|amount|column|what exactly)\b", re.IGNORECASE)
_WHO = re.compile(r"\b(?:who|whom|whose|person|people|of (?:the|those) (?:two|three))\b", re.IGNORECASE)
_OPEN = re.compile(r"^(?:which|who|whom|whose|what|when|(?:in|for|at|of|on|from|over|between) wh\w+)\b", re.IGNORECASE)


def offered(question: str) -> list[str]:
    """The readings that a question names, each once; empty where it leaves the answer to the user."""
    match = _LEAD.match(question.strip())
    if match is None:
        match = _PLAIN.match(question.strip())
        if match is None or _OPEN.match(question.strip()):
            return []
    options = dict.fromkeys(_bare(part) for part in re.split(r",? or (?:rather )?|, ", match[1]))
    return [option for option in options if option]


def subject(question: str) -> Subject | None:
    """Whether it asks for a time, a figure or a person or place; None where only its noun tells."""
    if _WHEN.search(question):
        return "when"
    if _WHO.search(question):
        return "who"
    return "what" if _WHAT.search(question) else None


def _bare(part: str) -> str:
    return re.sub(r"^The\b", "the", part.strip(" .,"))
