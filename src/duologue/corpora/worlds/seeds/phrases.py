"""Phrases of the world: pools by split, what is filled into them, and the words a line offers to be taken up.

A pool is a section `== name` of `phrases/*.txt`, one phrase a line; a disposition's pools lie in a file of their own,
`phrases/voices/<disposition>.txt`. `(a|b)` is a choice, `{slot}` a value, and `<...>` marks the words that the other
party may take up. A sixth of every pool is said in the test split only, a sixth in validation only.

    >>> voice = load_voice("test")
    >>> voice.pick(random.Random(1), "venting.open", {"topic": "the late bus", "feeling": "angry"}).text
    'Here is an open ear, tell me about the late bus.'
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from duologue.corpora.worlds.phrases import partition, sections
from duologue.corpora.worlds.splits import SPLITS, Split
from duologue.corpora.worlds.voice import Voice

DISPOSITIONS = ("amiable", "analytical", "cynical", "emotive", "impatient", "passive", "sarcastic")
LISTS = ("kinds", "feeling.neg", "feeling.pos", "feeling.claim")
"""Pools that are no phrases and belong to every split."""


def folder() -> Traversable:
    """The package's folder of phrases."""
    return files("duologue.corpora.worlds.seeds").joinpath("phrases")


@lru_cache(maxsize=1)
def pools() -> dict[str, list[str]]:
    """All pools of the world; those of a disposition are named `disposition.function`."""
    found: dict[str, list[str]] = {}
    for name in ("messages", "wishes", "socbot", "plans"):
        found |= sections(folder().joinpath(f"{name}.txt").read_text("utf-8"))
    for name in DISPOSITIONS:
        own = sections(folder().joinpath(f"voices/{name}.txt").read_text("utf-8"))
        found |= {f"{name}.{function}": phrases for function, phrases in own.items()}
    return found


@lru_cache(maxsize=len(SPLITS))
def load_voice(split: Split) -> Voice:
    """Compile the pools of a split, once."""
    return Voice({name: partition(own)[split] for name, own in pools().items() if name not in LISTS})
