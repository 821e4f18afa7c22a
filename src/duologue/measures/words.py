"""Words of a text: all of them, and those that carry content.

words("Book [name], please.")            # ["book", "[name]", "please"]
content_overlap("So sorry about your sister's accident", "My sister had an accident")
"""

from __future__ import annotations

import re

_WORD = re.compile(r"\[[a-z_]+\]|\w+(?:[:.]\d+)*(?:'\w+)?")
_ENGLISH = """
a about above after again all also am an and any are as at be because been before being but by can could did do
does doing don't done down even ever few for from get gets getting go going good got had has have having he her
here hers him his how i i'd i'll i'm i've if in into is isn't it it's its just know let let's like lot lots make
makes may me might more most much must my need no nor not now of off oh on once one only or other our ours out
over own please quite really right same she should so some such sure than thank thanks that that's the their
them then there these they they're thing things this those through to too under until up us very want was we
we'd we'll we're we've well were what what's when where which while who why will with would yes yet you you'd
you'll you're you've your yours
"""
FUNCTION_WORDS = frozenset(_ENGLISH.split())
"""English words that carry no content."""
_ENDINGS = ("ing", "ed", "es", "s", "ly")


def words(text: str) -> list[str]:
    """Lower-case words in order; a placeholder such as `[name]` is one word, punctuation is none."""
    return _WORD.findall(text.lower())


def normalised(text: str) -> str:
    """A text without case, punctuation and runs of white space; one without words keeps its signs."""
    return " ".join(words(text)) or " ".join(text.split())


def content_words(text: str) -> set[str]:
    """The stems of a text's content words: no function words, no placeholders, common endings cut."""
    return {_stem(word) for word in words(text) if word not in FUNCTION_WORDS and word[0] != "[" and len(word) > 2}


def content_overlap(said: str, about: str) -> float:
    """The share of `about`'s content words that `said` takes up, 0 to 1; 0 where there are none."""
    wanted = content_words(about)
    return len(wanted & content_words(said)) / len(wanted) if wanted else 0.0


def _stem(word: str) -> str:
    word = word.removesuffix("'s")
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            break
    return word.rstrip("e") if len(word) > 4 else word
