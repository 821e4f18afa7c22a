"""What the paragraphs around a table tell of its places, and the questions about it.

>>> first, second = draw_facts(random.Random(1), names(7, "train"), load_voice("train"), ["Velka", "Dorn"])
>>> first[0].question, first[0].meant
('Who repaired the roof?', 'Who repaired the roof of Velka?')
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple

from duologue.corpora.worlds.clarify.steps import fill_in
from duologue.corpora.worlds.names import Names, title
from duologue.corpora.worlds.voice import Voice


class Fact(NamedTuple):
    """Something a paragraph tells of a place: the question without the place, and with it."""

    sentence: str
    question: str
    meant: str
    answer: str


def draw_facts(rng: random.Random, names: Names, voice: Voice, places: Sequence[str]) -> list[list[Fact]]:
    """Two things that are told: the first of one place, the second of two."""
    first, second = rng.sample([line.split(" / ") for line in voice.phrases["fact"]], 2)
    found: list[list[Fact]] = []
    for parts, count in ((first, 1), (second, 2)):
        chosen = rng.sample(places, count)
        seed = rng.random()
        answers: set[str] = set()
        found.append([_fact(rng, seed, names, voice, parts, place, answers) for place in chosen])
    return found


def _fact(
    rng: random.Random, seed: float, names: Names, voice: Voice, parts: list[str], who: str, answers: set[str]
) -> Fact:
    """One thing told of a place, with an answer that is not among `answers` yet and is added to them.

    The wording goes by `seed`, so that what is told of two places is told alike.
    """
    while True:
        values = {
            "person": f"{rng.choice(names.people['they'])} {title(rng.choice(names.words))}",
            "colour": rng.choice(voice.phrases["colour"]),
            "day": rng.choice(voice.phrases["day"]),
            "town": title(rng.choice(names.words)) + rng.choice(("", "", "ford", "ham", "ton")),
        }
        answer = next(value for slot, value in values.items() if f"{{{slot}}}" in parts[0])
        if answer not in answers:
            break
    answers.add(answer)
    choices = Voice({"fact": ["/".join(parts)]})
    line = choices.pick(random.Random(seed), "fact", {slot: f"{{{slot}}}" for slot in (*values, "who")}).text
    sentence, question, meant = (fill_in(part, who=who, **values) for part in line.replace("<", "").split("/"))
    return Fact(sentence, question, meant, answer)
