"""Figures of inserted texts, on texts for which one can count them by hand."""

from __future__ import annotations

import math

import pytest

from duologue.dialogue import Dialogue, Insertion, Turn
from duologue.evaluation.insertions import score_insertions
from duologue.measures.embeddings import Embedder

pytest.importorskip("sentence_transformers")

SITUATIONS = {
    "d0": "My sister Velka is getting married in June. I bake the cake.",
    "d1": "Our dog Rufus ran away last night and the children cry.",
    "d2": "I failed my driving test for the third time.",
}
BACKSTORIES = {
    "d0": "We celebrate because Velka marries soon.",
    "d1": "It has been a sad day since Rufus and his friend Bello ran away.",
    "d2": "Velka told me that the wedding cake was a success.",
}


def told(texts: dict[str, str]) -> list[Dialogue]:
    return [
        Dialogue(
            id=key,
            turns=[
                Turn("user", "A table.", insertions=[Insertion("backstory", text, "after")]),
                Turn("system", "Yes."),
            ],
            facts={"situation": SITUATIONS[key]},
        )
        for key, text in texts.items()
    ]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder()


def test_figures_are_what_one_counts(embedder: Embedder) -> None:
    score = score_insertions(told(BACKSTORIES), embedder)["backstory"]
    assert (score.texts, score.distinct) == (3, 100.0)
    # Velka and Rufus are known, Bello is not; the third's Velka stands first in its sentence and is not looked at
    assert [row.unknown for row in score.rows] == [[], ["Bello"], []]
    assert score.names_known == pytest.approx(100 * 2 / 3)
    # the third speaks of the first one's situation: it loses against that and wins against the other, at best
    assert [row.own_first for row in score.rows[:2]] == [1.0, 1.0]
    assert score.rows[2].own_first in (0.0, 0.5)
    assert score.own_first == pytest.approx(100 * sum(row.own_first or 0 for row in score.rows) / 3)


def test_a_text_said_twice_counts_once(embedder: Embedder) -> None:
    texts = {"d0": "I am happy.", "d1": "i  am happy.", "d2": "I am sad."}
    score = score_insertions(told(texts), embedder)["backstory"]
    assert score.distinct == pytest.approx(100 * 2 / 3)
    assert [row.repeats for row in score.rows] == [False, True, False]
    assert math.isnan(score.names_known)


def test_a_dialogue_without_a_situation_is_left_out(embedder: Embedder) -> None:
    one = told({"d0": "Velka marries."})
    one[0].facts.clear()
    assert score_insertions(one, embedder) == {}
    alone = score_insertions(told({"d0": "Velka marries."}), embedder)["backstory"]
    assert alone.rows[0].own_first is None
    assert math.isnan(alone.own_first)
