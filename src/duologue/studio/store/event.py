"""What a person did on one item, and what of it holds now.

state = State(); state.add(Event(...)); state.answers["annotator"]["item"]
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

import msgspec

Kind = Literal["answer", "skip", "unskip", "comment", "done"]
"""`done`: the annotator went on from a finished item; `seconds` of all events of an item together are its time."""


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """One act of an annotator.

    Attributes:
        id: drawn by the page; the same id is saved once.
        annotator: whose link it was.
        item: on what.
        kind: see Kind.
        question: which, of answers.
        target: the answer or turn that a question is asked of; empty where it is the item.
        value: JSON; None takes an answer back.
        seconds: that the item was in view since the event before.
        at: when it was saved.
        number: the order of saving.
    """

    id: str
    annotator: str
    item: str
    kind: Kind
    question: str = ""
    target: str = ""
    value: Any = None
    seconds: float | None = None
    at: datetime | None = None
    number: int = 0


class ItemState(msgspec.Struct):
    """What an annotator has said of an item so far.

    Attributes:
        answers: (question, target) -> value.
        skipped: they do not want to answer.
        comment: their remark.
        seconds: that they had it in view.
        at: when they last did something.
    """

    answers: dict[tuple[str, str], Any] = {}
    skipped: bool = False
    comment: str = ""
    seconds: float = 0.0
    at: datetime | None = None

    def add(self, event: Event) -> None:
        """Let an event have its effect."""
        key = (event.question, event.target)
        if event.kind == "answer":
            if event.value is None:
                self.answers.pop(key, None)
            else:
                self.answers[key] = event.value
                self.skipped = False
        elif event.kind in ("skip", "unskip"):
            self.skipped = event.kind == "skip"
        elif event.kind == "comment":
            self.comment = str(event.value or "")
        self.seconds += event.seconds or 0.0
        self.at = event.at or self.at


class State:
    """What holds after all events of a project up to `number`: annotator -> item -> ItemState."""

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self.number = 0
        self.of: dict[str, dict[str, ItemState]] = defaultdict(dict)
        for event in events:
            self.add(event)

    def add(self, event: Event) -> None:
        """Go on by one event, which comes after all earlier ones."""
        self.of[event.annotator].setdefault(event.item, ItemState()).add(event)
        self.number = event.number
