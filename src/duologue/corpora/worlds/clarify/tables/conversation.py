"""A conversation about a table: two to four requests, some of them short for "the same, but of another year".

>>> talk = converse(random.Random(1), table, load_voice("train"), "train")
>>> [step.user for step in talk[0].steps]
['How high was the number of tours at Velka?', '2019.']
"""

from __future__ import annotations

import random
from typing import NamedTuple

from duologue.corpora.worlds.clarify.steps import CLARIFY_SHARE, Open, Reading, Step, steps
from duologue.corpora.worlds.clarify.tables.ask import (
    Answer,
    Needed,
    Operation,
    Request,
    Said,
    answer,
    draw_request,
    labels_of,
    possible,
)
from duologue.corpora.worlds.clarify.tables.table import Facet, Label, Table
from duologue.corpora.worlds.clarify.tables.words import follow_up, phrase, put
from duologue.corpora.worlds.splits import Split
from duologue.corpora.worlds.voice import Voice

_FACT_SHARE, _FOLLOW_SHARE = 0.15, 0.45
_OPTIONS_SHARE = 0.4
_MOST_OPTIONS = 3
_TRIES = 40


class Asked(NamedTuple):
    """A request with its steps.

    Attributes:
        steps: the request, what is asked back, the answer.
        answer: the answer as PACIFIC has it.
        from_text: whether a paragraph gives it.
        compares: whether a comparison does.
        follow_up: whether the request goes on with the one before.
    """

    steps: list[Step]
    answer: Answer
    from_text: bool
    compares: bool
    follow_up: bool


def converse(rng: random.Random, table: Table, voice: Voice, split: Split) -> list[Asked]:
    """Ask two to four things.

    Args:
        rng: the source of chance.
        table: what is asked about.
        voice: the phrases to draw from.
        split: whose manner of replying is used.
    """
    asker = _Asker(rng, table, voice, split)
    count = rng.choice((2, 3, 3, 4))
    while len(asker.asked) < count:
        asker.go_on()
    return asker.asked


