"""A user's backstory: how to read the answer, and which gates it must pass.

The model repeats the utterance and adds the backstory: `**utterance** + <Backstory: …>`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from duologue.operators.constraints import no_new_constraint
from duologue.operators.gates import Verdict, clean, first_failure, no_loop, no_question, not_empty
from duologue.operators.marked import Form, read_marked
from duologue.prompts.ask import Answer

KIND = "backstory"
_FORM = Form(
    KIND, "**utterance** + <", re.compile(r"\*\*(.+?)\*\* \+ <", re.DOTALL),
    "user-structure", "utterance-changed", new_last=True,
)  # fmt: skip


def read_backstory(answer: Answer, utterance: str, known: Mapping[str, set[str]]) -> str | Verdict:
    """Take the backstory out of an answer.

    Args:
        answer: the model's.
        utterance: what was to be repeated.
        known: the values that the dialogue has (`constraints.values`).

    Returns:
        The backstory, or the first gate that it failed.
    """
    text = read_marked(answer, _FORM, utterance)
    return text if isinstance(text, Verdict) else first_failure(text_gates(text, known)) or text


def text_gates(text: str, known: Mapping[str, set[str]]) -> Iterator[Verdict]:
    """The gates for the backstory's own text, for one that was given as well."""
    yield not_empty(KIND, text)
    yield clean(KIND, text)
    yield no_loop(KIND, text)
    yield no_question(KIND, text)
    yield no_new_constraint(text, known)
