"""Vague words for a value, by the words around it.

| in the question | instead |
|---|---|
| `at least two courses`, `more than 4 cylinders` | `many courses`, `many cylinders` |
| `horsepower more than 150`, `whose earnings is higher than 300000` | `high horsepower`, `whose earnings is high` |
| `older than 20` | `old` |
| `opened after 2010` | `opened recently` |
| `above age 20` | `above a certain age` |
| `with 8 cylinders` | `with a certain number of cylinders` |
| `in grade 10`, `the state of Indiana` | `in a certain grade`, `a certain state` |
| `whose membership level is 1` | `with a certain membership level` |
| `the math course` | `a certain course` |
| `the high schooler named Kyle` | `the high schooler` |
| `from France` | `from a certain country` |
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from sqlglot import exp

from duologue.measures.words import FUNCTION_WORDS
from duologue.operators.ambiguity.conditions import Condition
from duologue.operators.ambiguity.schema import Column
from duologue.operators.ambiguity.words import Question, Span, content, plural

_UP = r"higher|greater|more|larger|bigger|over|above|heavier|older|taller|longer|after|since"
_DOWN = r"lower|less|smaller|fewer|below|under|lighter|younger|shorter|before"
_COMPARED = re.compile(rf"\b(?P<word>{_UP}|{_DOWN})(?:\s+than)?\s*$", re.IGNORECASE)
_AT_LEAST = re.compile(r"\b(?:at\s+least|more\s+than|over|no\s+(?:less|fewer)\s+than)\s*$", re.IGNORECASE)
_AT_MOST = re.compile(r"\b(?:at\s+most|less\s+than|fewer\s+than|under|below)\s*$", re.IGNORECASE)
_DEGREES = {
    "older": "old",
    "younger": "young",
    "taller": "tall",
    "shorter": "short",
    "heavier": "heavy",
    "lighter": "light",
    "longer": "long",
}
_ARTICLE = re.compile(r"\b(?:the|an?|any)\s+$", re.IGNORECASE)
_PREPOSITION = re.compile(r"\b(?:from|in|by|at|of|on|into|for|to|with|is)\s+(?:the\s+)?$", re.IGNORECASE)
_WHOSE = re.compile(r"\bwhose\s+(?:the\s+)?$", re.IGNORECASE)
_HAVE = re.compile(r"\b(?:has|have|own|owns|having)\s+(?:an?\s+)?$", re.IGNORECASE)
_COUNTRIES = ("nationality", "citizenship")
_NEXT = re.compile(r"\s+([a-z]+)", re.IGNORECASE)
_MEANT = ('What exactly do you mean by "{}"?', 'How should I understand "{}"?', 'What counts as "{}" for you?')
_CERTAIN = ("certain", "particular", "specific")
_SEVERAL = ("several", "multiple")
_MANY, _FEW = ("many", "several", "a lot of"), ("few", "only a few")
_STOP = r"(?=\s*(?:[?.,]|$|\s(?:under|over|with|in|that|who|which|do|does|have|has|as|come|for|are|is|and|or)\b))"


class Vague(NamedTuple):
    """Where vague words go, which, and what a clarifying question about them is.

    Attributes:
        span: what they replace.
        instead: the words; one is drawn.
        asked: clarifying questions.
        offered: the same with `{options}`.
        degree: whether they say how much, so that what they replace is itself the answer (`at least two`).
    """

    span: Span
    instead: tuple[str, ...]
    asked: tuple[str, ...]
    offered: tuple[str, ...] = ()
    degree: bool = False


def vaguer(question: Question, value: Span, condition: Condition) -> Vague | None:
    """The first rule that knows the words around a value; None where none does.

    Args:
        question: the question.
        value: where the value stands, with its quotation marks.
        condition: what it is compared with.
    """
    text = question.text
    if "stands for" in text:
        return None
    place = _Place(question, value, condition, text[: value.start], text[value.end :])
    if condition.column is None:
        return _counted(place)
    rules: tuple[Callable[[_Place, Column], Vague | None], ...] = (
        _so_many,
        _years_old,
        _compared,
        _part_of_text,
        _named,
        _whose,
        _after_its_column,
        _before_its_column,
        _after_a_preposition,
    )
    for rule in rules:
        found = rule(place, condition.column)
        if found is not None:
            return found
    return None


class _Place(NamedTuple):
    question: Question
    value: Span
    condition: Condition
    before: str
    after: str

    @property
    def equal(self) -> bool:
        return isinstance(self.condition.node, exp.EQ | exp.NEQ)

    def said_before(self, column: Column, between: str = "") -> Span | None:
        """The column's words that end before the value, with only `between` (a pattern) and spaces in between."""
        for span in self.question.find(column.names):
            if re.search(r"\b(?:named|called)$", span.of(self.question.text), re.IGNORECASE):
                continue
            if re.search(r"\b(?:that|who|which)\s+$", self.question.text[: span.start]):  # it is a verb
                continue
            if span.end <= self.value.start and re.fullmatch(
                rf"\s*{between}\s*", self.question.text[span.end : self.value.start], re.IGNORECASE
            ):
                return span
        return None

    def said_after(self, column: Column) -> Span | None:
        """The column's words right behind the value."""
        for span in self.question.find(column.names):
            if span.start >= self.value.end and not self.question.text[self.value.end : span.start].strip():
                return span
        return None


