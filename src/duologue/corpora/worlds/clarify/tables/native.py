"""A conversation about a table as a context of PACIFIC: table, paragraphs, questions in order.

A clarifying question is the answer to the question before it, and the user's reply is a question of its own whose
`original_question` says what was meant, as in the data set.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from duologue.corpora.actions import CLARIFY
from duologue.corpora.worlds.clarify.steps import Step
from duologue.corpora.worlds.clarify.tables.conversation import Asked
from duologue.corpora.worlds.clarify.tables.table import Table


def context(rng: random.Random, table: Table, talk: Sequence[Asked]) -> dict[str, Any]:
    """One object of `train.json`."""
    questions = [_question(rng, step, asked) for asked in talk for step in asked.steps]
    return {
        "table": {"uid": _uid(rng), "table": table.grid},
        "paragraphs": [
            {"uid": _uid(rng), "order": order, "text": text} for order, text in enumerate(table.paragraphs, start=1)
        ],
        "questions": [question | {"order": order} for order, question in enumerate(questions, start=1)],
    }


def _question(rng: random.Random, step: Step, asked: Asked) -> dict[str, Any]:
    asks = step.action == CLARIFY
    span: Any = [asked.answer.value] if asked.answer.kind == "span" else asked.answer.value
    return {
        "uid": _uid(rng),
        "order": 0,
        "question": step.user,
        "answer": [step.system] if asks else span,
        "derivation": "" if asks else asked.answer.derivation,
        "answer_type": "question" if asks else asked.answer.kind,
        "answer_from": "text" if asked.from_text else "table",
        "rel_paragraphs": ["2"] if asked.from_text else [],
        "req_comparison": asked.compares and not asks,
        "scale": "",
        "follow_up": asked.follow_up and step is asked.steps[0],
        "req_clari": asks,
        "original_question": step.user if asks else step.intent,
    }


def _uid(rng: random.Random) -> str:
    return str(UUID(int=rng.getrandbits(128)))
