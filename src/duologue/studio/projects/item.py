"""What annotators look at: texts and turns, and what is to be judged of them. And what of it they may see.

item.shown("Ada", seed=0)      # without systems, measures and known answers; the answers in an order of their own
"""

from __future__ import annotations

import random
from typing import Any

import msgspec

from duologue.studio.projects.question import Question

CHAT = {"user": "user", "system": "assistant"}
"""Role of a line -> of a chat message."""


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """A turn as it is shown; `turn` is its number where it is to be labelled."""

    speaker: str
    text: str
    turn: int | None = None
    role: str = ""


class Panel(msgspec.Struct, frozen=True, omit_defaults=True):
    """A box with a heading: a text, a table, or turns."""

    heading: str
    text: str = ""
    rows: tuple[tuple[str, ...], ...] = ()
    lines: tuple[Line, ...] = ()


class Candidate(msgspec.Struct, frozen=True, omit_defaults=True):
    """An answer that is judged; annotators see the text only."""

    name: str
    text: str
    system: str = ""
    measures: dict[str, float] = {}
    source: str = ""


class Item(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing to judge.

    Attributes:
        id: of the item, within the project.
        panels: what is shown.
        answers: what is compared, if anything.
        expected: question, or question and target with a colon between -> the only right value; of attention checks.
        facts: what exports and statistics know of it: strategy, dialogue, metrics, a judge's verdict.
    """

    id: str
    panels: tuple[Panel, ...] = ()
    answers: tuple[Candidate, ...] = ()
    expected: dict[str, Any] = {}
    facts: dict[str, Any] = {}

    @property
    def turns(self) -> list[int]:
        """The numbers of the turns that are to be labelled."""
        return [line.turn for panel in self.panels for line in panel.lines if line.turn is not None]

    @property
    def messages(self) -> list[dict[str, str]]:
        """The conversation that the answers answer, as chat messages: all of it, or as much as is shown."""
        told: list[dict[str, str]] | None = self.facts.get("messages")
        if told is None:
            lines = (line for panel in self.panels for line in panel.lines if line.role in CHAT)
            told = [{"role": CHAT[line.role], "content": line.text} for line in lines]
        return told

    def order(self, annotator: str, seed: int) -> list[Candidate]:
        """The answers in the order of an annotator's name: the same whenever they look."""
        answers = list(self.answers)
        random.Random(f"{seed}\0{annotator}\0{self.id}").shuffle(answers)
        return answers

    def kept(self, annotator: str, seed: int, question: Question, target: str, value: Any) -> tuple[str, Any] | None:
        """What an annotator meant by a letter or a side.

        Args:
            annotator: whose page it comes from.
            seed: of the project.
            question: that was answered.
            target: as the page names it: a letter, a turn's number, or nothing.
            value: as the page gives it.

        Returns:
            The answer's name, and a preference as between the answers in the item's own order; None where the page
            names what is not there.
        """
        if question.of == "answers":
            names = {letter(at): each.name for at, each in enumerate(self.order(annotator, seed))}
            return (names[target], value) if target in names else None
        if question.of == "turns":
            return (target, value) if target in map(str, self.turns) else None
        if target:
            return None
        return target, -value if self._turned(annotator, seed, question) and isinstance(value, int) else value

    def as_shown(self, annotator: str, seed: int, question: Question, target: str, value: Any) -> tuple[str, Any]:
        """The inverse of `kept`."""
        if question.of == "answers":
            names = {each.name: letter(at) for at, each in enumerate(self.order(annotator, seed))}
            return names[target], value
        return target, -value if self._turned(annotator, seed, question) else value

    def _turned(self, annotator: str, seed: int, question: Question) -> bool:
        return question.kind == "preference" and self.order(annotator, seed)[0] != self.answers[0]

    def shown(self, annotator: str, seed: int) -> dict[str, Any]:
        """What an annotator's page holds of it: answers are called by the letters of their order."""
        return {
            "panels": [msgspec.to_builtins(panel) for panel in self.panels],
            "answers": [
                {"letter": letter(at), "text": each.text} for at, each in enumerate(self.order(annotator, seed))
            ],
            "turns": self.turns,
        }


def letter(at: int) -> str:
    """A, B, C, …"""
    return chr(ord("A") + at)
