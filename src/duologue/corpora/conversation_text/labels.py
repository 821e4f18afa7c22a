"""A speaker's label at the start of a line: `User:`, `**User:**`, `(user)`, `[User] -`, `2. **User** (angry):`, …

Before the name may stand list bullets, numbers, heading and quotation marks, emoji, broken characters and `Turn 3`;
behind it a number, a verb (`User replies:`) and mood words in brackets, which become notes. A label with a colon, with
brackets, or alone on a line in bold or as a heading is *strong*. `User - hello`, `@User: hello` and a bare
`User` on its own line are *weak*: messages have such lines too, so they count only in a text without strong labels, and
only when both sides have them.

    labels = LabelReader.of_names(("User", "SocBot"))
    labels.at("**User** (angry): No.", 0, 21)
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias

from duologue.corpora.conversation_text.spans import Span

Form: TypeAlias = Literal["colon", "bracket", "alone", "dash", "handle", "bare"]

WEAK: tuple[Form, ...] = ("dash", "handle", "bare")

WINDOW = 240
"""Characters of a line in which its label lies; bounds the work on each line."""

# Emoji, dingbats, broken and control characters: no letter, digit, space, quote or ASCII punctuation.
_ORNAMENT = r"[^\w\s\"'“”„‘’«»()\[\]{}<>|*_`\#@:：﹕/\\.,;!?…$€£%&=+~^•·–—-]"
_TURN = r"(?:turn|round|exchange|message)\s?\#?\d{1,3}\s?[-–—:.)|,]?"
# Atomic: each stretch can be read in one way only, so that a long row of marks is not tried in every partition.
_LEAD = rf"""(?> \s | > | \# | [-+*•·–—](?=\s) | ["'“”„‘’«»|~] | {_ORNAMENT}
              | [(\[]?\d{{1,3}}[.):\]]
              | \*\*{_TURN}\*\* | {_TURN} )"""
_BEHIND = rf"""(?:['’]s)?
               (?:\s(?:reply|response|message|turn|says|said|replies|replied|responds|responded|asks|asked|writes|wrote))?
               (?:\s?\#?\d{{1,3}}(?!:\d))? (?:\s?{_ORNAMENT}{{1,4}})?"""
_HEAD = rf"""{_LEAD}{{0,24}} (?:(?P<marks>[*_`]{{1,3}}){_LEAD}{{0,4}})?
             (?: (?P<opened>[(\[<{{])\|?\s?(?P<inside>NAME){_BEHIND}
                 (?:\s?[,;:/–-]\s?(?P<mood>[^()\[\]<>{{}}*|\n]{{1,60}}))?\s?\|?(?P<closed>[)\]>}}])
               | (?P<handle>@)?(?P<name>NAME){_BEHIND}(?![^\W_]) )"""
_ANY_NAME = r"[^\W\d_](?:[^\W_]|[.'’&-]){0,24}(?:[ ](?:[^\W_]|[.'’&-]){1,24}){0,2}"

_MOOD = re.compile(r"\s*(?:\(([^()\[\]\n]{1,80})\)|\[([^()\[\]\n]{1,80})\]|\*([^*\n]{1,80})\*(?!\*))")
_COLON = re.compile(r"\s*[:：﹕](?!//\S)")
_DASH = re.compile(r"\s*[-–—]{1,2}(?=\s|$)")
_BRACKETS = {"(": ")", "[": "]", "<": ">", "{": "}"}
_QUOTES = {'"': '"', "“": "”", "„": "“", "'": "'", "‘": "’", "«": "»", "»": "«", "”": "”", "’": "’"}


class Label(NamedTuple):
    """A label that was found.

    Attributes:
        start: where the line begins.
        end: where the message begins, or may.
        name: the speaker as written, one space between words.
        form: see the module; `bracket` also when a colon follows.
        moods: where mood words lie.
        wrap: the mark that was opened before the name and may end the message (`**`, a quote, `</user>`).
        quoted: the line is a Markdown quotation, so `>` may begin the lines that follow.
        spaced: white space or nothing follows (as it does not in `10:30`).
        marked: the name stands in bold, italics or a heading.
    """

    start: int
    end: int
    name: str
    form: Form
    moods: tuple[Span, ...] = ()
    wrap: str = ""
    quoted: bool = False
    spaced: bool = True
    marked: bool = False

    @property
    def strong(self) -> bool:
        """No ordinary sentence looks like it."""
        return self.form not in WEAK


class LabelReader:
    """Finds labels of one set of names."""

    def __init__(self, names: str) -> None:
        """Take the names as a regular expression (verbose, case ignored)."""
        self._head = re.compile(_HEAD.replace("NAME", names), re.IGNORECASE | re.VERBOSE)

    @classmethod
    def of_names(cls, names: Iterable[str]) -> LabelReader:
        """Labels with one of these names."""
        return _of_names(tuple(sorted(names, key=lambda name: (-len(name), name))))

    @classmethod
    def of_anyone(cls) -> LabelReader:
        """Labels with any name of one to three words."""
        return _ANYONE

    def at(self, text: str, start: int, end: int) -> Label | None:
        """The label with which the line from `start` to `end` begins, or None."""
        head = self._head.match(text, start, min(end, start + WINDOW))
        if head is None or (head["opened"] and _BRACKETS[head["opened"]] != head["closed"]):
            return None
        return _complete(text, head, end)


def _complete(text: str, head: re.Match[str], end: int) -> Label | None:
    marks = head["marks"] or ""
    lead = head.string[head.start() : head.start("inside" if head["opened"] else "name")]
    at, stop = head.end(), min(end, head.start() + WINDOW)

    def past_marks(at: int) -> int:
        nonlocal marks
        if marks and text.startswith(marks, at, end):
            at, marks = at + len(marks), ""
        return at

    name_end = at = past_marks(at)
    moods = [head.span("mood")] if head["mood"] else []
    while found := _MOOD.match(text, at, stop):
        moods.append(found.span(found.lastindex or 0))
        at = found.end()
    at = past_marks(at)
    marked = bool(head["marks"]) or "#" in lead
    colon = _COLON.match(text, at, stop)
    form: Form
    if colon:
        form = "bracket" if head["opened"] else "handle" if head["handle"] else "colon"
        at = past_marks(colon.end())
    elif head["opened"]:
        if head["opened"] == "(" and text[name_end : name_end + 1].isalnum() and name_end < end:
            return None
        dash = _DASH.match(text, name_end, stop)
        form, at, moods = "bracket", dash.end() if dash else name_end, moods[: 1 if head["mood"] else 0]
    elif not text[at:end].strip():
        form = "alone" if marked else "bare"
    elif dash := _DASH.match(text, at, stop):
        form, at = "dash", dash.end()
    else:
        return None
    name = head["inside"] or head["name"]
    return Label(
        head.start(),
        at,
        " ".join(name.split()),
        form,
        tuple(moods),
        marks or _wrap(lead, name, head["opened"]),
        ">" in lead,
        not text[at : min(at + 1, end)].strip(),
        marked,
    )


def _wrap(lead: str, name: str, opened: str | None) -> str:
    if opened == "<":
        return f"</{name}>"
    return next((_QUOTES[character] for character in reversed(lead) if character in _QUOTES), "")


@lru_cache(maxsize=64)
def _of_names(names: tuple[str, ...]) -> LabelReader:
    either = "|".join(r"\s+".join(map(re.escape, name.split())) for name in names)
    return LabelReader(f"(?:{either})" if names else "(?!)")


_ANYONE = LabelReader(_ANY_NAME)
