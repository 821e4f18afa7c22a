"""Stage directions: `*sighs*`, `(laughs)`, `[pauses]`, `(angry)` at an edge of a message; the rest is what is said.

What is taken for a direction, and what stays in the text:

- Up to eight words without digits, links or sentence marks; never a bracket that begins with "I" or "you", nor a list
  mark such as `(a)`. Double stars are bold: emphasis, never a direction.
- At the start: in stars when a bodily act (`*Sighs*`) or lower-case words before a new sentence (`*annoyed* No.`);
  `*Really* good` and `*Never* again` stay. In brackets likewise, and any mood of up to four words before a new sentence
  or in lower case (`(Angry) No.`); `(Some) people` stays.
- At the end: an act in stars. After a finished sentence, an emoji, or on a line of its own also lower-case words in
  stars, and acts in brackets (`Fine. (laughs)`); `It is free. (for members)` says something and stays.
- A message that is nothing but a direction keeps it as its text: `User: *nods*` is a turn.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from duologue.corpora.conversation_text.spans import Span, stripped

_LONGEST = 84
_AT_START = re.compile(r"\*(?![*\s])([^*\n]{1,80})(?<!\s)\*(?!\*)|\(([^()\n]{1,80})\)|\[([^\[\]\n]{1,80})\](?!\()")
_OUT_OF_PLACE = re.compile(
    r"[\d@#:;!?/\\_=<>{}\"“”]|[.](?!\.*$)|[^.][.]$|^(?:i|i'm|i’m|im|you|we|my|it|it's)\b", re.IGNORECASE
)
_ENDS_SENTENCE = ".?!…\"”»'’。？！"
_GOES_ON = ".,;:!?'’)]…-"

_ACTS = """
applaud beam blink blush breathe chuckle clap clear cough cross cry curl exhale fidget flinch frown gasp gesture giggle
glance glare grin grimace groan growl grumble hesitate hug huff inhale interrupt laugh lean look lower mumble murmur
mutter narrow nod pause place point pout put raise roar roll rub scoff scowl scratch shake shout shrug shudder sigh sip
sit smile smirk snap sneer sniff sniffle snicker snort sob speak squint stammer stand stare stutter take tap think throw
tilt turn type wave whisper wince wink yawn yell
"""


def _forms(verb: str) -> set[str]:
    stem = verb.removesuffix("e")
    return {f"{verb}s", f"{verb}es", f"{stem}ing", f"{stem}{stem[-1]}ing", f"{verb.removesuffix('y')}ies"}


_ACT_FORMS = frozenset(form for verb in _ACTS.split() for form in _forms(verb)) | {"silence", "lol", "facepalm"}


class Peeled(NamedTuple):
    """What is left of a stretch, and the direction that was taken off its edge (without its brackets)."""

    rest: Span
    note: Span


def acts(words: str) -> bool:
    """Whether one of the words says what a body does: sighs, rolling (eyes), laughs."""
    return any(word.strip(".,…'’").casefold() in _ACT_FORMS for word in words.split())


def direction_at_start(text: str, start: int, end: int, *, last_line: bool) -> Peeled | None:
    """The direction with which a message's first line begins, or None; `last_line` when nothing follows the line."""
    found = _AT_START.match(text, start, min(end, start + _LONGEST))
    if found is None:
        return None
    note = stripped(text, *found.span(found.lastindex or 0))
    rest = stripped(text, found.end(), end)
    words = text[slice(*note)]
    follows = text[found.end() : found.end() + 1] if found.end() < end else ""
    if (rest[0] >= rest[1] and last_line) or not _plausible(words) or (follows and follows in _GOES_ON):
        return None
    new_sentence = rest[0] >= rest[1] or not (text[rest[0]].islower() or text[rest[0]] in _GOES_ON)
    lower = words[0].islower()
    mood = found.lastindex != 1 and len(words.split()) <= 4
    if acts(words) or (new_sentence and (lower or mood)) or (lower and mood):
        return Peeled(rest, note)
    return None


def direction_at_end(text: str, start: int, end: int, *, first_line: bool) -> Peeled | None:
    """The direction with which a message's last line ends, or None; `first_line` when nothing precedes the line."""
    opener = {"*": "*", ")": "(", "]": "["}.get(text[end - 1])
    opened = text.rfind(opener, max(start, end - _LONGEST), end - 1) if opener else -1
    found = _AT_START.match(text, opened, end) if opened >= 0 else None
    if found is None or found.end() != end or (opened > start and text[opened - 1] == "*"):
        return None
    note = stripped(text, *found.span(found.lastindex or 0))
    rest = stripped(text, start, opened)
    words = text[slice(*note)]
    alone = rest[0] >= rest[1]
    if (alone and first_line) or not _plausible(words):
        return None
    before = "" if alone else text[rest[1] - 1]
    finished = alone or before in _ENDS_SENTENCE or not (before.isalnum() or before in ",;:-–—()[]*_%$€£&+=/")
    starred = text[opened] == "*"
    if (acts(words) and (finished or starred)) or (finished and starred and words[0].islower()):
        return Peeled(rest, note)
    return None


def _plausible(words: str) -> bool:
    letters = sum(map(str.isalpha, words))
    return letters >= 3 and len(words.split()) <= 8 and _OUT_OF_PLACE.search(words) is None
