"""A table of one split: what its rows and columns are, its cells, and the paragraphs around it.

A cell has three facets: whose (`who`, a place), which figure (`what`) and of which time (`when`). Two of them are rows
and columns; the third is the same for all cells and told in a paragraph. In one facet two labels share a stem ("Velka
Hill", "Velka Harbour"; "day tours", "night tours"; "spring 2019", "autumn 2019"), so that the stem alone tells nothing.

    >>> table = draw_table(random.Random(1), names(7, "train"), load_voice("train"), "train")
    >>> table.grid[0]
    ['', '2018', '2019']
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, product
from typing import Literal, NamedTuple

import msgspec

from duologue.corpora.worlds.clarify.phrases import themes
from duologue.corpora.worlds.clarify.tables.facts import Fact, draw_facts
from duologue.corpora.worlds.names import Names, title
from duologue.corpora.worlds.splits import Split
from duologue.corpora.worlds.voice import Voice, sentence_case

Facet = Literal["what", "who", "when"]
_LAYOUTS: tuple[tuple[Facet, Facet, Facet], ...] = (
    ("who", "when", "what"), ("who", "what", "when"), ("what", "when", "who"),
)  # fmt: skip
_HALVES = (("spring", "autumn"), ("January", "July"), ("summer", "winter"))
_FIRST, _LAST = 1998, 2024


class Theme(msgspec.Struct, forbid_unknown_fields=True):
    """What a table is about.

    Attributes:
        kind: what a place is, one and many.
        at: how a figure's place is named.
        sites: what tells two places of one name apart.
        measures: name with {} for a group, groups, least and greatest value.
    """

    kind: tuple[str, str]
    at: str
    sites: tuple[str, str]
    measures: list[tuple[str, tuple[str, str], int, int]]


class Label(NamedTuple):
    """A row's or a column's name, and what is left of it when it is said briefly."""

    full: str
    stem: str


@dataclass(frozen=True)
class Table:
    """A table and what is around it.

    Attributes:
        theme: what it is about.
        labels: of each facet; one label where the facet is the same for all cells.
        rows, columns: the two facets that are laid out.
        cells: (what, who, when), full names -> value.
        paragraphs: text around it.
        facts: told in the paragraphs: one question about one place, and one about two.
    """

    theme: Theme
    labels: dict[Facet, list[Label]]
    rows: Facet
    columns: Facet
    cells: dict[tuple[str, str, str], int]
    paragraphs: list[str]
    facts: list[list[Fact]]

    @property
    def grid(self) -> list[list[str]]:
        """The table as it is printed: names in the first row and column."""
        wide = [label.full for label in self.labels[self.columns]]
        grid = [["", *wide]]
        for row in self.labels[self.rows]:
            values = [self.cells[self._key(row.full, column)] for column in wide]
            grid.append([sentence_case(row.full), *(f"{value:,}" for value in values)])
        return grid

    def _key(self, row: str, column: str) -> tuple[str, str, str]:
        facets = {facet: labels[0].full for facet, labels in self.labels.items()}
        facets |= {self.rows: row, self.columns: column}
        return facets["what"], facets["who"], facets["when"]


def draw_table(rng: random.Random, names: Names, voice: Voice, split: Split) -> Table:
    """Draw a table.

    Args:
        rng: the source of chance.
        names: the names to draw from.
        voice: the phrases to draw from.
        split: whose themes.
    """
    theme = rng.choice([*_themes(split).values()])
    rows, columns, fixed = rng.choice(_LAYOUTS)
    twice = rng.choice((rows, columns))
    labels = {facet: _labels(rng, names, theme, facet, facet != fixed, facet == twice) for facet in (rows, columns)}
    labels[fixed] = _labels(rng, names, theme, fixed, several=False, twice=False)
    cells = _cells(rng, theme, labels)
    kinds = {"kind": theme.kind[0], "kinds": theme.kind[1]}
    org = voice.pick(rng, "org", {"w": title(rng.choice(names.words))}).text
    about = {"org": _lower_the(org), fixed: labels[fixed][0].full}
    opening = [voice.pick(rng, f"caption.{fixed}", kinds | about).text]
    if rng.random() < 0.6:
        opening.append(voice.pick(rng, "scale", {}).text)
    facts = [] if fixed == "who" else draw_facts(rng, names, voice, [label.full for label in labels["who"]])
    told = [fact.sentence for facts_of_one in facts for fact in facts_of_one]
    rng.shuffle(told)
    if rng.random() < 0.5:
        told.insert(rng.randint(0, len(told)), voice.pick(rng, "remark", kinds).text)
    paragraphs = [sentence_case(" ".join(opening)), *([" ".join(told)] if told else [])]
    return Table(theme, labels, rows, columns, cells, paragraphs, facts)


@lru_cache(maxsize=3)
def _themes(split: Split) -> dict[str, Theme]:
    return themes("tables", Theme, split)


def _labels(rng: random.Random, names: Names, theme: Theme, facet: Facet, several: bool, twice: bool) -> list[Label]:
    """The labels of a facet: one, or two to four; the first stem comes `twice` with different ends."""
    count = rng.choice((2, 3, 3)) if several else 1
    if facet == "who":
        stems = [title(word) for word in rng.sample(names.words, count)]
        pair = [f"{stems[0]} {site}" for site in theme.sites]
    elif facet == "what":
        drawn = rng.sample(theme.measures, count)
        stems = [" ".join(name.format("").split()) for name, *_ in drawn]
        pair = [drawn[0][0].format(group) for group in drawn[0][1]]
    else:
        first = rng.randint(_FIRST, _LAST - count)
        stems = [str(first + at) for at in range(count)]
        rng.shuffle(stems)
        pair = [f"{half} {stems[0]}" for half in rng.choice(_HALVES)]
    plain = [Label(stem, stem) for stem in stems]
    if not twice:
        return sorted(plain) if facet == "when" else plain
    doubled = [Label(full, stems[0]) for full in pair]
    others = sorted(plain[1:]) if facet == "when" else plain[1:]
    at = rng.randint(0, len(others))
    if facet == "when":
        at = sum(label.stem < stems[0] for label in others)
    return [*others[:at], *doubled, *others[at:]]


def _cells(rng: random.Random, theme: Theme, labels: dict[Facet, list[Label]]) -> dict[tuple[str, str, str], int]:
    """Values of every cell, each of them once in the table."""
    ranges = {" ".join(name.format("").split()): (least, most) for name, _, least, most in theme.measures}
    taken: set[int] = set()
    cells: dict[tuple[str, str, str], int] = {}
    for what, who, when in product(labels["what"], labels["who"], labels["when"]):
        least, most = ranges[what.stem]
        value = rng.choice([rng.randint(least, most) for _ in range(40)])
        while value in taken:
            value += 1
        taken.add(value)
        cells[what.full, who.full, when.full] = value
    return cells


def _lower_the(name: str) -> str:
    return name[:1].lower() + name[1:] if name.startswith("The ") else name


def pairs(labels: list[Label]) -> list[Label]:
    """Every two years, the earlier first: "from 2018 to 2020"."""
    return [Label(full, full) for full in (f"from {a.full} to {b.full}" for a, b in combinations(labels, 2))]
