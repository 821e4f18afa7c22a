"""Which language a short text is in, offline and the same every time; needs the extra `data` (py3langid).

    speaks = LanguageFilter("en")
    speaks.other("Regen schon wieder")     # Guess(language="de", probability=0.93)
    speaks.other("Rain again")             # None: it is English, or too short to tell

py3langid (langid.py of Lui and Baldwin, 2012, retrained for 140 languages) gives a probability to each language. A text
is taken for another language only when one of them is more likely than all the rest together; "lol" or a lone emoji is
in none, and stays.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from duologue.errors import InputError, MissingExtra

_LETTER = re.compile(r"[^\W\d_]")
_MORE_LIKELY_THAN_NOT = 0.5


class Guess(NamedTuple):
    """A language (ISO 639 code) and its probability, 0 to 1."""

    language: str
    probability: float


class LanguageFilter:
    """Finds the texts that are not in the wanted language."""

    def __init__(self, language: str) -> None:
        """Load the identifier (half a second, once).

        Args:
            language: ISO 639 code, two letters where there are two: `en`, `de`, `pcm`.

        Raises:
            InputError: a language that the identifier does not know.
            MissingExtra: py3langid is not installed.
        """
        try:
            from py3langid.langid import MODEL_FILE, LanguageIdentifier
        except ImportError:
            raise MissingExtra("data", "telling languages") from None
        self.language = language
        self._identifier: Any = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
        known = sorted(self._identifier.labels)
        if language not in known:
            raise InputError(f"unknown language '{language}'", where="--language", mend=f"known are {', '.join(known)}")

    def other(self, text: str) -> Guess | None:
        """The other language that a text is in; None where it is in the wanted one or cannot be told."""
        if not _LETTER.search(text):
            return None
        language, probability = self._identifier.classify(text)
        if language == self.language or probability <= _MORE_LIKELY_THAN_NOT:
            return None
        return Guess(language, float(probability))
