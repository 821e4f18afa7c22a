"""A question to a database: a form of query, and a word for a column that fits one column or two.

>>> asked = draw_question(random.Random(1), database, load_voice("train"), clear=False)
>>> asked.question, [reading.answer for reading in asked.readings]
('What do you get for the age of all traders in total?',
 ['SELECT SUM(current_age) FROM traders', 'SELECT SUM(starting_age) FROM traders'])
"""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import product
from typing import NamedTuple

from duologue.corpora.worlds.clarify.databases.database import Database, Value
from duologue.corpora.worlds.clarify.databases.forms import FORMS, Family
from duologue.corpora.worlds.clarify.databases.schema import Column, Table
from duologue.corpora.worlds.clarify.steps import Reading, fill_in, pattern
from duologue.corpora.worlds.voice import Voice

_TWO_OPEN = 0.6
_MAIN_SHARE = 0.75
_TRIES = 400
_MAIN_ONLY = ("joined", "across")


class Part(NamedTuple):
    """A column in a question: how it is said, and every column that this can mean, the one that is meant first."""

    said: str
    columns: list[Column]


class OpenWord(NamedTuple):
    """A word that is open, and the column that it means in each reading of the question, in their order."""

    word: str
    columns: list[Column]


class Asked(NamedTuple):
    """A question.

    Attributes:
        family: what it leaves open, or would.
        question: in words.
        readings: what it can mean (the answer is a query); what is meant is first.
        open: every word that is open.
    """

    family: Family
    question: str
    readings: list[Reading]
    open: list[OpenWord]


def draw_question(rng: random.Random, database: Database, voice: Voice, *, clear: bool) -> Asked:
    """Draw a question that is clear or not; its queries give results, each reading another one."""
    for _ in range(_TRIES):
        name = rng.choices([*FORMS], [form.share for form in FORMS.values()])[0]
        main = name in _MAIN_ONLY or rng.random() < _MAIN_SHARE
        table = database.schema.main if main else database.schema.other
        parts = _parts(rng, table, name, clear)
        if parts is not None:
            asked = _asked(rng, database, voice, name, table, parts)
            if _proven(database, asked.readings):
                return asked
    raise RuntimeError(f"no question for the database {database.id}")  # every schema has words of either sort


def _parts(rng: random.Random, table: Table, name: str, clear: bool) -> list[Part] | None:
    """The columns in a question: one is said by its word; a second one so that it is clear, mostly."""
    words = [word for word in table.words if table.fitting(word)[0].kind in FORMS[name].kinds]
    rng.shuffle(words)
    open_ = [word for word in words if (len(table.fitting(word)) == 1) == clear]
    count = 2 if name == "of_those" else 1
    if not open_ or len(words) < count:
        return None
    parts = [_open_part(rng, table, open_[0])]
    if count == 2:
        if not clear and len(open_) > 1 and rng.random() < _TWO_OPEN:
            parts.append(_open_part(rng, table, open_[1]))
        else:
            parts.append(_settled_part(rng, table, next(word for word in words if word != open_[0])))
    return rng.sample(parts, count)


def _open_part(rng: random.Random, table: Table, word: str) -> Part:
    fits = table.fitting(word)
    return Part(word, rng.sample(fits, len(fits)))


def _settled_part(rng: random.Random, table: Table, word: str) -> Part:
    fits = table.fitting(word)
    column = rng.choice(fits)
    return Part(word if len(fits) == 1 else column.spoken, [column])


def _asked(rng: random.Random, database: Database, voice: Voice, name: str, table: Table, parts: list[Part]) -> Asked:
    form, schema = FORMS[name], database.schema
    value = _value(rng, database, name, table, parts[-1])
    filled = {
        "one": table.theme.one, "many": table.theme.many, "others": schema.other.theme.many,
        "rel": schema.belongs, "by": str(value), "name": str(value), "value": str(value),
    }  # fmt: skip
    words, _, aggregate = pattern(voice, rng, f"query.{name}", filled, ["c", "d"]).partition("=")
    names = {"t": table.name, "o": schema.other.name, "k": schema.key, "agg": aggregate, "v": _quoted(value)}

    def reading(columns: tuple[Column, ...]) -> Reading:
        said = [
            column.spoken if len(part.columns) > 1 else part.said for part, column in zip(parts, columns, strict=True)
        ]
        query = form.query.format(**names, c=columns[0].name, d=columns[-1].name)
        return Reading(fill_in(words, c=said[0], d=said[-1]), query)

    keys = [*product(*(part.columns for part in parts))]
    return Asked(
        family="population" if name == "of_those" and len(parts[0].columns) == 1 else form.family,
        question=fill_in(words, c=parts[0].said, d=parts[-1].said),
        readings=[reading(key) for key in keys],
        open=[OpenWord(part.said, [key[at] for key in keys]) for at, part in enumerate(parts) if len(part.columns) > 1],
    )


def _value(rng: random.Random, database: Database, name: str, table: Table, part: Part) -> Value:
    """A value for which there is something to find."""
    schema = database.schema
    draw: dict[str, Callable[[], Value]] = {
        "one": lambda: rng.choice(database.values(table, table.columns[1])),
        "joined": lambda: rng.choice(database.values(schema.other, schema.other.columns[1])),
    }
    if name in draw:
        return draw[name]()
    value = rng.choice(database.values(table, part.columns[0]))
    if part.columns[0].kind != "number" or isinstance(value, str):
        return value
    least = part.columns[0].least
    return max(least, round(value, 2 - len(str(value)))) if value > 9 else value


def _quoted(value: Value) -> str:
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


def _proven(database: Database, readings: list[Reading]) -> bool:
    """Whether every reading has a result (a count over nothing is none) that no other reading has."""
    results = [database.run(reading.answer) for reading in readings]
    found = all(result and result != [(0,)] for result in results)
    compared = {
        repr(result if " ORDER BY " in reading.answer else sorted(result, key=repr))
        for reading, result in zip(readings, results, strict=True)
    }
    return found and len(compared) == len(results)
