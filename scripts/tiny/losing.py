"""The wrong thing to do in the right place: a needless question where one should answer, a guess where one should ask.

>>> losing(random.Random(1), item, 0)
'In which year?'
"""

from __future__ import annotations

import random

from duologue.corpora.actions import CLARIFY
from duologue.corpora.worlds.clarify.phrases import load_voice
from duologue.corpora.worlds.clarify.sample import Item
from duologue.corpora.worlds.voice import Voice


def losing(rng: random.Random, item: Item, at: int) -> str:
    """What a system says that does the other than the gold action.

    Args:
        rng: the source of chance.
        item: a conversation.
        at: index of a step.
    """
    step = item.steps[at]
    if step.action == CLARIFY:
        return rng.choice(step.readings).answer
    voice = load_voice(item.split)
    ask = {"tables": _of_table, "stories": _of_story, "databases": _of_database}[item.kind]
    return ask(rng, voice, item, step.user)


def _of_table(rng: random.Random, voice: Voice, item: Item, asked: str) -> str:
    """For a time, a figure, or one of two rows."""
    grid = item.native["table"]["table"]
    rows, columns = [row[0] for row in grid[1:]], grid[0][1:]
    if rng.random() < 0.5:
        first, second = rng.sample(rng.choice((rows, columns)), 2)
        return voice.pick(rng, "ask.options", {"options": f"{first} or {second}"}).text
    return voice.pick(rng, rng.choice(("ask.when", "ask.what")), {}).text


def _of_story(rng: random.Random, voice: Voice, item: Item, asked: str) -> str:
    """For a person or a time, or one of two times."""
    if rng.random() < 0.4:
        first, second = rng.sample(voice.phrases["time"], 2)
        return voice.pick(rng, "ask.either", {"a": first, "b": second}).text
    return voice.pick(rng, rng.choice(("ask.person", "ask.time")), {}).text


def _of_database(rng: random.Random, voice: Voice, item: Item, asked: str) -> str:
    """For a column that the user named, or another."""
    assert item.database is not None
    tables = item.database.schema.tables
    named = [table for table in tables if table.theme.one in asked or table.theme.many in asked] or [*tables]
    words = [word for table in named for word in table.words]
    said = [word for word in words if word in asked.lower().rstrip(".?").split()]
    return voice.pick(rng, "ask.column", {"c": rng.choice(said or words)}).text
