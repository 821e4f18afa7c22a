from __future__ import annotations

import pytest

from duologue.corpora.profiles.profile import Trait
from duologue.operators.gates import Verdict
from duologue.operators.suggestion import read_suggestion
from duologue.prompts.ask import Answer

KNOWN = [Trait("calm", "The user is slow to anger and says little.")]


@pytest.mark.parametrize(
    "text",
    [
        "Dreamy: The user drifts from one thought\nto the next.",
        "**Dreamy:** The user drifts from one thought to the next.",
        "- dreamy : The user drifts from one thought to the next.",
    ],
)
def test_a_suggestion_is_a_name_and_a_text(text: str) -> None:
    assert read_suggestion(Answer(text, "k", "stop"), KNOWN) == Trait(
        "dreamy", "The user drifts from one thought to the next."
    )


@pytest.mark.parametrize(
    ("text", "finish", "gate"),
    [
        ("The user drifts.", "stop", "no-name"),
        ("dreamy: Drifts.", "stop", "length"),
        ("calm: The user drifts from one thought to the next.", "stop", "name-known"),
        ("quiet: The user is slow to anger and says little.", "stop", "text-known"),
        ("dreamy: The user drifts and drifts and drifts and drifts and drifts and drifts", "stop", "text-loop"),
        ("dreamy: The user drifts from one thought to the", "length", "cut-by-length"),
    ],
)
def test_what_is_no_suggestion(text: str, finish: str, gate: str) -> None:
    found = read_suggestion(Answer(text, "k", finish), KNOWN)
    assert isinstance(found, Verdict)
    assert found.gate == gate
