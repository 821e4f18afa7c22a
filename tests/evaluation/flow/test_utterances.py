"""Which turns are utterances, and with what before them they are embedded."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from duologue.dialogue import Dialogue, Insertion, Turn
from duologue.evaluation.flow.utterances import spoken_in, with_context

TALK = [
    Dialogue(
        "d1",
        [
            Turn("user", "one"),
            Turn("tool", "{}"),
            Turn("system", "two", insertions=[Insertion("reaction", "Oh!", "before")]),
            Turn("user", "  "),
            Turn("user", "three"),
        ],
    ),
    Dialogue("empty", []),
    Dialogue("d2", [Turn("user", "four")]),
]


def test_turns_of_tools_and_without_text_are_left_out() -> None:
    spoken = spoken_in(TALK)
    assert [(each.dialogue, each.turn, each.text) for each in spoken.utterances] == [
        ("d1", 0, "one"),
        ("d1", 2, "Oh! two"),
        ("d1", 4, "three"),
        ("d2", 0, "four"),
    ]
    assert (spoken.dialogues, spoken.lengths.tolist(), spoken.left_out) == (["d1", "d2"], [3, 1], 2)
    assert spoken.positions().tolist() == [0, 0.5, 1, 0]


def test_context_stays_in_the_dialogue_and_loses_its_oldest_turns_first() -> None:
    spoken = spoken_in(TALK)

    def short(texts: Sequence[str]) -> np.ndarray:
        return np.array([len(text) <= 13 for text in texts])

    assert with_context(spoken, 0, short) == ["one", "Oh! two", "three", "four"]
    assert with_context(spoken, 2, lambda texts: np.ones(len(texts), dtype=bool))[2] == "one\nOh! two\nthree"
    assert with_context(spoken, 2, short) == ["one", "one\nOh! two", "Oh! two\nthree", "four"]
    assert with_context(spoken, 2, lambda texts: np.zeros(len(texts), dtype=bool))[2] == "three"
