"""The strategies: published names in the published order, and files of a user's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from duologue.corpora.strategies import ESCONV, EXTENDED, read_strategies
from duologue.errors import InputError


def test_names_and_order_are_those_of_the_papers() -> None:
    assert list(ESCONV) == [
        "Question", "Restatement or Paraphrasing", "Reflection of feelings", "Self-disclosure",
        "Affirmation and Reassurance", "Providing Suggestions", "Information", "Others",
    ]  # fmt: skip
    assert list(EXTENDED) == [
        "Affirmation", "Avoid Judgment and Criticism", "Clarification", "Collaborative Planning",
        "Emotional Validation", "Normalize Experiences", "Offer Hope", "Promote Self-Care Practices",
        "Provide Different Perspectives", "Reflective Statements", "Reframe Negative Thoughts", "Share Information",
        "Stress Management", "Suggest Options", "Chit Chat",
    ]  # fmt: skip


def test_each_has_a_sentence_and_three_utterances_of_its_own() -> None:
    everything = [*ESCONV.values(), *EXTENDED.values()]
    assert all(strategy.description.endswith(".") and len(strategy.examples) == 3 for strategy in everything)
    assert len({example for strategy in everything for example in strategy.examples}) == 3 * len(everything)


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("- {name: Joke, description: Say something funny., examples: [Why did the chicken cross?]}\n")
    assert read_strategies(file)["Joke"].examples == ("Why did the chicken cross?",)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- {name: Joke, examples: []}", "description"),
        ("- {name: A, description: b, examples: []}\n- {name: A, description: c, examples: []}", "two strategies"),
        ("[]", "no strategies"),
        ("one: [{name: A, description: b, examples: []}]\ntwo: []", "name one of one, two"),
        ("a: [", "mine.yaml"),
    ],
)
def test_what_cannot_be_used_is_told_in_one_line(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    with pytest.raises(InputError) as told:
        read_strategies(file)
    assert says in str(told.value)
    assert "mine.yaml" in str(told.value)
