"""Requests about a table in words: which figure, whose and when, as far as it is said.

A phrase is drawn once and filled twice, with what is said and with what is meant, so the two differ in that alone.

    >>> words = phrase(random.Random(1), table, load_voice("train"), "lookup")
    >>> put(words, table, {"what": "number of tours", "who": "Velka"})
    'How high was the number of tours at Velka?'
"""

from __future__ import annotations

import random

from duologue.corpora.worlds.clarify.steps import fill_in, pattern
from duologue.corpora.worlds.clarify.tables.ask import Needed, Operation, Said
from duologue.corpora.worlds.clarify.tables.table import Table
from duologue.corpora.worlds.voice import Voice

_TIME_FIRST = 0.3


def phrase(rng: random.Random, table: Table, voice: Voice, operation: Operation, limit: int = 0) -> str:
    """Draw a phrase for an operation, with `{the}` or `{bare}`, `{who}`, `{when}` and `{pair}` still open."""
    pool = operation if operation in ("best_when", "best_who", "count") else "lookup"
    places = {"kind": table.theme.kind[0], "kinds": table.theme.kind[1], "limit": f"{limit:,}"}
    text = pattern(voice, rng, pool, places, ["np", "bare"])
    before = {"change": "the change in ", "average": "the yearly average of "}.get(operation, "")
    order = "{when}{who}" if rng.random() < _TIME_FIRST else "{who}{when}"
    unnamed = voice.pick(rng, "unnamed", {}).text.lower()
    noun = f"{{what|{unnamed}}}"
    text = text.replace("{np}", f"{before}{noun}{order}{{pair}}")
    return text.replace("{bare}", f"{{bare|{unnamed.removeprefix('the ')}}}{order}{{pair}}")


def put(words: str, table: Table, said: Said) -> str:
    """Fill a phrase with what is said."""
    what = said.get("what")
    slots: dict[Needed, str] = {facet: _part(table, facet, said) for facet in ("who", "when", "pair")}
    for slot, article in (("what", "the "), ("bare", "")):
        start = words.find(f"{{{slot}|")
        if start >= 0:
            end = words.index("}", start)
            unnamed = words[start + len(slot) + 2 : end]
            words = words[:start] + (unnamed if what is None else article + what) + words[end + 1 :]
    return fill_in(words, **slots)


def follow_up(rng: random.Random, table: Table, voice: Voice, facet: Needed, said: str) -> str:
    """The same of another year, place or figure."""
    it = f"for the {said}" if facet == "what" else _part(table, facet, {facet: said}).strip()
    return voice.pick(rng, "follow", {"it": it}).text


def _part(table: Table, facet: Needed, said: Said) -> str:
    """A facet as the end of a phrase; nothing where it is not said."""
    if facet not in said:
        return ""
    if facet == "pair":
        return f" {said[facet]}"
    at = "in" if facet == "when" else table.theme.at
    return f" {at} {said[facet]}"
