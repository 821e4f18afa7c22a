"""Clarifying questions about a column: left to the user, with both columns, or with one for a yes or no.

>>> clarify_column(random.Random(1), load_voice("train"), asked.open[0], asked.readings).question
'The current age or the starting age?'
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from duologue.corpora.worlds.clarify.databases.ask import OpenWord
from duologue.corpora.worlds.clarify.steps import Open, Reading
from duologue.corpora.worlds.voice import Voice


def clarify_column(rng: random.Random, voice: Voice, open_: OpenWord, readings: Sequence[Reading]) -> Open:
    """Ask which column a word means, in one of three styles; the reply leaves the readings with that column."""
    names = sorted({column.spoken for column in open_.columns})
    first, second = rng.sample(names, 2)
    style = rng.choice(("column", "columns", "this"))
    question = voice.pick(rng, f"ask.{style}", {"c": open_.word, "a": first, "b": second}).text
    meant = open_.columns[0]
    kept = {reading for reading, column in zip(readings, open_.columns, strict=True) if column == meant}
    return Open(question, lambda left: [reading for reading in left if reading in kept])