def _counted(place: _Place) -> Vague | None:
    """`at least two courses`, `two or more courses`."""
    start, end = place.value.start, place.value.end
    vague: tuple[str, ...] = ()
    least = int(place.condition.value) + isinstance(place.condition.node, exp.GT)
    if place.condition.more and least < 2:  # which is no number that one is vague about
        return None
    many = _SEVERAL if least == 2 else _MANY
    more, less = _AT_LEAST.search(place.before), _AT_MOST.search(place.before)
    or_more = re.match(r"\s+or\s+more\b", place.after)
    if place.condition.more and more:
        start, vague = more.start(), many
    elif place.condition.more and or_more:
        end, vague = end + or_more.end(), many
    elif place.condition.less and less:
        start, vague = less.start(), _FEW
    if not vague:
        return None
    noun = re.match(rf"((?:\s+[a-z]+){{1,3}}?){_STOP}", place.question.text[end:], re.IGNORECASE)
    if noun is None:
        return None
    things = plural(noun.group(1).strip())
    if things != noun.group(1).strip():
        end += noun.end(1)
        return _degree(Span(start, end), tuple(f"{word} {things}" for word in vague))
    return _degree(Span(start, end), vague)


def _so_many(place: _Place, column: Column) -> Vague | None:
    """`more than 4 cylinders`, `8 cylinders`."""
    noun = place.said_after(column)
    if noun is None or not noun.of(place.question.text).endswith("s") or not place.condition.value.isdigit():
        return None
    things = noun.of(place.question.text)
    more, less = _AT_LEAST.search(place.before), _AT_MOST.search(place.before)
    if place.condition.more and more:
        return _degree(Span(more.start(), place.value.end), _MANY)
    if place.condition.less and less:
        return _degree(Span(less.start(), place.value.end), _FEW)
    if not place.equal or more or less:
        return None
    some = tuple(f"a {each} number of" for each in _CERTAIN)
    return Vague(place.value, some, (f"How many {things}?", f"How many {things} do you mean?"))


def _years_old(place: _Place, column: Column) -> Vague | None:
    old = re.match(r"\s+years?\s+old\b", place.after)
    if old is None or not place.equal:
        return None
    return _which(
        Span(place.value.start, place.value.end + old.end()), "age", asked=("How old?", "Which age do you mean?")
    )


def _compared(place: _Place, column: Column) -> Vague | None:
    """`higher than 4`, `older than 20`, `after 2010`, `above age 20`."""
    if place.equal or place.condition.like:
        return None
    noun = place.said_before(column)
    compared = _COMPARED.search(place.question.text[: noun.start] if noun else place.before)
    if compared is None:
        return None
    if noun:
        return _which(Span(noun.start, place.value.end), noun.of(place.question.text))
    word = compared["word"].lower()
    span = Span(compared.start(), place.value.end)
    degree = "high" if re.fullmatch(_UP, word) else "low"
    words = rf"(?P<is>\s+(?:is|are|was|were)(?:\s+not)?\s+|\s+of\s+|\s+){re.escape(compared.group())}"
    noun = place.said_before(column, words)
    if noun is not None:
        between = place.question.text[noun.end : compared.start()]
        if " not" in between:
            return None
        if between.strip() not in ("", "of"):
            return _degree(span, (degree, f"very {degree}"))
        if column.short in ("age", "height"):  # which are not high
            return None
        article = re.search(r"\ban\s+$", place.question.text[: noun.start])
        start = article.start() if article else noun.start
        high = f"{degree} {noun.of(place.question.text)}"
        return _degree(Span(start, span.end), (f"a {high}" if article else high,))
    if word in ("after", "since", "before"):
        if re.search(r"\b(?:\w+ed|built|made|open)\s+$", place.question.text[: span.start]):
            since = ("recently", "in recent years") if degree == "high" else ("long ago", "a long time ago")
            return _degree(span, since, asked=("Which years do you mean exactly?", 'What counts as "{}"?'))
        return _which(place.value, "year" if column.short.endswith("year") else column.short)
    if word in _DEGREES and re.search(r"\b(?:is|are|was|were)\s+$", place.question.text[: span.start]):
        return _degree(span, (_DEGREES[word], f"very {_DEGREES[word]}"))
    return None


def _part_of_text(place: _Place, column: Column) -> Vague | None:
    """`the word 'Hey'`, `containing 'Hey'`."""
    if not place.condition.like:
        return None
    called = re.search(r"\b(?:the\s+)?(?P<what>word|substring|string|letters?|phrase)\s+$", place.before)
    if called:
        return _which(Span(called.start(), place.value.end), called["what"])
    if re.search(r"\b(?:contain(?:s|ing)?|having|has|have|with|includ(?:es|ing))\s+$", place.before):
        return _which(place.value, "word")
    return None


