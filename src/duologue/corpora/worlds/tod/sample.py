"""The world's samples: a dialogue with goal, annotations, prepended chat, situation, and a gold interference.

    >>> first = next(sample(1, seed=3, split="train"))
    >>> first.dialogue["log"][0]["metadata"]
    {}

Item ``i`` depends on (seed, split, i) only: any slice of any size is the same, whoever asks for it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from duologue.corpora.worlds.names import title
from duologue.corpora.worlds.splits import SPLITS, Split
from duologue.corpora.worlds.tod.chitchat import Story, tell
from duologue.corpora.worlds.tod.dialogue import Played, play
from duologue.corpora.worlds.tod.interference import interfere
from duologue.corpora.worlds.tod.phrasing import Voice, load_voice
from duologue.corpora.worlds.tod.town import Town, build_town


@dataclass(frozen=True)
class Sample:
    """One dialogue of the world and everything made with it, in native layouts.

    Attributes:
        id: with ".json", unique over all splits of a seed.
        split: which split it belongs to.
        dialogue: MultiWOZ 2.1 ``{goal, log}``.
        chat: FusedChat prepended ``{turns, types}``: the chat, the rewritten first turn, the other turns.
        situation: ``{exchange, gen_sit}`` as in the situations files.
        interference: ``{augmented_idx, backstory, reaction}``.
        entities: names and things that the situation mentions, as it writes them.
        kind: the kind of situation. mood: joy, sad, worry or tired. domain: the dialogue's first domain.
    """

    id: str
    split: Split
    dialogue: dict[str, Any]
    chat: dict[str, list[str]]
    situation: dict[str, str]
    interference: dict[str, Any]
    entities: list[str]
    kind: str
    mood: str
    domain: str

    def interfered(self) -> dict[str, Any]:
        """Give the dialogue in the layout of the interference files: marked turns carry backstory and
        reaction.
        """
        first, second = self.interference["augmented_idx"]
        log = [dict(turn) for turn in self.dialogue["log"]]
        log[first]["backstory"] = self.interference["backstory"]
        log[second]["reaction"] = self.interference["reaction"]
        return {"goal": self.dialogue["goal"], "log": log, "augmented_idx": [first, second]}


def sample(n: int, seed: int, split: Split, start: int = 0) -> Iterator[Sample]:
    """Stream samples ``start`` to ``start + n`` of a split.

    Args:
        n: how many.
        seed: which town and which dialogues.
        split: whose venues, names and phrases.
        start: the first index.
    """
    town = build_town(seed)
    for i in range(start, start + n):
        yield _one(town, seed, split, i)


def databases(seed: int, split: Split | None = None) -> dict[str, Any]:
    """Give the town's databases by domain in MultiWOZ's layout.

    Without ``split`` it is the whole database, the one that the dialogues' counts and failed searches are true
    for; with it,
    only the part that this split's dialogues offer.
    """
    return build_town(seed).databases(split)


def _one(town: Town, seed: int, split: Split, index: int) -> Sample:
    rng = random.Random(f"tod/{seed}/{split}/{index}")
    played = play(rng, town, split)
    domain = played.goals[0].domain
    first = played.goals[0].fail_info or played.goals[0].info
    known: dict[str, str] = {k: first[k] for k in ("destination", "food") if k in first and domain != "taxi"}
    story = tell(rng, town, split, domain, known)
    identifier = _identifier(rng, len(played.goals), SPLITS.index(split), index)
    voice = load_voice(split)
    rewritten = _rewrite(rng, voice, played, story, known)
    turns = [t["text"] for t in played.log]
    chat = {
        "turns": [*story.turns, rewritten, *turns[1:]],
        "types": ["prepended"] * len(story.turns) + ["rewritten"] + ["original"] * (len(turns) - 1),
    }
    return Sample(
        id=identifier,
        split=split,
        dialogue={"goal": played.goal, "log": played.log},
        chat=chat,
        situation={"exchange": _exchange(story.turns[:-1]), "gen_sit": story.situation},
        interference=interfere(rng, voice, identifier, played.log, story, domain),
        entities=story.entities,
        kind=story.kind,
        mood=story.mood,
        domain=domain,
    )


def _identifier(rng: random.Random, domains: int, split: int, index: int) -> str:
    """Make an id: the number tells split and index, so it is unique; the prefix tells single from several
    domains.
    """
    number = index * len(SPLITS) + split
    if domains > 1:
        return f"{rng.choice(('PMUL', 'MUL'))}{number:04d}.json"
    prefix = rng.choices(("SNG", "SSNG", "WOZ2"), (80, 10, 10))[0]
    return f"{prefix}{number:04d}.json"


def _exchange(turns: list[str]) -> str:
    """Write turns as the published situations files do: items of a Python list, one a line."""
    items = [f"{'System' if i % 2 else 'User'}: {turn}" for i, turn in enumerate(turns)]
    return ",\n".join(repr(item) for item in items)


def _rewrite(rng: random.Random, voice: Voice, played: Played, story: Story, known: dict[str, str]) -> str:
    """Make the first turn lean on the chat: a linking phrase, and "there" for a place that the chat has
    named.
    """
    text: str = played.log[0]["text"]
    spans = played.log[0]["span_info"]
    body = text[played.greeting :].lstrip()
    for value, pattern, instead in (
        (known.get("destination"), r"\b(?:to|towards|bound for|in) {}\b", "there"),
        (known.get("food"), r"\b{} (?=food\b|cuisine\b|dishes\b)", "that kind of "),
    ):
        if value and (title(value) in story.situation or value.title() in story.situation) and rng.random() < 0.7:
            body = re.sub(pattern.format(re.escape(value)), instead, body, count=1, flags=re.IGNORECASE)
    if rng.random() < 0.25:
        return body[:1].upper() + body[1:]
    names_first = bool(spans) and body.startswith(spans[0][2])
    if not names_first and not re.match(r"I\b", body):
        body = body[:1].lower() + body[1:]
    pool = "rewrite.joy" if story.mood == "joy" else "rewrite.other"
    link = "".join(voice.pick(rng, pool))
    return link[:1].upper() + link[1:] + " " + body
