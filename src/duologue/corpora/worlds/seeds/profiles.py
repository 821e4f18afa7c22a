"""The profiles of the world's users: the shipped texts, paraphrases of them by split, and which go together.

>>> describe(random.Random(0), "test", "venting")
'The user needs somewhere to put their frustration. Solutions annoy them; a listening ear does not. ...'
"""

from __future__ import annotations

import random
from functools import lru_cache

from duologue.corpora.profiles.folder import SHIPPED, read_profiles
from duologue.corpora.profiles.profile import Profiles
from duologue.corpora.worlds.phrases import expand, partition, sections
from duologue.corpora.worlds.seeds.phrases import folder
from duologue.corpora.worlds.splits import Split

_SHIPPED_SHARE = 0.3


@lru_cache(maxsize=1)
def shipped() -> Profiles:
    """The profiles that come with Duologue."""
    return read_profiles(SHIPPED)


def shipped_text(name: str) -> str:
    """The shipped text of a motivation or disposition, on one line."""
    return " ".join(_texts()[name].split())


@lru_cache(maxsize=1)
def _texts() -> dict[str, str]:
    return {trait.name: trait.text for trait in (*shipped().motivations, *shipped().dispositions)}


@lru_cache(maxsize=1)
def pairs() -> list[tuple[str, str]]:
    """The allowed pairs (motivation, disposition)."""
    return [(pair.motivation.name, pair.disposition.name) for pair in shipped().pairs]


@lru_cache(maxsize=3)
def paraphrases(split: Split) -> dict[str, list[str]]:
    """The paraphrases of each profile that belong to a split; no other split has them."""
    found: dict[str, list[str]] = {}
    for name, own in sections(folder().joinpath("profiles.txt").read_text("utf-8")).items():
        part = partition(own)[split]
        kept = part if split == "train" else part[: len(part) // 3]
        found[name] = ["".join(variant) for text in kept for variant in expand(text)]
    return found


def describe(rng: random.Random, split: Split, name: str) -> str:
    """A text for a motivation or disposition: in training now and then the shipped one, else a paraphrase."""
    if split == "train" and rng.random() < _SHIPPED_SHARE:
        return shipped_text(name)
    return rng.choice(paraphrases(split)[name])
