"""The system's reaction to a backstory: how to read the answer, and which gates it must pass.

The model writes the reaction and repeats the response, `<Reaction: …> + **response**`. The reaction must not give away
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
    quote,
    requestable_leak,
    token_overlap,
    unchanged,
    whole,
)
from duologue.prompts.ask import Answer

KIND = "reaction"
_FORM = re.compile(r"> \+ \*\*(.+?)\*\*", re.DOTALL)
_TAG = re.compile(r"Reaction: ?([^>]*)")


def read_reaction(answer: Answer, response: str) -> str | Verdict:
    """Take the reaction out of an answer.

    Args:
        answer: the model's.
        response: what was to be repeated.

    Returns:
        The reaction, or the first gate that it failed.
    """
    failed = first_failure(_form(answer, response))
    if failed:
        return failed
    tag = _TAG.search(answer.text)
    if tag is None:
        return Verdict("missing-label", False, f"no 'Reaction: ' in {quote(answer.text)}")
    text = tag.group(1).strip()
    return first_failure(text_gates(text, response)) or text


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


def _form(answer: Answer, response: str) -> Iterator[Verdict]:
    found = _FORM.findall(answer.text)
    yield whole(answer, complete=bool(found))
    evidence = f"expected one '> + **response**', found {len(found)} in {quote(answer.text)}"
    yield Verdict("system-structure", len(found) == 1, evidence)
    yield unchanged("response-changed", response, found[0])
