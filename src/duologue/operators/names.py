"""Names in a text that its source does not have: the plainest sign that a model made something up.

unknown_names("I visit my aunt Rosa in Preestou.", "my aunt lives in preestou")      # -> ["Rosa"]
"""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W\d_](?:[\w-]|['’.](?=\w))*")
_SENTENCE_END = re.compile(r"(?:^|[.!?:;…]['\"”’)]*\s+|[-–—*\"“(]\s*)$")
_NO_NAMES = frozenset({"i", "ok", "okay", "tv", "mr", "mrs", "ms", "dr", "am", "pm"})


def unknown_names(text: str, source: str) -> list[str]:
    """The capitalised words of a text that do not stand in the source, in their order.

    The first word of a sentence is capitalised anyway and therefore not looked at. Case, a possessive 's and a plural s
    make no difference.
    """
    known = {form for word in _WORD.findall(source) for form in _forms(word)}
    found = []
    for word in _WORD.finditer(text):
        if not word.group()[0].isupper() or _SENTENCE_END.search(text[: word.start()]):
            continue
        forms = _forms(word.group())
        if not (forms & known or forms & _NO_NAMES or word.group().lower().startswith(("i'", "i’"))):
            found.append(word.group())
    return list(dict.fromkeys(found))


def _forms(word: str) -> set[str]:
    word = word.lower().rstrip(".")
    stem = re.sub(r"['’]s?$", "", word)
    return {word, stem, stem.removesuffix("s")} - {""}
