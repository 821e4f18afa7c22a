"""Words that name a profile go, and nothing else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from duologue.dialogue import Dialogue, Turn
from duologue.evaluation.label_words import LabelWords, trait_of

LABELS = LabelWords([("high-amiable", "The user warmly thanks strangers."), ("cynical", "They doubt it.")])


def test_names_texts_and_other_forms_are_removed() -> None:
    said = "Amiably yours! I'm cynical, my cynicism doubts the warm user; high thanks"
    assert LABELS.removed(said).split() == ["yours!", "I'm", ",", "my", ";"]


def test_other_words_and_punctuation_stay() -> None:
    said = "Well… I’d never say: “no”, ok?! 3 cats 😀"
    assert LABELS.removed(said) == said


@given(st.text())
def test_what_is_removed_is_removed_at_once(text: str) -> None:
    once = LABELS.removed(text)
    assert LABELS.removed(once) == once


def test_a_published_fact_is_a_text() -> None:
    facts = {"disposition": "The user doubts.", "motivation": {"name": "", "text": "To be heard."}, "mood": {"name": 3}}
    dialogue = Dialogue("d", [Turn("user", "Hi")], facts=facts)
    assert trait_of(dialogue, "disposition") == ("The user doubts.", "The user doubts.")
    assert trait_of(dialogue, "motivation") == ("To be heard.", "To be heard.")
    assert trait_of(dialogue, "mood") is None
    assert trait_of(dialogue, "goal") is None
