"""Does a block only repeat the seed message?

repeats("The moon is hollow!", '"The Moon is hollow"')      # True
"""

from __future__ import annotations

import re

from rapidfuzz.fuzz import ratio

_NEAR = 90
_LONGEST = 2000


def repeats(seed: str, text: str) -> bool:
    """Whether a text is the seed message again, but for case, punctuation and a few characters.

    Equal letters and digits, or for seeds of up to 2,000 characters a normalised Indel ratio of 90 or more of 100.
    Without letters or digits (a seed of emoji) the strings must be equal.
    """
    ours, theirs = _bare(seed), _bare(text)
    if not ours:
        return bool(seed.strip()) and seed.strip() == text.strip()
    if ours == theirs:
        return True
    near_in_length = abs(len(ours) - len(theirs)) <= len(ours) * (100 - _NEAR) / _NEAR
    return len(ours) <= _LONGEST and near_in_length and ratio(ours, theirs) >= _NEAR


def _bare(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", text.casefold()))
