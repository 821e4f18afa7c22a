"""Which one, said vaguely: `in grade 10` is `in a certain grade`, `the museum named Plaza` is `the museum`."""

from __future__ import annotations

import re

from duologue.measures.words import FUNCTION_WORDS
from duologue.operators.ambiguity.schema import Column
from duologue.operators.ambiguity.vague_words.vague import CERTAIN, Place, Vague, a_certain, asking_which
from duologue.operators.ambiguity.words import Span, content

_ARTICLE = re.compile(r"\b(?:the|an?|any)\s+$", re.IGNORECASE)
_PREPOSITION = re.compile(r"\b(?:from|in|by|at|of|on|into|for|to|with|is)\s+(?:the\s+)?$", re.IGNORECASE)
_WHOSE = re.compile(r"\bwhose\s+(?:the\s+)?$", re.IGNORECASE)
_HAVE = re.compile(r"\b(?:has|have|own|owns|having)\s+(?:an?\s+)?$", re.IGNORECASE)
_COUNTRIES = ("nationality", "citizenship")
_NEXT = re.compile(r"\s+([a-z]+)", re.IGNORECASE)


def years_old(place: Place, column: Column) -> Vague | None:
    """`a cat that is 3 years old`."""
    old = re.match(r"\s+years?\s+old\b", place.after)
    if old is None or not place.equal:
        return None
    return a_certain(
        Span(place.value.start, place.value.end + old.end()), "age", asked=("How old?", "Which age do you mean?")
    )


def part_of_text(place: Place, column: Column) -> Vague | None:
    """`the word 'Hey'`, `containing 'Hey'`."""
    if not place.condition.like:
        return None
    called = re.search(r"\b(?:the\s+)?(?P<what>word|substring|string|letters?|phrase)\s+$", place.before)
    if called:
        return a_certain(Span(called.start(), place.value.end), called["what"])
    if re.search(r"\b(?:contain(?:s|ing)?|having|has|have|with|includ(?:es|ing))\s+$", place.before):
        return a_certain(place.value, "word")
    return None


def whose(place: Place, column: Column) -> Vague | None:
    """`whose membership level is 1`."""
    noun = place.said_before(column, r"(?:is|are|was|were)(?:\s+not)?")
    if noun is None or not place.equal:
        return None
    opening = _WHOSE.search(place.question.text[: noun.start])
    if " not" in place.question.text[noun.end : place.value.start]:
        return a_certain(place.value, "one", named=column.noun)
    if opening is None:
        return None
    return a_certain(Span(opening.start(), place.value.end), noun.of(place.question.text), opening="with ")


def after_its_column(place: Place, column: Column) -> Vague | None:
    """`in grade 10`, `in the state of Indiana`, `the full name General Motors`."""
    noun = place.said_before(column, "(?:of)?")
    if noun is None or not place.equal:
        return None
    before = place.question.text[: noun.start]
    article = _ARTICLE.search(before)
    if not article and not _PREPOSITION.search(before):
        return None
    start = article.start() if article else noun.start
    return a_certain(Span(start, place.value.end), noun.of(place.question.text))


def before_its_column(place: Place, column: Column) -> Vague | None:
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
        kinds = tuple(f"{word.group(1)} of a {each} type" for each in CERTAIN)
        return asking_which(Span(start, place.value.end + word.end()), kinds, column.noun)
    return asking_which(
        Span(start, place.value.end), tuple(each if many else f"a {each}" for each in CERTAIN), column.noun
    )


def named(place: Place, column: Column) -> Vague | None:
    """`the high schooler named Kyle`, `the museum Plaza`, `What is Kyle's id?`."""
    if not column.owned or not place.equal:
        return None
    called = re.search(r"(?P<noun>[a-z]+)(?P<named>\s+(?:named|called)|)\s+$", place.before, re.IGNORECASE)
    if called and (called["named"] or set(content(called["noun"])) <= set(content(column.owner)) - {"the", "a"}):
        before = place.question.text[: called.start()]
        if re.search(r"\bthe\s+(?:(?!of\b|for\b|in\b|by\b)[a-z]+\s+){0,2}$", before, re.IGNORECASE):
            return asking_which(Span(called.end("noun"), place.value.end), ("",), column.owner)
        if _PREPOSITION.search(before) or re.search(r"\b(?:do|does|did|have|has)\s+$", before):
            return a_certain(Span(called.start(), place.value.end), called["noun"].lower())
    if re.search(r"(?:^|\b(?:is|are|does|do|did|has|grade|that)\s+)$", place.before, re.IGNORECASE):
        return asking_which(place.value, (f"that {column.owner}", f"this {column.owner}"), column.owner)
    return None


def after_a_preposition(place: Place, column: Column) -> Vague | None:
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
    return a_certain(Span(start, place.value.end + (again.end() if again else 0)), noun)


def _goes_on(word: str) -> bool:
    """Whether a word after a value is no noun that the value belongs to."""
    return word in FUNCTION_WORDS or bool(re.search(r"(?:ed|ing|ly)$", word))
