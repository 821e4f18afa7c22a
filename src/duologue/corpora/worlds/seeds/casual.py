"""The casual style: how a sentence is put on a micro-blog, by rules and a table of phrases.

Short words, contractions, mostly small letters, now and then an emoji or a hashtag at the end; names and numbers stay,
the meaning stays, and the result has at most 280 characters. There are several ways to say everything: `rng` chooses.

    >>> casual("Honestly, I do not know what is going on with the bus.", random.Random(3))
    "honestly, idk what's going on w/ the bus 🤷"
"""

from __future__ import annotations

import random
import re
from functools import lru_cache
from typing import NamedTuple

from duologue.corpora.worlds.phrases import sections
from duologue.corpora.worlds.seeds.phrases import folder

LIMIT = 280
_AUXILIARY = re.compile(r" (?:is|are|am|will|would|been)$", re.IGNORECASE)
_APOSTROPHE = re.compile(
    r"(?<=n)'(?=t\b)|(?<=\bi)'(?=(?:m|ve)\b)|(?<=hat|ere)'(?=s\b)|(?<=\bit)'(?=s\b)", re.IGNORECASE
)
_EMOJI = {"neg": "emoji.sad", "pos": "emoji.glad", "claim": "emoji.plain", "": "emoji.plain"}


class _Table(NamedTuple):
    """The table, compiled."""

    shorter: dict[str, list[str]]
    longer: re.Pattern[str]
    fillers: re.Pattern[str]
    emoji: dict[str, list[str]]
    tags: dict[str, list[str]]
    shouts: list[str]


@lru_cache(maxsize=1)
def _table() -> _Table:
    found = sections(folder().joinpath("casual.txt").read_text("utf-8"))
    shorter: dict[str, list[str]] = {}
    for line in found["phrases"]:
        plain, _, others = line.partition(" = ")
        shorter[plain.lower()] = [other.strip() for other in others.split("|")]
    words = sorted(shorter, key=len, reverse=True)
    return _Table(
        shorter,
        re.compile(r"(?<![\w'-])(" + "|".join(map(re.escape, words)) + r")(?![\w'-])", re.IGNORECASE),
        re.compile(r"(?<![\w'-])(?:" + "|".join(found["fillers"]) + r"),? ", re.IGNORECASE),
        {name: own for name, own in found.items() if name.startswith("emoji")},
        {name: own[0].split(", ") for name, own in found.items() if name.startswith("tags")},
        found["shouts"][0].split(", "),
    )


def casual(text: str, rng: random.Random, tone: str = "", *, extras: float = 0.4) -> str:
    """Say a message the casual way, in at most 280 characters.

    Args:
        text: what is restyled, in plain English.
        rng: chooses among the ways to say it.
        tone: neg, pos or claim: which emoji and hashtags fit; without one, neutral emoji and no hashtags.
        extras: share of messages with an emoji; a quarter as many have a hashtag.
    """
    table = _table()
    eager = 0.55 + rng.random() * 0.45

    def short(match: re.Match[str]) -> str:
        stands_last = _AUXILIARY.search(match[0]) and not re.match(r" \w", kept[match.end() :])
        return match[0] if stands_last or rng.random() > eager else rng.choice(table.shorter[match[0].lower()])

    kept = table.fillers.sub(lambda match: "" if rng.random() < 0.5 else match[0], text)
    said = table.longer.sub(short, kept)
    if rng.random() < 0.8:
        said = said.lower()
    if rng.random() < 0.3:
        said = _APOSTROPHE.sub("", said)
    if rng.random() < 0.85:
        said = re.sub(r"(?<!\.)\.$", "", said)
    if rng.random() < 0.2:
        said = re.sub(r"([?!])$", r"\1\1", said)
    dressed = not text.isascii() or "#" in text
    return _with_extras(said, rng, tone, 0 if dressed else extras, must=said == text and not dressed)


def _with_extras(said: str, rng: random.Random, tone: str, extras: float, must: bool) -> str:
    table = _table()
    added: list[str] = []
    if must or rng.random() < extras:
        own = rng.choice(table.emoji[_EMOJI[tone]])
        added.append(own * (2 if rng.random() < 0.2 else 1))
    if tone and rng.random() < extras / 4:
        added.append("#" + rng.choice(table.tags[f"tags.{tone}"]))
    for end in (" ".join(["", *added]), " " + added[0] if added else "", ""):
        if len(said) + len(end) <= LIMIT:
            return said + end
    cut = said[: LIMIT - 1]
    return cut[: cut.rfind(" ")] + "…"


def sloppy(text: str, rng: random.Random, tone: str, topic: str) -> str:
    """A message as many people post it: casual, sometimes to somebody, sometimes with a hashtag in it."""
    said = casual(text, rng, tone, extras=0.7)
    word = rng.choice(topic.split())
    if len(word) > 3 and word.isalpha() and rng.random() < 0.4:
        said = re.sub(rf"(?<=\s){word}\b", lambda match: "#" + match[0], said, count=1, flags=re.IGNORECASE)
    if rng.random() < 0.2:
        said = f"{rng.choice(_table().shouts)} {said}"
    if rng.random() < 0.25:
        said = "@user " + said
    return said
