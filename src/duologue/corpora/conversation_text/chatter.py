"""What in the text is no message: rules, `Turn 3`, end marks, and what a model adds when it is done.

- A line of dashes, stars or the like, a code fence, `Turn 3`: markup between messages. In the last message a rule ends
  the conversation.
- An end mark (`(end of conversation)`, `[END]`, `**The end.**`, alone on a line or in brackets at the end of one) ends
  it for good: what follows, a second conversation too, belongs to the epilogue.
- In the last message, a paragraph of its own that offers help or talks about the conversation (`Let me know if …`,
  `Note: in this dialogue …`) begins the epilogue. In the middle such paragraphs are taken as said.
"""

from __future__ import annotations

import re

_LONGEST = 200
_RULE = re.compile(r"(?:[-*_=~—–#•]\s*+){3,}+|(?:```|~~~)\s*+\w{0,20}\s*+")
_TURN = re.compile(
    r"[\s>#*_`(\[•-]{0,12}(?:turn|round|exchange)\s?\#?\d{1,3}(?:\s?(?:/|of)\s?\d{1,3})?[\s:.)\]*_`-]{0,8}",
    re.IGNORECASE,
)
_TALK = r"(?:conversation|dialogue|dialog|chat|transcript|script)"
_OVER = rf"(?:the\s)?{_TALK}\s(?:ends|ended|is\sover|concludes|concluded)"
_END = rf"(?:the\s)?end(?:\sof\s(?:the\s|this\s|our\s)?{_TALK})?|{_OVER}"
_END_LINE = re.compile(rf"[\s>#*_`(\[<=~—–-]{{0,12}}(?:{_END}(?:\shere)?)[\s.!:*_`)\]>=~—–-]{{0,12}}", re.IGNORECASE)
_END_BEHIND = re.compile(rf"[*_]{{0,2}}[(\[<](?:{_END})[.!]?[)\]>][*_.]{{0,2}}$", re.IGNORECASE)
_OFFER = re.compile(
    r"""[\s>#*_`(\["“•-]{0,12}(?:
      (?:please\s)?(?:let\sme\sknow|feel\sfree)\b
    | (?:i\s)?(?:really\s)?hope\s(?:this|that|these|it)\b
    | (?:would|do)\syou\s(?:like|want)\sme\sto\b
    | if\syou(?:['’]d|\swould)\slike\sme\sto\b
    | is\sthere\sanything\selse\b
    | (?:in\s)?(?:this|the\sabove)\s(?:conversation|dialogue|dialog|exchange)\b
    | (?:the\s)?(?:conversation|dialogue)\scontinues\b
    | (?:disposition|motivation)\s?:
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_REMARK = re.compile(
    r"[\s>#*_`(\[\"“•-]{0,12}(?:notes?|disclaimer|explanation|summary|analysis|overall|here|as\syou\scan\ssee)\b",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"\b(?:conversations?|dialogues?|dialogs?|exchange|turns|messages|prompt|profile|disposition|motivation|fictional)\b",
    re.IGNORECASE,
)


def is_rule(text: str, start: int, end: int) -> bool:
    """The line is a rule or a code fence."""
    return _RULE.fullmatch(text, start, end) is not None


def is_turn_heading(text: str, start: int, end: int) -> bool:
    """The line says only which turn comes: `Turn 3`, `**Round 2:**`, `## Turn 1 of 8`."""
    return end - start <= _LONGEST and _TURN.fullmatch(text, start, end) is not None


def end_mark(text: str, start: int, end: int) -> int | None:
    """Where on the line an end mark begins, or None."""
    if end - start <= _LONGEST and _END_LINE.fullmatch(text, start, end):
        return start
    behind = _END_BEHIND.search(text, max(start, end - 60), end)
    return behind.start() if behind else None


def is_chatter(text: str, start: int, end: int) -> bool:
    """The line begins an offer of help or a remark about the conversation."""
    stop = min(end, start + _LONGEST)
    if _OFFER.match(text, start, stop):
        return True
    return bool(_REMARK.match(text, start, stop) and _ABOUT.search(text, start, stop))
