"""The system's reaction to a backstory: how to read the answer, and which gates it must pass.

The model writes the reaction and repeats the response: `<Reaction: …> + **response**`. The reaction must not give away
what the user would have to ask for, nor say the response over again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from duologue.operators.gates import (
    Verdict,
    clean,
    first_failure,
    fuzzy_ratio,
    no_loop,
    no_question,
    not_empty,
    original_in_reaction,
    requestable_leak,
    token_overlap,
)
from duologue.operators.marked import Form, read_marked
from duologue.prompts.ask import Answer

KIND = "reaction"
_FORM = Form(
    KIND, "> + **response**", re.compile(r"> \+ \*\*(.+?)\*\*", re.DOTALL),
    "system-structure", "response-changed", new_last=False,
)  # fmt: skip


def read_reaction(answer: Answer, response: str) -> str | Verdict:
    """Take the reaction out of an answer.

    Args:
        answer: the model's.
        response: what was to be repeated.

    Returns:
        The reaction, or the first gate that it failed.
    """
    text = read_marked(answer, _FORM, response)
    return text if isinstance(text, Verdict) else first_failure(text_gates(text, response)) or text


def text_gates(text: str, response: str) -> Iterator[Verdict]:
    """The gates for the reaction's own text."""
    yield not_empty(KIND, text)
    yield requestable_leak(text)
    yield token_overlap(response, text)
    yield fuzzy_ratio(response, text)
    yield original_in_reaction(response, text)
    yield clean(KIND, text)
    yield no_loop(KIND, text)
    yield no_question(KIND, text)
