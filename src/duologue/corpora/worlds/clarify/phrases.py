"""Phrases of the world by split, and what its tables and databases are about.

A sixth of every pool is said in the test split only, a sixth in validation only (`LISTS` belong to every split); so are
a sixth of the themes of tables and databases.

    >>> load_voice("test").phrases["lookup"][0]
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Any, TypeVar

import msgspec

from duologue.corpora.worlds.phrases import partition, sections
from duologue.corpora.worlds.splits import SPLITS, Split
from duologue.corpora.worlds.voice import Voice

LISTS = ("colour", "day", "time", "n", "season", "relative")
"""Pools that are no phrases."""
_Theme = TypeVar("_Theme")


def _text(name: str) -> str:
    return files("duologue.corpora.worlds.clarify").joinpath("phrases", name).read_text("utf-8")


@lru_cache(maxsize=1)
def pools() -> dict[str, list[str]]:
    """All pools of the world."""
    found: dict[str, list[str]] = {}
    for name in ("tables", "stories", "deeds", "queries", "users"):
        found |= sections(_text(f"{name}.txt"))
    return found


@lru_cache(maxsize=len(SPLITS))
def load_voice(split: Split) -> Voice:
    """Compile the pools of a split, once."""
    return Voice({name: own if name in LISTS else partition(own)[split] for name, own in pools().items()})


def themes(name: str, theme: type[_Theme], split: Split) -> dict[str, _Theme]:
    """What the `tables` or the `databases` of a split are about, by name."""
    known = msgspec.yaml.decode(_text(f"{name}.yaml"), type=dict[str, Any])
    return {each: msgspec.convert(known[each], theme) for each in partition([*known])[split]}
