"""What a conversation is about: the problem, the feeling, who is involved, and the situation in two sentences.

>>> case = draw_case(random.Random(1), names(7, "train"), load_voice("train"))
>>> case.situation
"I failed the exam in latin last month. I am tense because of my exam in latin."
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

from duologue.corpora.worlds.names import Names, title, word_lists
from duologue.corpora.worlds.seeds.cast import turned
from duologue.corpora.worlds.support.phrases import EMOTIONS, FAIRER, PROBLEMS
from duologue.corpora.worlds.voice import Voice

_FEELS = {
    "job crisis": ("anxiety", "anger", "fear", "depression", "shame"),
    "breakup with partner": ("sadness", "anger", "depression", "fear"),
    "problems with friends": ("sadness", "anger", "shame", "anxiety"),
    "academic pressure": ("anxiety", "fear", "shame", "depression"),
    "ongoing depression": ("depression", "sadness", "shame"),
    "sleep problems": ("anxiety", "anger", "fear"),
    "conflict with parents": ("anger", "sadness", "fear", "shame"),
    "procrastination": ("shame", "anxiety", "depression"),
}
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_TOWNS = ("", "", "ford", "ham", "ton", "wick", "by", " Vale", " Green")
_FIRMS = ("", "", "o", "-Mart", " Brothers", "tec", " and Sons")
_NAMES = ("person", "place", "brand", "subject", "hobby", "show", "friend")
"""Slots that may be named only when they came up."""
_VERBS = re.compile(r"\b(I|you) (am|was|are|were)\b", re.IGNORECASE)
_SUBJECT = re.compile(r"\b(that|what|when|if|how|before) you\b")
_OTHER_FORM = {"i am": "you are", "i was": "you were", "you are": "I am", "you were": "I was"}


@dataclass(frozen=True)
class Case:
    """What is spoken of.

    Attributes:
        problem, emotion: ESConv's problem type and emotion type.
        topic: a noun phrase in the seeker's words.
        event: what happened, a clause in the first person.
        feelings: adjectives; the first is the strongest.
        details: noun phrases and gerunds in the seeker's words, in the order in which they come up.
        thought, fairer: a dark thought in the seeker's words, and the supporter's answer to it.
        slots: names and times, `event` among them.
        situation: what the seeker wrote beforehand.
    """

    problem: str
    emotion: str
    topic: str
    event: str
    feelings: list[str]
    details: list[str]
    thought: str
    fairer: str
    slots: dict[str, str]
    situation: str


def known(slots: dict[str, str], said: str) -> dict[str, str]:
    """The slots without the names that have not come up in a text in lower case (those are empty)."""
    return {slot: "" if slot in _NAMES and value.lower() not in said else value for slot, value in slots.items()}


def other_side(clause: str) -> str:
    """A clause from the other side: "I am not enough for my boss" -> "you are not enough for your boss"."""
    pieces = _VERBS.split(_SUBJECT.sub(r"\1 _subject_", clause))
    out = turned(pieces[0])
    for at in range(1, len(pieces), 3):
        out += _OTHER_FORM.get(f"{pieces[at]} {pieces[at + 1]}".lower(), f"{pieces[at]} {pieces[at + 1]}")
        out += turned(pieces[at + 2])
    return re.sub(r"\bi\b|_subject_", "I", out)


def draw_case(rng: random.Random, names: Names, voice: Voice) -> Case:
    """Draw a problem and everything around it.

    Args:
        rng: the source of chance.
        names: the names to draw from.
        voice: the phrases to draw from.
    """
    problem = rng.choice(PROBLEMS)
    emotion = rng.choice([each for each in EMOTIONS if each in _FEELS[problem]])
    lists = word_lists()
    person, friend = rng.sample(names.people["they"], 2)
    slots = {
        "person": person,
        "friend": friend,
        "place": title(rng.choice(names.words)) + rng.choice(_TOWNS),
        "brand": title(rng.choice(names.words)) + rng.choice(_FIRMS),
        "show": "The " + title(rng.choice(names.pairs)),
        "subject": _subject(rng.choice(lists["subjects"])),
        "job": rng.choice(lists["jobs"]),
        "hobby": rng.choice(lists["hobbies"]),
        "dish": rng.choice(lists["dishes"]),
        "day": rng.choice(_DAYS),
        "n": rng.choice(("two", "three", "four", "five", "six", "seven")),
        **{slot: rng.choice(voice.phrases[slot]) for slot in ("when", "when0", "weather")},
    }
    event = _small(voice, rng, f"{problem}.event", slots)
    slots |= {"event": event, "feeling": ""}
    so_far = known(slots, event.lower())
    topic = _small(voice, rng, f"{problem}.topic", so_far)
    so_far = slots | {"person": so_far["person"]}
    details = list(dict.fromkeys(_small(voice, rng, f"{problem}.detail", so_far) for _ in range(12)))
    thought, _, fairer = _small(voice, rng, f"{problem}.thought", so_far).partition(FAIRER)
    feelings = rng.sample(voice.phrases[emotion], 3)
    told = slots | {"feeling": feelings[0], "topic": topic, "detail": details[0], "thought": thought}
    situation = voice.pick(rng, "seeker.situation", told).text
    return Case(problem, emotion, topic, event, feelings, details, thought, fairer, slots, situation)


def _small(voice: Voice, rng: random.Random, pool: str, values: dict[str, str]) -> str:
    """A phrase as part of a sentence: no capital letter unless it begins with a name or "I"."""
    text = voice.pick(rng, pool, values).text
    named = any(value and text.startswith(value) for value in values.values())
    return text if named or re.match(r"I\b", text) else text[:1].lower() + text[1:]


def _subject(name: str) -> str:
    return title(name) if name in ("french", "latin") else name
