"""Names in a text that its source does not have: the plainest sign that a model made something up.

unknown_names("I visit my aunt Rosa in Preestou.", "my aunt lives in preestou")      # -> ["Rosa"]
"""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W\d_](?:[\w-]|['’.](?=\w))*")
_SENTENCE_END = re.compile(r"(?:^|[.!?:;…]['\"”’)]*\s+|[-–—*\"“(]\s*)$")
_NO_NAMES = frozenset({"i", "ok", "okay", "tv", "mr", "mrs", "ms", "dr", "am", "pm"})


def names(text: str) -> list[str]:
    """The capitalised words of a text in their order, each once; the first word of a sentence is capitalised anyway and
    therefore not among them.
    """
    found = [
        word.group()
        for word in _WORD.finditer(text)
        if word.group()[0].isupper() and not _SENTENCE_END.search(text[: word.start()])
    ]
    return [name for name in dict.fromkeys(found) if not _no_name(name)]


def unknown_names(text: str, source: str) -> list[str]:
    """The names of a text that do not stand in the source; case, a possessive 's and a plural s make no difference."""
    known = {form for word in _WORD.findall(source) for form in _forms(word)}
    return [name for name in names(text) if not _forms(name) & known]


def _no_name(word: str) -> bool:
    return bool(_forms(word) & _NO_NAMES) or word.lower().startswith(("i'", "i’"))


def _forms(word: str) -> set[str]:
    word = word.lower().rstrip(".")
    stem = re.sub(r"['’]s?$", "", word)
    return {word, stem, stem.removesuffix("s")} - {""}
