"""How near an answer comes to its goal, by the kind of the goal; and what is said where that cannot be told."""

from __future__ import annotations

import pytest
from clarify_talk import table_talk

from duologue.corpora.actions import REFERENCES
from duologue.corpora.clarification_points import Instance, instances
from duologue.corpora.goal_tolerance import tolerance_of
from duologue.dialogue import Dialogue, Grounding
from duologue.errors import InputError
from duologue.measures.goal_score import Heuristics


def state(talk: Dialogue, number: int = 0) -> Instance:
    return list(instances([talk]))[number]


def test_amounts_are_compared_as_drop_does_and_the_best_reference_counts() -> None:
    talk = table_talk(0)
    heuristics = Heuristics()
    assert heuristics.score("60 million", state(talk)) == 1.0
    assert heuristics.score("$60,000,000", state(talk)) == 1.0
    assert heuristics.score("  ", state(talk)) == heuristics.score("41 million", state(talk)) == 0.0
    assert heuristics.turn("Which year do you mean?", state(talk)) == 1.0
    talk.turns[3].labels[REFERENCES] = ["a lot"]
    assert heuristics.score("A lot.", state(talk)) == 1.0
    assert (tolerance_of(state(talk).goal_type), tolerance_of(state(talk).goal_type, 0.3)) == (0.9, 0.3)


def test_meanings_are_compared_by_embeddings_from_nothing_to_all() -> None:
    talk = table_talk(0)
    talk.facts = {"goal_type": "similarity"}
    talk.turns[3].text = "Her mother bought a red bicycle."
    heuristics = Heuristics()
    same, near, far = (
        heuristics.score(text, state(talk))
        for text in ("Her mother bought a red bicycle.", "Her mum got a red bike.", "Interest rates rose in Turkey.")
    )
    assert same == pytest.approx(1.0, abs=1e-5)
    assert 0 <= far < 0.3 < near < same


@pytest.mark.parametrize(
    ("facts", "grounding", "told"),
    [
        ({}, None, "dialogue talk-0, facts, goal_type: it does not say how answers are compared with the goal"),
        ({"goal_type": "sql"}, None, "dialogue talk-0, grounding, database: a goal in SQL without a database"),
        ({"goal_type": "sql"}, Grounding(database="shop"), "queries need their databases; give their folder"),
    ],
)
def test_what_cannot_be_compared_ends_in_one_line(
    facts: dict[str, str], grounding: Grounding | None, told: str
) -> None:
    talk = table_talk(0)
    talk.facts, talk.grounding = facts, grounding
    with pytest.raises(InputError) as caught:
        Heuristics().score("1", state(talk))
    assert told in str(caught.value)
