"""Words that give a profile away by naming it: those of its name and of the text that the model was told.

    labels = LabelWords(traits)
    labels.removed("I'm so sarcastic today, sorry!")      # "I'm so   today, sorry!"

A model that repeats its instructions ("as a sarcastic user …") shows nothing. What is removed is the same for all
conversations, whatever their own profile, since a missing word would give it away as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from duologue.dialogue import Dialogue
from duologue.measures.words import content_words, words

_WORD = re.compile(r"\w+(?:['’]\w+)*")
_PREFIX = 5
FACTS = ("motivation", "disposition")


class LabelWords:
    """The words of names and texts: as they are, by their stems, and for names by their first five letters.

    So `cynicism` goes with the name `cynical`, and `doubting` with a text that has `doubts`.
    """

    def __init__(self, traits: Iterable[tuple[str, str]]) -> None:
        """Collect the words of (name, text) of all motivations and dispositions."""
        known = list(traits)
        self._words = {word for pair in known for text in pair for word in words(_spaced(text))}
        self._stems = {stem for _, text in known for stem in content_words(text)}
        names = (word for name, _ in known for word in words(_spaced(name)))
        self._prefixes = {name[:_PREFIX] for name in names}
        self._gone: dict[str, bool] = {}

    @classmethod
    def of(cls, dialogues: Iterable[Dialogue]) -> LabelWords:
        """Those of all motivations and dispositions among the facts of dialogues."""
        traits = (trait for dialogue in dialogues for fact in FACTS if (trait := trait_of(dialogue, fact)))
        return cls(sorted(set(traits)))

    def removed(self, text: str) -> str:
        """The text with a space in the place of each such word; everything else stays, punctuation too."""
        return _WORD.sub(lambda found: " " if self._is_label(found.group()) else found.group(), text)

    def _is_label(self, word: str) -> bool:
        word = word.lower().replace("’", "'")
        if word not in self._gone:
            named = len(word) >= _PREFIX and word[:_PREFIX] in self._prefixes
            self._gone[word] = named or word in self._words or bool(content_words(word) & self._stems)
        return self._gone[word]


def trait_of(dialogue: Dialogue, fact: str) -> tuple[str, str] | None:
    """The name and the text of a conversation's motivation or disposition; None where it has none.

    A text without a name, as in published files, is its own name.
    """
    found = dialogue.facts.get(fact)
    if isinstance(found, str) and found.strip():
        return found.strip(), found.strip()
    if not isinstance(found, dict):
        return None
    name, text = (value.strip() if isinstance(value := found.get(key), str) else "" for key in ("name", "text"))
    return (name or text, text) if name or text else None


def _spaced(text: str) -> str:
    return text.replace("-", " ").replace("_", " ")
