"""Names and numbers that a rewritten message lost."""

from __future__ import annotations

from duologue.measures.kept import changed_numbers, lost_names, spoken_names


def test_names_stand_as_words() -> None:
    assert lost_names("Lunch with Ana at 3?", "lunch w ana") == []
    assert lost_names("Lunch with Ana at 3?", "banana lunch") == ["Ana"]
    assert lost_names("We met Ana.", "Ana's here") == []


def test_a_known_name_counts_at_the_beginning() -> None:
    assert lost_names("Ana met me.", "she met me") == []
    assert lost_names("Ana met me.", "she met me", {"Ana"}) == ["Ana"]
    assert spoken_names("I saw Ana and Bo", ["Ana"]) == ["Ana", "Bo"]


def test_numbers_go_both_ways() -> None:
    assert changed_numbers("Lunch with Ana at 3?", "lunch at 13:30") == ["13:30", "3"]
    assert changed_numbers("1,000 people", "omg 1,000 ppl l8r") == []
