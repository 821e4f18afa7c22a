"""What a user asks of a table: an operation, and how much of whose, which figure and when is said.

How much is said is drawn first, whether that is enough is for the table to say; so in `draw_request` a clear and an
ambiguous request have the same chance for every form of words. `fitting` is the rule: it counts what fits.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import product
from typing import Literal, NamedTuple

from duologue.corpora.worlds.clarify.tables.table import Label, Table, pairs

Operation = Literal["lookup", "change", "average", "best_when", "best_who", "count"]
Needed = Literal["what", "who", "when", "pair"]
NEEDS: dict[Operation, tuple[Needed, ...]] = {
    "lookup": ("what", "who", "when"),
    "change": ("what", "who", "pair"),
    "average": ("what", "who"),
    "best_when": ("what", "who"),
    "best_who": ("what", "when"),
    "count": ("what", "who"),
}
"""What has to be known for an operation."""
_TWO_MISSING = 0.4
_LOOKUPS = 4

Said = dict[Needed, str]


class Answer(NamedTuple):
    """An answer as PACIFIC has it: its value, how it was computed, and its type there."""

    value: str | int | float
    derivation: str
    kind: Literal["span", "arithmetic", "count"]


class Request(NamedTuple):
    """A request before it is put into words.

    Attributes:
        operation: what is to be done.
        said: what is mentioned, in full or by its stem.
        keys: everything that fits; what is meant is first.
        limit: the limit of a count.
    """

    operation: Operation
    said: Said
    keys: list[Said]
    limit: int = 0

    @property
    def open(self) -> list[Needed]:
        """What the mentions leave open."""
        return [facet for facet in NEEDS[self.operation] if len({key[facet] for key in self.keys}) > 1]


def labels_of(table: Table, facet: Needed) -> list[Label]:
    """The labels of a facet; of a pair, every two years."""
    return pairs(table.labels["when"]) if facet == "pair" else table.labels[facet]


def fitting(table: Table, operation: Operation, said: Said) -> list[Said]:
    """Everything in the table that fits what is said: one for a clear request, several for an ambiguous one."""
    choices = [
        [label.full for label in labels_of(table, facet) if said.get(facet) in (None, label.full, label.stem)]
        for facet in NEEDS[operation]
    ]
    return [dict(zip(NEEDS[operation], key, strict=True)) for key in product(*choices)]


def possible(table: Table) -> list[Operation]:
    """The operations that a table allows, the most frequent one several times."""
    found: list[Operation] = ["lookup"] * _LOOKUPS
    plain = len({label.stem for label in table.labels["when"]}) == len(table.labels["when"]) > 1
    if plain:
        found += ["change", "average", "best_when", "count"]
    if len(table.labels["who"]) > 1:
        found.append("best_who")
    return found


def draw_request(rng: random.Random, table: Table, operation: Operation, clear: bool) -> Request | None:
    """Draw a request that is clear or not; None where the draw does not come out."""
    forms: dict[tuple[Needed, ...], list[Request]] = {}
    for said in _mentions(table, operation):
        request = Request(operation, said, fitting(table, operation, said))
        if (len(request.keys) == 1) == clear and len(request.open) < 3:
            forms.setdefault(tuple(said), []).append(request)
    sizes = {len(form) for form in forms}
    most = len(NEEDS[operation])
    size = most if rng.random() < 0.4 else most - 1
    if size not in sizes:
        return None
    fitting_size = {form: all_ for form, all_ in forms.items() if len(form) == size}
    if rng.random() < _TWO_MISSING:
        two = {form: [each for each in all_ if len(each.open) == 2] for form, all_ in fitting_size.items()}
        fitting_size = {form: all_ for form, all_ in two.items() if all_} or fitting_size
    request = rng.choice(rng.choice([*fitting_size.values()]))
    keys = rng.sample(request.keys, len(request.keys))
    limit = _limit(rng, table, keys) if operation == "count" else 0
    request = request._replace(keys=keys, limit=limit)
    answers = [answer(table, request, key).value for key in keys]
    varied = clear or all(other != answers[0] for other in answers[1:])
    return request if varied and len(keys) < 9 and answers[0] != 0 else None


def answer(table: Table, request: Request, key: Said) -> Answer:
    """What is right if `key` is meant."""
    if request.operation == "lookup":
        return Answer(f"{table.cells[key['what'], key['who'], key['when']]:,}", "", "span")
    if request.operation == "best_who":
        row = {label.full: table.cells[key["what"], label.full, key["when"]] for label in table.labels["who"]}
        return _best(row)
    row = {label.full: table.cells[key["what"], key["who"], label.full] for label in table.labels["when"]}
    if request.operation == "best_when":
        return _best(row)
    if request.operation == "count":
        above = [when for when, value in row.items() if value > request.limit]
        return Answer(str(len(above)), "##".join(above), "count")
    if request.operation == "average":
        values = [*row.values()]
        return Answer(
            round(sum(values) / len(values), 2), f"({'+'.join(map(_plain, values))})/{len(values)}", "arithmetic"
        )
    _, first, _, last = key["pair"].split(" ")
    return Answer(row[last] - row[first], f"{_plain(row[last])}-{_plain(row[first])}", "arithmetic")


def _best(row: dict[str, int]) -> Answer:
    ordered = sorted(row, key=lambda name: -row[name])
    return Answer(ordered[0], ">".join(f"{row[name]:,}" for name in ordered), "span")


def _plain(value: int) -> str:
    return f"{value:,}"


def _limit(rng: random.Random, table: Table, keys: list[Said]) -> int:
    """A round number between the values of what is meant."""
    row = sorted(table.cells[keys[0]["what"], keys[0]["who"], label.full] for label in table.labels["when"])
    middle = (row[0] + rng.choice(row[1:])) // 2
    return max(1, round(middle, 2 - len(str(middle))))


def _mentions(table: Table, operation: Operation) -> Iterator[Said]:
    """Every way to say something of what is needed: each facet not at all, by its stem, or in full."""
    needed = NEEDS[operation]
    choices: list[list[str | None]] = [
        [None, *dict.fromkeys(text for label in labels_of(table, facet) for text in (label.stem, label.full))]
        for facet in needed
    ]
    for words in product(*choices):
        yield {facet: word for facet, word in zip(needed, words, strict=True) if word is not None}
