"""The turns of an ambiguous item by template: the ambiguous question, the clarifying one, the user's reply.

What must stay hidden in the first and must be said in the last is told along, for a model that rewrites them.
"""

from __future__ import annotations

import random
import re
from collections.abc import Set
from typing import NamedTuple

from duologue.operators.ambiguity.edit import Edit
from duologue.operators.ambiguity.element import Element
from duologue.operators.ambiguity.proof import Proof
from duologue.operators.ambiguity.words import NUMBERS, Question, content

_FILLER = frozenset(content("i mean need please only just ones one them it is the by sort show me like see would"))


class Draft(NamedTuple):
    """Three turns.

    Attributes:
        question: the ambiguous question.
        clarification: the system's question.
        reply: the user's.
        edit: what was taken out of the original question.
        hidden: stems that stand in what was taken out and nowhere else in the question.
        told: stems that the reply must hold.
        offered: whether the clarification lists the readings.
    """

    question: str
    clarification: str
    reply: str
    edit: Edit
    hidden: Set[str]
    told: Set[str]
    offered: bool


def draft(original: str, element: Element, proof: Proof, rng: random.Random) -> Draft:
    """Word an item.

    Args:
        original: the clear question.
        element: what is left out.
        proof: its alternatives; where these are all, the clarifying question may list them.
        rng: draws the wording.
    """
    edit = rng.choice(element.edits)
    question = edit.apply(original)
    offered = proof.all and bool(element.offered)
    asked = rng.choice(element.offered if offered else element.asked)
    if offered:
        options = [element.said, *(alternative.said for alternative in proof.alternatives)]
        rng.shuffle(options)
        clarification = asked.replace("{options}", _choice(options))
    else:
        clarification = asked.replace("{}", edit.replacement)
    reply = rng.choice(element.replies)
    hidden = stems(edit.removed) - stems(question)
    told = (stems(reply) & hidden) or (stems(reply) - _FILLER)
    return Draft(question, clarification, reply, edit, hidden, told, offered)


def _choice(options: list[str]) -> str:
    """`a or b`, `a, b or c`; with a comma before the last where an option itself has an `and`."""
    comma = "," if any(" and " in option for option in options) else ""
    return f"{', '.join(options[:-1])}{comma} or {options[-1]}"


def stems(text: str) -> set[str]:
    """The stems of a text's content words; number words count as figures."""
    numbers = {word: str(number) for number, word in enumerate(NUMBERS)}
    figures = re.sub(r"[^\W\d_]+", lambda match: numbers.get(match.group().lower(), match.group()), text)
    return {word.stem for word in Question(figures).words} & set(content(figures))
