"""Phrases of the world: what seeker and supporter say, and what each problem is made of, by split.

Pools are sections of `phrases/*.txt`. A sixth of every pool is said in the test split only, a sixth in validation only
(`LISTS` belong to every split). A thought and what is fairer stand on one line, `thought / fairer`.

    >>> load_voice("test").phrases["hope"][0]
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

from duologue.corpora.worlds.phrases import partition, sections
from duologue.corpora.worlds.splits import SPLITS, Split
from duologue.corpora.worlds.voice import Voice

EMOTIONS = ("anxiety", "depression", "sadness", "anger", "fear", "shame")
PROBLEMS = (
    "job crisis",
    "breakup with partner",
    "problems with friends",
    "academic pressure",
    "ongoing depression",
    "sleep problems",
    "conflict with parents",
    "procrastination",
)
LISTS = (*EMOTIONS, "when", "when0", "weather", *(f"{problem}.topic" for problem in PROBLEMS))
FAIRER = " / "


@lru_cache(maxsize=1)
def pools() -> dict[str, list[str]]:
    """All pools of the world; the seeker's begin with `seeker`."""
    folder = files("duologue.corpora.worlds.support").joinpath("phrases")
    found: dict[str, list[str]] = {}
    for name in ("problems", "supporter", "common"):
        found |= sections(folder.joinpath(f"{name}.txt").read_text("utf-8"))
    seeker = sections(folder.joinpath("seeker.txt").read_text("utf-8"))
    return found | {f"seeker.{name}": phrases for name, phrases in seeker.items()}


@lru_cache(maxsize=len(SPLITS))
def load_voice(split: Split) -> Voice:
    """Compile the pools of a split, once."""
    return Voice({name: own if name in LISTS else partition(own)[split] for name, own in pools().items()})
