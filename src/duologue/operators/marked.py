"""Answers that repeat a text between stars beside the new one: `**repeated** + <Label: new>`, or the other way round.

The form shows that the model kept to its task, so an answer in any other form is refused.

    read_marked(answer, form, utterance)      # -> "My sister turns thirty." or the Verdict of a gate
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from duologue.operators.gates import Verdict, first_failure, quote, unchanged, whole
from duologue.prompts.ask import Answer


class Form(NamedTuple):
    """How an answer must look.

    Attributes:
        kind: of what is new; its label is the same with a capital.
        shown: the part around the repeated text, as evidence shows it.
        repeated: a pattern whose one group is the repeated text.
        structure: the gate that the form itself is.
        changed: the gate that the repeated text is.
        new_last: whether the new text comes last, so that an answer is complete once its tag is closed.
    """

    kind: str
    shown: str
    repeated: re.Pattern[str]
    structure: str
    changed: str
    new_last: bool


def read_marked(answer: Answer, form: Form, original: str) -> str | Verdict:
    """Take the new text out of an answer.

    Args:
        answer: the model's.
        form: how it must look.
        original: what was to be repeated.

    Returns:
        The new text, or the first gate that failed.
    """
    failed = first_failure(_gates(answer, form, original))
    if failed:
        return failed
    label = f"{form.kind.capitalize()}:"
    tag = re.search(rf"{label} ?([^>]*)", answer.text)
    if tag is None:
        return Verdict("missing-label", False, f"no {label!r} in {quote(answer.text)}")
    return tag.group(1).strip()


def _gates(answer: Answer, form: Form, original: str) -> Iterator[Verdict]:
    found = form.repeated.findall(answer.text)
    closed = rf"{form.kind.capitalize()}:[^>]*>" if form.new_last else form.repeated
    yield whole(answer, complete=bool(re.search(closed, answer.text)))
    evidence = f"expected one {form.shown!r}, found {len(found)} in {quote(answer.text)}"
    yield Verdict(form.structure, len(found) == 1, evidence)
    yield unchanged(form.changed, original, found[0])
