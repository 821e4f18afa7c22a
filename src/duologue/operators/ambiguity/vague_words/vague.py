"""Vague words that stand for a value: where they go, and how is asked what they mean."""

from __future__ import annotations

import re
from typing import NamedTuple

from sqlglot import exp

from duologue.operators.ambiguity.elements.conditions import Condition
from duologue.operators.ambiguity.schema import Column
from duologue.operators.ambiguity.words import Question, Span

CERTAIN = ("certain", "particular", "specific")
_MEANT = ('What exactly do you mean by "{}"?', 'How should I understand "{}"?', 'What counts as "{}" for you?')


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


class Place(NamedTuple):
    """Where a value stands in a question: its span with quotation marks, its condition, the text before and after."""

    question: Question
    value: Span
    condition: Condition
    before: str
    after: str

    @property
    def equal(self) -> bool:
        """Whether the value itself is asked for, or all but it."""
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


def a_certain(span: Span, noun: str, *, opening: str = "", named: str = "", asked: tuple[str, ...] = ()) -> Vague:
    """`a certain NOUN`, and the question which.

    Args:
        span: what is replaced.
        noun: of what; in the plural where it ends in s.
        opening: words before it.
        named: how the clarifying question calls it, where otherwise.
        asked: other clarifying questions.
    """
    many = noun.endswith("s") and not noun.endswith("ss")
    kinds = tuple(f"{opening}{'' if many else 'a '}{each} {noun}" for each in CERTAIN)
    return asking_which(span, kinds, named or noun, asked)


def asking_which(span: Span, instead: tuple[str, ...], noun: str, asked: tuple[str, ...] = ()) -> Vague:
    """Some words instead, and the question which NOUN is meant."""
    noun = noun.lower() if noun.istitle() else noun
    return Vague(
        span,
        instead,
        asked or (f"Which {noun} do you mean?", f"Which {noun} are you asking about?", f"Which {noun} would that be?"),
        () if asked else (f"Which {noun} do you mean: {{options}}?",),
    )


def degree(span: Span, instead: tuple[str, ...], asked: tuple[str, ...] = ()) -> Vague:
    """Words that say how much, and the question what they mean."""
    return Vague(span, instead, asked or _MEANT, degree=True)
