"""The world's samples: a case, the conversation about it, and other replies with any strategy at any point of it.

    >>> one = next(sample(1, seed=3, split="train"))
    >>> one.case.situation, len(one.messages)

Item `i` depends on (seed, split, collection, i) only: any slice of any size is the same, whoever asks for it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from duologue.corpora.worlds.names import Names
from duologue.corpora.worlds.splits import Split
from duologue.corpora.worlds.support.case import Case, draw_case
from duologue.corpora.worlds.support.conversation import Message, converse
from duologue.corpora.worlds.support.moves import Collection, moves_of
from duologue.corpora.worlds.support.phrases import load_voice
from duologue.corpora.worlds.support.supporter import Heard, reply

_NAMES = {"user": "seeker", "system": "supporter"}


@lru_cache(maxsize=8)
def _names(seed: int, split: Split) -> Names:
    return Names(seed, split)


@dataclass(frozen=True)
class Sample:
    """One conversation.

    Attributes:
        split: whose phrases and names it has.
        collection: whose strategies.
        case: what it is about.
        messages: what was said, messages of one speaker in a row as they came.
        heard: index of a supporter's message that begins a turn -> what the supporter had heard by then.
        native: the conversation in ESConv's original layout.
    """

    split: Split
    collection: Collection
    case: Case
    messages: list[Message]
    heard: dict[int, Heard]
    native: dict[str, Any]

    def told(self, at: int) -> bool:
        """Whether the seeker has told what happened before the message `at`."""
        return self.case.event.lower() in self.heard[at].history

    def reply(self, at: int, strategy: str, rng: random.Random) -> str:
        """Another reply in place of the message `at` (a key of `heard`), by the strategy alone."""
        move = rng.choice(moves_of(strategy, self.collection))
        return reply(rng, load_voice(self.split), self.case, self.heard[at], move).text


def sample(n: int, seed: int, split: Split, start: int = 0, collection: Collection = "extended") -> Iterator[Sample]:
    """Stream samples `start` to `start + n` of a split.

    Args:
        n: how many.
        seed: which names, cases and conversations.
        split: whose phrases and names.
        start: the first index.
        collection: whose strategies the supporter has.
    """
    voice = load_voice(split)
    for index in range(start, start + n):
        rng = random.Random(f"support/{seed}/{split}/{collection}/{index}")
        case = draw_case(rng, _names(seed, split), voice)
        talk = converse(rng, voice, case, collection)
        yield Sample(split, collection, case, talk.messages, talk.heard, _native(rng, case, talk.messages))


def _native(rng: random.Random, case: Case, messages: list[Message]) -> dict[str, Any]:
    before = rng.randint(3, 5)
    seeker = {
        "initial_emotion_intensity": str(before),
        "empathy": str(rng.randint(3, 5)),
        "relevance": str(rng.randint(3, 5)),
        "final_emotion_intensity": str(max(1, before - rng.randint(1, 3))),
    }
    if rng.random() < 0.1:  # some leave without an answer, as in the corpus
        del seeker["final_emotion_intensity"]
    supporter = {"relevance": str(rng.randint(3, 5))} if rng.random() < 0.8 else {}
    return {
        "experience_type": rng.choice(("Current Experience", "Current Experience", "Previous Experience")),
        "emotion_type": case.emotion,
        "problem_type": case.problem,
        "situation": case.situation,
        "survey_score": {"seeker": seeker, "supporter": supporter},
        "dialog": [
            {"speaker": _NAMES[message.speaker], "annotation": annotation, "content": message.text}
            for message, annotation in zip(messages, _annotations(rng, messages), strict=True)
        ],
    }


def _annotations(rng: random.Random, messages: list[Message]) -> Iterator[dict[str, str]]:
    """The supporter's strategies, and the seeker's feedback after every second turn of the supporter."""
    turns, speaker = 0, ""
    for message in messages:
        changed, speaker = message.speaker != speaker, message.speaker
        turns += changed and message.speaker == "system"
        if message.strategy:
            yield {"strategy": message.strategy}
        elif changed and turns and turns % 2 == 0:
            yield {"feedback": str(rng.choice((3, 4, 4, 5, 5)))}
        else:
            yield {}