def _whose(place: _Place, column: Column) -> Vague | None:
    """`whose membership level is 1`."""
    noun = place.said_before(column, r"(?:is|are|was|were)(?:\s+not)?")
    if noun is None or not place.equal:
        return None
    whose = _WHOSE.search(place.question.text[: noun.start])
    if " not" in place.question.text[noun.end : place.value.start]:
        return _which(place.value, "one", named=column.noun)
    if whose is None:
        return None
    return _which(Span(whose.start(), place.value.end), noun.of(place.question.text), opening="with ")


def _after_its_column(place: _Place, column: Column) -> Vague | None:
    """`in grade 10`, `in the state of Indiana`, `the full name General Motors`."""
    noun = place.said_before(column, "(?:of)?")
    if noun is None or not place.equal:
        return None
    before = place.question.text[: noun.start]
    article = _ARTICLE.search(before)
    if not article and not _PREPOSITION.search(before):
        return None
    start = article.start() if article else noun.start
    return _which(Span(start, place.value.end), noun.of(place.question.text))


def _before_its_column(place: _Place, column: Column) -> Vague | None:
    """`the math course`, `cat pets`."""
    word = re.match(r"\s+([a-z]+)", place.after, re.IGNORECASE)
    if word is None or not place.equal or place.condition.value.isdigit():
        return None
    if not set(content(word.group(1).lower())) & set(content(f"{column.said} {column.owner}")):
        return None
    article = _ARTICLE.search(place.before)
    start = article.start() if article else place.value.start
    many = word.group(1).endswith("s")
    if many and column.noun.startswith("type of "):
        kinds = tuple(f"{word.group(1)} of a {each} type" for each in _CERTAIN)
        return _asking(Span(start, place.value.end + word.end()), kinds, column.noun)
    return _asking(Span(start, place.value.end), tuple(each if many else f"a {each}" for each in _CERTAIN), column.noun)


def _named(place: _Place, column: Column) -> Vague | None:
    """`the high schooler named Kyle`, `the museum Plaza`, `What is Kyle's id?`."""
    if not column.owned or not place.equal:
        return None
    called = re.search(r"(?P<noun>[a-z]+)(?P<named>\s+(?:named|called)|)\s+$", place.before, re.IGNORECASE)
    if called and (called["named"] or set(content(called["noun"])) <= set(content(column.owner)) - {"the", "a"}):
        before = place.question.text[: called.start()]
        if re.search(r"\bthe\s+(?:(?!of\b|for\b|in\b|by\b)[a-z]+\s+){0,2}$", before, re.IGNORECASE):
            return _asking(Span(called.end("noun"), place.value.end), ("",), column.owner)
        if _PREPOSITION.search(before) or re.search(r"\b(?:do|does|did|have|has)\s+$", before):
            return _which(Span(called.start(), place.value.end), called["noun"].lower())
    if re.search(r"(?:^|\b(?:is|are|does|do|did|has|grade|that)\s+)$", place.before, re.IGNORECASE):
        return _asking(place.value, (f"that {column.owner}", f"this {column.owner}"), column.owner)
    return None


def _after_a_preposition(place: _Place, column: Column) -> Vague | None:
    """`from France`, `in 1980`, `has a cat as a pet`."""
    kind = column.noun.split()[0] in ("type", "kind") and _HAVE.search(place.before)
    preposition = _PREPOSITION.search(place.before) and not re.search(r"\b(?:is|with)\s+$", place.before)
    if not place.equal or not (kind or preposition):
        return None
    word = _NEXT.match(place.after)
    if word and not _goes_on(word.group(1).lower()):
        return None
    article = _ARTICLE.search(place.before)
    start = article.start() if article else place.value.start
    noun = "country" if re.search(r"\bfrom\s+$", place.before) and column.noun in _COUNTRIES else column.noun
    again = re.match(rf"\s+as\s+(?:an?\s+)?{re.escape(column.owner)}s?\b", place.after)
    return _which(Span(start, place.value.end + (again.end() if again else 0)), noun)


def _goes_on(word: str) -> bool:
    """Whether a word after a value is no noun that the value belongs to."""
    return word in FUNCTION_WORDS or bool(re.search(r"(?:ed|ing|ly)$", word))


def _which(span: Span, noun: str, *, opening: str = "", named: str = "", asked: tuple[str, ...] = ()) -> Vague:
    """`a certain …`, and the question which."""
    many = noun.endswith("s") and not noun.endswith("ss")
    kinds = tuple(f"{opening}{'' if many else 'a '}{each} {noun}" for each in _CERTAIN)
    return _asking(span, kinds, named or noun, asked)


def _asking(span: Span, instead: tuple[str, ...], noun: str, asked: tuple[str, ...] = ()) -> Vague:
    noun = noun.lower() if noun.istitle() else noun
    return Vague(
        span,
        instead,
        asked or (f"Which {noun} do you mean?", f"Which {noun} are you asking about?", f"Which {noun} would that be?"),
        () if asked else (f"Which {noun} do you mean: {{options}}?",),
    )


def _degree(span: Span, instead: tuple[str, ...], asked: tuple[str, ...] = ()) -> Vague:
    return Vague(span, instead, asked or _MEANT, degree=True)
