"""Samples of the world: for any seed, split, kind and index the same conversation with its native layouts.

>>> one = next(sample(1, seed=7, split="test", kind="stories"))
>>> one.steps[0].action, one.native["ambiguity"]
('answer', 'non_ambiguous')
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from duologue.corpora.worlds.clarify.databases import native as spider
from duologue.corpora.worlds.clarify.databases.ask import draw_question
from duologue.corpora.worlds.clarify.databases.clarify import clarify_column
from duologue.corpora.worlds.clarify.databases.database import Database, draw_database
from duologue.corpora.worlds.clarify.phrases import load_voice
from duologue.corpora.worlds.clarify.steps import CLARIFY_SHARE, Open, Step, steps
from duologue.corpora.worlds.clarify.stories import native as abg_coqa
from duologue.corpora.worlds.clarify.stories.cast import Cast
from duologue.corpora.worlds.clarify.stories.clarify import STYLES, clarify_story
from duologue.corpora.worlds.clarify.stories.story import draw_story
from duologue.corpora.worlds.clarify.tables import native as pacific
from duologue.corpora.worlds.clarify.tables.conversation import converse
from duologue.corpora.worlds.clarify.tables.table import draw_table
from duologue.corpora.worlds.names import Names
from duologue.corpora.worlds.splits import Split
from duologue.corpora.worlds.voice import Voice

Kind = Literal["tables", "stories", "databases"]
KINDS: tuple[Kind, ...] = ("tables", "stories", "databases")
QUESTIONS_EACH = 8
"""Questions to one database."""
_STORY_SHARE = 0.16
"""Share of ambiguous stories: when it is read, each of their readings is a conversation of its own, so that more than a
third of the conversations are ambiguous."""


@dataclass(frozen=True)
class Item:
    """A conversation.

    Attributes:
        kind: what it is about.
        split: where it belongs.
        steps: its gold turns that have an action, in order, with what the user means.
        native: the item in its own layout: a context of PACIFIC, a row of Abg-CoQA, a row of Spider.
        database: of a question to one.
        chat: the question to a database in the chat-tuning layout.
    """

    kind: Kind
    split: Split
    steps: list[Step]
    native: dict[str, Any]
    database: Database | None = None
    chat: dict[str, Any] = field(default_factory=dict)


def sample(n: int, seed: int, split: Split, kind: Kind, start: int = 0) -> Iterator[Item]:
    """Stream items `start` to `start + n` of a split.

    Args:
        n: how many.
        seed: which names, contexts and conversations.
        split: whose phrases, names and themes.
        kind: tables, stories or databases.
        start: the first index.
    """
    draw = {"tables": _table, "stories": _story, "databases": _query}[kind]
    for index in range(start, start + n):
        rng = random.Random(f"clarify/{seed}/{split}/{kind}/{index}")
        yield draw(rng, load_voice(split), seed, split, index)


def database(seed: int, split: Split, number: int) -> Database:
    """The database number `number` of a split: of its questions `QUESTIONS_EACH * number` and the ones after."""
    return _database(seed, split, number)


@lru_cache(maxsize=12)
def _names(seed: int, split: Split) -> Names:
    return Names(seed, split)


@lru_cache(maxsize=4)
def _database(seed: int, split: Split, number: int) -> Database:
    rng = random.Random(f"clarify/{seed}/{split}/database/{number}")
    return draw_database(rng, _names(seed, split), split, number)


def _table(rng: random.Random, voice: Voice, seed: int, split: Split, index: int) -> Item:
    table = draw_table(rng, _names(seed, split), voice, split)
    talk = converse(rng, table, voice, split)
    made = [step for asked in talk for step in asked.steps]
    return Item("tables", split, made, pacific.context(rng, table, talk))


def _story(rng: random.Random, voice: Voice, seed: int, split: Split, index: int) -> Item:
    clear = rng.random() > _STORY_SHARE
    story = draw_story(rng, Cast(rng, _names(seed, split), voice), clear=clear)
    opens = [] if clear else [Open(clarify_story(rng, voice, story, rng.choice(STYLES)), lambda left: left[:1])]
    made = steps(rng, voice, split, story.question, story.readings, opens)
    return Item("stories", split, made, abg_coqa.row(rng, voice, split, story))


def _query(rng: random.Random, voice: Voice, seed: int, split: Split, index: int) -> Item:
    about = _database(seed, split, index // QUESTIONS_EACH)
    asked = draw_question(rng, about, voice, clear=rng.random() > CLARIFY_SHARE)
    opens = [clarify_column(rng, voice, word, asked.readings) for word in rng.sample(asked.open, len(asked.open))]
    made = steps(rng, voice, split, asked.question, asked.readings, opens)
    return Item("databases", split, made, spider.row(about, asked, made), about, spider.chat(about, made))
