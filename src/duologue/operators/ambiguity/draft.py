"""The turns of an ambiguous item by template: the ambiguous question, the clarifying one, the user's reply.

What must stay hidden in the first and must be said in the last is told along, for a model that rewrites them.
"""

from __future__ import annotations

import random
from collections.abc import Set
from typing import NamedTuple

from duologue.measures.words import FUNCTION_WORDS
from duologue.operators.ambiguity.edit import Edit
from duologue.operators.ambiguity.element import Element
from duologue.operators.ambiguity.proof import Proof
from duologue.operators.ambiguity.words import NUMBERS, Question, stem


class Draft(NamedTuple):
    """Three turns.

    Attributes:
        question: the ambiguous question.
        clarification: the system's question.
        reply: the user's.
        edit: what was taken out of the original question.
        hidden: stems of what was taken out that stand nowhere else in the question.
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
        clarification = asked.replace("{}", edit.replacement.removesuffix(" of"))
    reply = rng.choice(element.replies)
    secret = stems(element.secret or edit.removed)
    told = (stems(reply) & secret) or stems(reply)
    return Draft(question, clarification, reply, edit, secret - stems(question), told, offered)


def _choice(options: list[str]) -> str:
    """`a or b`, `a, b or c`; with a comma before the last where an option itself has an `and`."""
    comma = "," if any(" and " in option for option in options) else ""
    return f"{', '.join(options[:-1])}{comma} or {options[-1]}"


def stems(text: str) -> set[str]:
    """The stems of a text's words but function words; number words count as figures."""
    numbers = {word: str(number) for number, word in enumerate(NUMBERS)}
    words = (word.text.lower() for word in Question(text).words)
    return {stem(numbers.get(word, word)) for word in words if word in numbers or word not in FUNCTION_WORDS}
