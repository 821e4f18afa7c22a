"""How much, said vaguely: `at least two` is `several`, `more than 150` is `high`, `after 2010` is `recently`."""

from __future__ import annotations

import re

from sqlglot import exp

from duologue.operators.ambiguity.schema import Column
from duologue.operators.ambiguity.vague_words.vague import CERTAIN, Place, Vague, a_certain, degree
from duologue.operators.ambiguity.words import Span, plural

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
_SEVERAL = ("several", "quite a few")  # but not "multiple", which is at least two
_MANY, _FEW = ("many", "several", "a lot of"), ("few", "only a few")
_STOP = r"(?=\s*(?:[?.,]|$|\s(?:under|over|with|in|that|who|which|do|does|have|has|as|come|for|are|is|and|or)\b))"


def counted(place: Place) -> Vague | None:
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
        return degree(Span(start, end), tuple(f"{word} {things}" for word in vague))
    return degree(Span(start, end), vague)


def so_many(place: Place, column: Column) -> Vague | None:
    """`more than 4 cylinders`, `8 cylinders`."""
    noun = place.said_after(column)
    if noun is None or not noun.of(place.question.text).endswith("s") or not place.condition.value.isdigit():
        return None
    things = noun.of(place.question.text)
    more, less = _AT_LEAST.search(place.before), _AT_MOST.search(place.before)
    if place.condition.more and more:
        return degree(Span(more.start(), place.value.end), _MANY)
    if place.condition.less and less:
        return degree(Span(less.start(), place.value.end), _FEW)
    if not place.equal or more or less:
        return None
    some = tuple(f"a {each} number of" for each in CERTAIN)
    return Vague(place.value, some, (f"How many {things}?", f"How many {things} do you mean?"))


def compared(place: Place, column: Column) -> Vague | None:
    """`higher than 4`, `older than 20`, `after 2010`, `above age 20`."""
    if place.equal or place.condition.like:
        return None
    noun = place.said_before(column)
    than = _COMPARED.search(place.question.text[: noun.start] if noun else place.before)
    if than is None:
        return None
    if noun:
        return a_certain(Span(noun.start, place.value.end), noun.of(place.question.text))
    word = than["word"].lower()
    span = Span(than.start(), place.value.end)
    way = "high" if re.fullmatch(_UP, word) else "low"
    words = rf"(?P<is>\s+(?:is|are|was|were)(?:\s+not)?\s+|\s+of\s+|\s+){re.escape(than.group())}"
    noun = place.said_before(column, words)
    if noun is not None:
        between = place.question.text[noun.end : than.start()]
        if " not" in between:
            return None
        if between.strip() not in ("", "of"):
            return degree(span, (way, f"very {way}"))
        if column.short in ("age", "height"):  # which are not high
            return None
        article = re.search(r"\ban\s+$", place.question.text[: noun.start])
        start = article.start() if article else noun.start
        high = f"{way} {noun.of(place.question.text)}"
        return degree(Span(start, span.end), (f"a {high}" if article else high,))
    if word in ("after", "since", "before"):
        if re.search(r"\b(?:\w+ed|built|made|open)\s+$", place.question.text[: span.start]):
            since = ("recently", "in recent years") if way == "high" else ("long ago", "a long time ago")
            return degree(span, since, asked=("Which years do you mean exactly?", 'What counts as "{}"?'))
        return a_certain(place.value, "year" if column.short.endswith("year") else column.short)
    if word in _DEGREES and re.search(r"\b(?:is|are|was|were)\s+$", place.question.text[: span.start]):
        return degree(span, (_DEGREES[word], f"very {_DEGREES[word]}"))
    return None
