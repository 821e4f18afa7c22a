"""Whether a message suggests that someone may hurt or kill themselves, by a list of wordings; and what to say then.

    suggests_self_harm("I can't go on anymore")      # True
    notice()                                          # general advice, for no country in particular

The list (`self_harm.yaml`) is of English wordings, of the speaker or of somebody they speak of. It is no diagnosis: it
misses what is said in other words, and it shows the notice where nothing was meant.
"""

from __future__ import annotations

import functools
import re
from importlib import resources

import msgspec


class _List(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    notice: str
    idioms: tuple[str, ...]
    wordings: tuple[str, ...]


@functools.cache
def _listed() -> _List:
    source = resources.files("duologue.measures").joinpath("self_harm.yaml")
    return msgspec.yaml.decode(source.read_bytes(), type=_List)


@functools.cache
def _pattern(name: str) -> re.Pattern[str]:
    listed: tuple[str, ...] = getattr(_listed(), name)
    return re.compile(rf"\b(?:{'|'.join(f'(?:{each})' for each in listed)})\b")


def suggests_self_harm(text: str) -> bool:
    """Whether a message has one of the wordings."""
    plain = " ".join(re.sub(r"[’‘ʼ`´]", "'", text).lower().split())
    plain = re.sub(r"(\w) ' (\w)", r"\1'\2", plain)  # as tokenised corpora write it: don ' t
    return bool(_pattern("wordings").search(_pattern("idioms").sub(" ", plain)))


def notice() -> str:
    """What to say: that this is a program, and where people are who can help."""
    return _listed().notice.strip()
