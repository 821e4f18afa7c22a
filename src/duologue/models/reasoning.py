"""Reasoning is kept apart from the answer: what stands in `<think>…</think>` is never data."""

from __future__ import annotations

from typing import NamedTuple

_OPEN, _CLOSE = "<think>", "</think>"


class Said(NamedTuple):
    """An answer and the reasoning before it."""

    text: str
    reasoning: str


def split_reasoning(text: str) -> Said:
    """Split what a model said into its answer and its reasoning.

    A text that begins in the middle of reasoning (many templates write the opening tag into the prompt) is
    cut at the closing tag; reasoning that never ends leaves no answer. A tag further on in a sentence is
    ordinary text.
    """
    if text.lstrip().startswith(_OPEN):
        inside = text.lstrip()[len(_OPEN) :]
        reasoning, closed, answer = inside.partition(_CLOSE)
        return Said(answer.lstrip("\n"), reasoning.strip()) if closed else Said("", inside.strip())
    before, closed, answer = text.partition(_CLOSE)
    if closed and _OPEN not in before:
        return Said(answer.lstrip("\n"), before.strip())
    return Said(text, "")
