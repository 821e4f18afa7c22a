"""What a rewritten message must keep: its names and its numbers.

lost_names("Lunch with Ana at 3?", "lunch at 3??")          # ["Ana"]
changed_numbers("Lunch with Ana at 3?", "lunch at 13:30")   # ["13:30", "3"]
"""

from __future__ import annotations

import re
from collections.abc import Collection

from duologue.measures.names import names

_NUMBER = re.compile(r"(?<!\w)\d+(?:[.,:]\d+)*")


def spoken_names(text: str, known: Collection[str] = ()) -> list[str]:
    """The names of a text, each once; those of `known` count at the beginning of a sentence, too."""
    spoken = [name for name in known if re.search(rf"\b{re.escape(name)}\b", text)]
    return list(dict.fromkeys([*names(text), *spoken]))


def lost_names(before: str, after: str, known: Collection[str] = ()) -> list[str]:
    """The names of `before` that do not stand in `after` in any case, as words of their own."""
    return [
        name
        for name in spoken_names(before, known)
        if not re.search(rf"(?<!\w){re.escape(name)}(?:'?s)?(?!\w)", after, re.IGNORECASE)
    ]


def numbers(text: str) -> set[str]:
    """The numbers of a text as they are written, e.g. `3`, `13:30`, `1,000`; `gr8` has none."""
    return set(_NUMBER.findall(text))


def changed_numbers(before: str, after: str) -> list[str]:
    """The numbers that stand in one of the texts only, sorted."""
    return sorted(numbers(before) ^ numbers(after))
