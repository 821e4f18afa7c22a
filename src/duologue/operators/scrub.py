"""Handles, links, e-mail addresses and phone numbers give way to placeholders; the rest of a text stays as it is.

    scrub("ask @ann_b at ann@example.org or https://t.co/x1.")    # "ask @user at [email] or [link]."
    scrub("call +44 20 7946 0958", ("phones",))                   # "call [phone]"

Patterns, not names: nobody is found who is called by name only. A number counts as a telephone's when it is written
like one (international with +, North American, British, 10 or 11 digits in one piece), so prices, dates, years and
scores stay. What was scrubbed is left alone by a second scrubbing, and nothing of the given kinds remains.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["links", "emails", "handles", "phones"]

KINDS: tuple[Kind, ...] = ("links", "emails", "handles", "phones")
PLACEHOLDERS: dict[Kind, str] = {"links": "[link]", "emails": "[email]", "handles": "@user", "phones": "[phone]"}

# Letters of scripts that part words by spaces; in the others an address ends where the text goes on: "@taroさん".
_LATIN = "A-Za-z0-9_À-ɏ"
_UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3000-\u30ff\u3400-\u9fff\uac00-\ud7af\uff00-\uffef"
_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_APART = rf"(?<![{_LATIN}.@#-])"
_IN_LINK = rf"""[^\s<>"“”\[\]{_UNSPACED}]"""
_LINK_END = rf"""[^\s<>"“”\[\].,;:!?…'’)}}{_UNSPACED}]"""
_SITES = r"com|org|net|edu|gov|info|co\.uk"
_SITES_WITH_PATH = rf"{_SITES}|[a-z]{{2}}|app|dev|blog|news|live|link|online|social|tech|xyz"
_LINK = (
    rf"(?:(?:https?|ftp)://|{_APART}www\.){_IN_LINK}*{_LINK_END}"
    rf"|{_APART}(?:{_LABEL}\.)+(?:{_SITES_WITH_PATH})/{_IN_LINK}*{_LINK_END}"
    rf"|{_APART}(?:{_LABEL}\.)+(?-i:{_SITES})(?![{_LATIN}@-]|\.\w)"
)
_EMAIL = rf"(?<![{_LATIN}.+%@-])[{_LATIN}.+%-]*[{_LATIN}+%-]@(?:{_LABEL}\.)+[a-z]{{2,}}(?![{_LATIN}@])"
# As in "RT@ann", or after a line break that was written out; "8th@4pm" names nobody.
_BEFORE_HANDLE = rf"(?:(?<![{_LATIN}])|(?<=\bRT)|(?<=\bvia)|(?<=\\[nrt]))"
_HOST = rf"(?:@(?:{_LABEL}\.)+[a-z]{{2,}}(?![{_LATIN}]))?"
_HANDLE = rf"{_BEFORE_HANDLE}[@＠](?!user(?![{_LATIN}]))(?:[{_LATIN}]+{_HOST}|\w+)"
_GAP = r"[ .\u00a0-]"
_PHONE = (
    rf"(?<![{_LATIN}+$€£])(?<!\d[.,])(?:"
    rf"\+(?=(?:[ .()\u00a0-]*\d){{9}})\d{{1,3}}{_GAP}?\(?\d{{1,4}}\)?(?:{_GAP}?\d{{2,4}}){{1,4}}"
    rf"|(?:1{_GAP})?(?:\(\d{{3}}\){_GAP}?|\d{{3}}{_GAP})\d{{3}}{_GAP}\d{{4}}"
    rf"|(?:\(0\d{{2,4}}\){_GAP}?|0\d{{2,4}}{_GAP})\d{{3,4}}{_GAP}?\d{{3,4}}"
    r"|\d{10,11}"
    rf")(?![{_LATIN}]|[.,]\d)"
)
_PATTERNS: dict[Kind, re.Pattern[str]] = {
    "links": re.compile(_LINK, re.IGNORECASE),
    "emails": re.compile(_EMAIL, re.IGNORECASE),
    "handles": re.compile(_HANDLE, re.IGNORECASE),
    "phones": re.compile(_PHONE),
}


def scrub(text: str, kinds: Sequence[Kind] = KINDS) -> str:
    """The text with placeholders (`PLACEHOLDERS`) for what is of these kinds."""
    before = None
    while text != before:  # a placeholder can part what looked like one thing before
        before = text
        for kind in KINDS:
            if kind in kinds:
                text = _PATTERNS[kind].sub(PLACEHOLDERS[kind], text)
    return text


def found(text: str, kinds: Sequence[Kind] = KINDS) -> list[str]:
    """What of these kinds stands in a text, placeholders aside."""
    return [match.group() for kind in KINDS if kind in kinds for match in _PATTERNS[kind].finditer(text)]
