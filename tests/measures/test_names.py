"""Names that the source does not have."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duologue.measures.names import unknown_names


@pytest.mark.parametrize(
    ("text", "source", "expected"),
    [
        ("I visit my aunt Rosa in Preestou.", "my aunt lives in preestou", ["Rosa"]),
        ("However, it rained. Then we left.", "it rained", []),
        ("We met Ann's dog. I'm glad.", "ann has a dog", []),
        ("I saw the Smiths, and I've met Mr. Bean.", "smith and bean", []),
        ("We fly on Monday.", "we fly soon", ["Monday"]),
        ("I like Zoë and O'Neill.", "zoë", ["O'Neill"]),
        ('She said "Come to us" and left.', "she said come to us", []),
        ("", "", []),
    ],
)
def test_unknown_names(text: str, source: str, expected: list[str]) -> None:
    assert unknown_names(text, source) == expected


@given(st.text())
def test_a_text_knows_its_own_names(text: str) -> None:
    assert unknown_names(text, text) == []