class _Asker:
    """A conversation in the making."""

    def __init__(self, rng: random.Random, table: Table, voice: Voice, split: Split) -> None:
        self.rng, self.table, self.voice, self.split = rng, table, voice, split
        self.asked: list[Asked] = []
        self._last: tuple[str, Said] | None = None
        self._done: set[str] = set()

    def go_on(self) -> None:
        """One more request."""
        clear = self.rng.random() > CLARIFY_SHARE
        if self._last is not None and self.rng.random() < _FOLLOW_SHARE and self._follow(clear):
            return
        if self.table.facts and self.rng.random() < _FACT_SHARE and self._fact(clear):
            return
        for _ in range(_TRIES):
            operation = self.rng.choice(possible(self.table))
            request, other = (self._draw(operation, clear=each) for each in (clear, not clear))
            if request is not None and other is not None:  # only what is as often clear as not, or its form would tell
                self._done.add(repr(request[:2]))
                self._ask(request)
                return

    def _draw(self, operation: Operation, *, clear: bool) -> Request | None:
        for _ in range(_TRIES):
            request = draw_request(self.rng, self.table, operation, clear)
            if request is not None and repr(request[:2]) not in self._done:
                return request
        return None

    def _ask(self, request: Request) -> None:
        words = phrase(self.rng, self.table, self.voice, request.operation, request.limit)
        readings = [self._reading(words, request, key) for key in request.keys]
        opens = [self._open(facet, request.keys, readings) for facet in self._in_order(request)]
        asked = put(words, self.table, request.said)
        self._add(asked, readings, opens, answer(self.table, request, request.keys[0]))
        if request.operation == "lookup":
            self._last = words, request.keys[0]

    def _follow(self, clear: bool) -> bool:
        """The same of another year, place or figure; False where there is none."""
        assert self._last is not None
        words, key = self._last
        facets: tuple[Facet, ...] = (self.table.rows, self.table.columns)
        options = [
            (facet, stem, fits)
            for facet in facets
            for stem, fits in _by_stem(self.table.labels[facet]).items()
            if all(label.full != key[facet] for label in fits)
        ]
        chosen = [option for option in options if (len(option[2]) == 1) == clear]
        if not chosen or len(chosen) == len(options):
            return False
        facet, stem, fits = self.rng.choice(chosen)
        keys: list[Said] = [{**key, facet: label.full} for label in self.rng.sample(fits, len(fits))]
        request = Request("lookup", {**key, facet: stem}, keys)
        readings = [self._reading(words, request, each) for each in keys]
        opens = [] if clear else [self._open(facet, keys, readings)]
        asked = follow_up(self.rng, self.table, self.voice, facet, stem)
        self._add(asked, readings, opens, answer(self.table, request, keys[0]), follow_up=True)
        self._last = words, keys[0]
        return True

    def _fact(self, clear: bool) -> bool:
        """Something told in the paragraphs, of one place or of two; False where it was asked before."""
        facts = self.table.facts[0 if clear else 1]
        if facts[0].question in self._done:
            return False
        self._done.add(facts[0].question)
        facts = self.rng.sample(facts, len(facts))
        readings = [Reading(fact.meant, fact.answer) for fact in facts]
        keys: list[Said] = [{"who": self._place(fact.sentence)} for fact in facts]
        opens = [] if clear else [self._open("who", keys, readings)]
        self._add(facts[0].question, readings, opens, Answer(facts[0].answer, "", "span"), from_text=True)
        self._last = None
        return True

    def _place(self, sentence: str) -> str:
        return max((label.full for label in self.table.labels["who"] if label.full in sentence), key=len)

    def _in_order(self, request: Request) -> list[Needed]:
        return self.rng.sample(request.open, len(request.open))

    def _reading(self, words: str, request: Request, key: Said) -> Reading:
        """What is meant, with no more words than were said and are open."""
        told = {**request.said, **{facet: key[facet] for facet in request.open}}
        return Reading(put(words, self.table, told), str(answer(self.table, request, key).value))

    def _open(self, facet: Needed, keys: list[Said], readings: list[Reading]) -> Open:
        """A question about a facet, and how an answer narrows the readings."""
        meant = keys[0][facet]
        kept = {reading for key, reading in zip(keys, readings, strict=True) if key[facet] == meant}
        options = [label for label in labels_of(self.table, facet) if any(key[facet] == label.full for key in keys)]
        return Open(self._question(facet, options), lambda left: [each for each in left if each in kept])

    def _question(self, facet: Needed, options: list[Label]) -> str:
        rng, kinds = self.rng, {"kind": self.table.theme.kind[0], "kinds": self.table.theme.kind[1]}
        if len(options) <= _MOST_OPTIONS and rng.random() < _OPTIONS_SHARE:
            article = "the " if facet == "what" else ""
            named = [article + label.full for label in rng.sample(options, len(options))]
            listed = ", ".join(named[:-1]) + f" or {named[-1]}"
            return self.voice.pick(rng, "ask.options", {"options": listed}).text
        halves = facet == "when" and len({label.stem for label in options}) == 1
        return self.voice.pick(rng, "ask.half" if halves else f"ask.{facet}", kinds).text

    def _add(
        self,
        asked: str,
        readings: list[Reading],
        opens: list[Open],
        final: Answer,
        *,
        from_text: bool = False,
        follow_up: bool = False,
    ) -> None:
        made = steps(self.rng, self.voice, self.split, asked, readings, opens)
        self.asked.append(Asked(made, final, from_text, ">" in final.derivation, follow_up))


def _by_stem(labels: list[Label]) -> dict[str, list[Label]]:
    found: dict[str, list[Label]] = {}
    for label in labels:
        found.setdefault(label.stem, []).append(label)
    return found
