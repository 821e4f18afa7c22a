"""A user's backstory: what to ask for, how to read the answer, and which gates it must pass.

The model repeats the utterance and adds the backstory, `**utterance** + <Backstory: …>`. The form shows that it kept to
its task, so an answer in any other form is no backstory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from duologue.operators.constraints import no_new_constraint
from duologue.operators.gates import (
    Verdict,
    clean,
    first_failure,
    no_loop,
    no_question,
    not_empty,
    quote,
    unchanged,
    whole,
)
from duologue.prompts.ask import Answer

KIND = "backstory"
_FORM = re.compile(r"\*\*(.+?)\*\* \+ <", re.DOTALL)
_CLOSED = re.compile(r"Backstory:[^>]*>")
_TAG = re.compile(r"Backstory: ?([^>]*)")


def read_backstory(answer: Answer, utterance: str, known: Mapping[str, set[str]]) -> str | Verdict:
    """Take the backstory out of an answer.

    Args:
        answer: the model's.
        utterance: what was to be repeated.
        known: the values that the dialogue has (`constraints.values`).

    Returns:
        The backstory, or the first gate that it failed.
    """
    failed = first_failure(_form(answer, utterance))
    if failed:
        return failed
    tag = _TAG.search(answer.text)
    if tag is None:
        return Verdict("missing-label", False, f"no 'Backstory: ' in {quote(answer.text)}")
    text = tag.group(1).strip()
    return first_failure(text_gates(text, known)) or text


def text_gates(text: str, known: Mapping[str, set[str]]) -> Iterator[Verdict]:
    """The gates for the backstory's own text, for one that was given as well."""
    yield not_empty(KIND, text)
    yield clean(KIND, text)
    yield no_loop(KIND, text)
    yield no_question(KIND, text)
    yield no_new_constraint(text, known)


def _form(answer: Answer, utterance: str) -> Iterator[Verdict]:
    yield whole(answer, complete=bool(_CLOSED.search(answer.text)))
    found = _FORM.findall(answer.text)
    evidence = f"expected one '**utterance** + <', found {len(found)} in {quote(answer.text)}"
    yield Verdict("user-structure", len(found) == 1, evidence)
    yield unchanged("utterance-changed", utterance, found[0])
