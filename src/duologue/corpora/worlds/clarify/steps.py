"""What is common to the three kinds: readings of a request, and the steps from a request to its answer.

A request has one reading or several; which of them fit is decided by the table, the story or the schema, never by the
wording: the same words are clear in one context and ambiguous in the next. One reading is right (the hidden intent).
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from duologue.corpora.actions import ANSWER, CLARIFY
from duologue.corpora.worlds.clarify.user import MANNERS, reply
from duologue.corpora.worlds.splits import Split
from duologue.corpora.worlds.voice import Voice, right_articles, sentence_case

CLARIFY_SHARE = 0.36
"""Share of ambiguous requests; with the answers that follow on replies, three gold turns in ten ask."""


class Reading(NamedTuple):
    """One thing that a request can mean: said without context, and what is then the answer."""

    intent: str
    answer: str


class Step(NamedTuple):
    """A turn of the user, and the gold turn after it.

    Attributes:
        user: what the user says.
        action: whether the gold turn asks or answers.
        system: the gold turn: a clarifying question, or the answer.
        readings: what the user can mean, as far as what was said so far tells; what is meant is first.
    """

    user: str
    action: str
    system: str
    readings: tuple[Reading, ...]

    @property
    def intent(self) -> str:
        """What the user means."""
        return self.readings[0].intent


class Open(NamedTuple):
    """Something left open by a request.

    Attributes:
        question: what the system asks about it.
        narrow: what remains of the readings when the user has told; the right one is first.
    """

    question: str
    narrow: Callable[[Sequence[Reading]], Sequence[Reading]]


def steps(
    rng: random.Random, voice: Voice, split: Split, asked: str, readings: Sequence[Reading], opens: Sequence[Open]
) -> list[Step]:
    """A request, a clarifying question and a reply for everything that is open, and the answer.

    Args:
        rng: the source of chance.
        voice: the split's phrases.
        split: whose manner of replying is used.
        asked: the request.
        readings: what it can mean; what is meant is first.
        opens: what has to be asked, in this order; empty for a clear request.
    """
    made: list[Step] = []
    said, left = [asked], readings
    for one in opens:
        made.append(Step(said[-1], CLARIFY, one.question, tuple(left)))
        told = reply(rng, voice, MANNERS[split], left[0].intent, one.question, said=said)
        said.append(told)
        left = one.narrow(left)
    return [*made, Step(said[-1], ANSWER, left[0].answer, tuple(left))]


def pattern(voice: Voice, rng: random.Random, pool: str, values: dict[str, str], slots: Sequence[str]) -> str:
    """A phrase with these slots still open, to be filled twice: in what is asked, and in what is meant."""
    return voice.pick(rng, pool, values | {slot: f"{{{slot}}}" for slot in slots}).text


def fill_in(text: str, **values: str) -> str:
    """The pattern as a sentence, its articles and capitals come right."""
    filled = re.sub(r"\{(\w+)\}", lambda match: values[match[1]], text)
    return sentence_case(right_articles(filled))
