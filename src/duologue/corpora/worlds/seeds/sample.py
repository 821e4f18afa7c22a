"""The world's samples: a message, its author's profile, the conversation that grows from it, and the casual version.

    >>> first = next(sample(1, seed=3, split="train"))
    >>> first.message, first.motivation, first.disposition, len(first.lines)

Item `i` depends on (seed, split, i) only: any slice of any size is the same, whoever asks for it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

from duologue.corpora.conversation_text.speakers import NAMES
from duologue.corpora.worlds.seeds.cast import Cast, draw_cast, kinds, names
from duologue.corpora.worlds.seeds.casual import casual
from duologue.corpora.worlds.seeds.conversation import Said, converse
from duologue.corpora.worlds.seeds.message import write_message
from duologue.corpora.worlds.seeds.phrases import load_voice
from duologue.corpora.worlds.seeds.profiles import describe, pairs
from duologue.corpora.worlds.splits import SPLITS, Split
from duologue.corpora.worlds.voice import Voice
from duologue.dialogue import Dialogue, Origin, Turn, derived_id

# Share of neg, pos and claim messages by motivation.
_TONES = {
    "altruism": (4, 2, 4), "curiosity": (2, 3, 5), "disinformant": (2, 1, 7), "distrust": (4, 1, 5),
    "persuasion": (2, 2, 6), "socializing": (2, 7, 1), "venting": (8, 1, 1),
}  # fmt: skip
_COURSE = {"open": "opens", "ask": "asks", "reason": "reasons", "offer": "makes an offer", "close": "says goodbye"}


@dataclass(frozen=True)
class Sample:
    """One message and everything made with it.

    Attributes:
        id: unique over all splits of a seed.
        split: which split it belongs to.
        message: turn 0.
        motivation, disposition: names of the author's profile.
        motivation_text, disposition_text: the profile as a model reads it, often a paraphrase of the shipped text.
        plan: the conversation in one line.
        lines: the conversation after the message: SocBot first, the user last.
        restyled: the message and the lines in casual style, same order and number.
        cast: what the message is about.
    """

    id: str
    split: Split
    message: str
    motivation: str
    disposition: str
    motivation_text: str
    disposition_text: str
    plan: str
    lines: list[Said]
    restyled: list[str]
    cast: Cast

    def seed_dialogue(self) -> Dialogue:
        """The message alone, as a seed."""
        return Dialogue(self.id, [Turn("user", self.message)])

    def conversation(self) -> Dialogue:
        """The gold conversation, derived from the seed."""
        turns = [Turn("user", self.message, source=(self.id, 0))]
        for line in self.lines:
            labels = {"stage": [line.stage]} | ({"function": [line.function]} if line.function else {})
            turns.append(Turn(line.speaker, line.text, labels=labels))
        facts = {
            "motivation": {"name": self.motivation, "text": self.motivation_text},
            "disposition": {"name": self.disposition, "text": self.disposition_text},
            "plan": self.plan,
            "split": self.split,
        }
        origin = Origin("sample", parent=self.id)
        return Dialogue(derived_id(self.id, "conversation"), turns, facts=facts, roles=dict(NAMES), origin=origin)

    def casual_conversation(self) -> Dialogue:
        """The gold restyled conversation, derived from the gold conversation turn by turn."""
        plain = self.conversation()
        turns = [
            Turn(turn.speaker, text, labels=turn.labels, source=(plain.id, at))
            for at, (turn, text) in enumerate(zip(plain.turns, self.restyled, strict=True))
        ]
        origin = Origin("sample", parent=plain.id)
        return Dialogue(derived_id(plain.id, "casual"), turns, facts=plain.facts, roles=dict(NAMES), origin=origin)


def sample(n: int, seed: int, split: Split, start: int = 0) -> Iterator[Sample]:
    """Stream samples `start` to `start + n` of a split.

    Args:
        n: how many.
        seed: which names and which messages.
        split: whose phrases, names and paraphrases.
        start: the first index.
    """
    voice = load_voice(split)
    for index in range(start, start + n):
        yield _one(voice, seed, split, index)


def _one(voice: Voice, seed: int, split: Split, index: int) -> Sample:
    rng = random.Random(f"seeds/{seed}/{split}/{index}")
    motivation, disposition = rng.choice(pairs())
    tone = rng.choices(("neg", "pos", "claim"), _TONES[motivation])[0]
    cast = draw_cast(rng, names(seed, split), voice, rng.choice(kinds(tone)), tone)
    message = write_message(rng, voice, cast)
    lines = converse(rng, voice, cast, message, motivation, disposition)
    return Sample(
        id=f"seed{index * len(SPLITS) + SPLITS.index(split):06d}",
        split=split,
        message=message,
        motivation=motivation,
        disposition=disposition,
        motivation_text=describe(rng, split, motivation),
        disposition_text=describe(rng, split, disposition),
        plan=_plan(rng, voice, cast, motivation, disposition, lines),
        lines=lines,
        restyled=[casual(text, rng, tone) for text in (message, *(line.text for line in lines))],
        cast=cast,
    )


def _plan(rng: random.Random, voice: Voice, cast: Cast, motivation: str, disposition: str, lines: list[Said]) -> str:
    """The conversation in one line: why and how the user talks, and what SocBot does in turn."""
    values = {"topic": re.sub(r"^(?:my|our)\b", "their", cast.topic)}
    why, how = (voice.pick(rng, pool, values).text for pool in (f"why.{motivation}", f"how.{disposition}"))
    course = [_COURSE[line.stage] for line in lines if line.speaker == "system"]
    steps = list(dict.fromkeys(course))
    listed = ", ".join(steps[:-1]) + " and " + steps[-1]
    return f"{why} and {how[0].lower()}{how[1:]}; SocBot {listed}, {len(course)} exchanges."
