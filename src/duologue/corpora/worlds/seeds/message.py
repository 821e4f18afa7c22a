"""Turn 0: a short public message about a subject, well written or sloppy.

>>> write_message(random.Random(1), load_voice("train"), cast)
"Can't wait to tell you about my hamster's great escape. A warm ball of fur slept on my feet all night!"
"""

from __future__ import annotations

import random

from duologue.corpora.worlds.seeds.cast import Cast, days
from duologue.corpora.worlds.seeds.casual import LIMIT, sloppy
from duologue.corpora.worlds.voice import Voice

_SLOPPY = 0.5


def write_message(rng: random.Random, voice: Voice, cast: Cast) -> str:
    """Write the message that a cast is drawn for; it always names the topic and has at most 280 characters.

    Args:
        rng: the source of chance.
        voice: the split's phrases.
        cast: the subject.
    """
    while True:
        text = _plain(rng, voice, cast)
        if len(text) <= LIMIT - 20:
            return sloppy(text, rng, cast.tone, cast.topic) if rng.random() < _SLOPPY else text


def _plain(rng: random.Random, voice: Voice, cast: Cast) -> str:
    values = cast.values(rng) | days(rng)
    values |= {"topic": cast.topic, "detail": cast.details[0], "fact": cast.facts[0], "claim": cast.claims[0]}
    text = voice.pick(rng, f"{cast.tone}.frame", values).text
    if cast.topic.lower() not in text.lower():
        text = f"{text} {voice.pick(rng, 'tail.topic', values).text}"
    return text
