"""Contamination: runs of words of a test set, found where they stand and nowhere else."""

from __future__ import annotations

import random

import pytest
from grown_talk import grown
from hypothesis import given
from hypothesis import strategies as st

from duologue.evaluation.contamination import HeldOutRuns, score_contamination

THIRTEEN = "i walked home alone and then it began to rain so very hard"  # 13 words


def test_a_run_is_found_whatever_its_case_and_punctuation() -> None:
    tests = HeldOutRuns.of({"held": ["Something else entirely is said here.", f"Yesterday {THIRTEEN} again"]}, run=13)
    said = "Well: I walked home alone, and then it began to rain so very HARD!!"
    score = score_contamination([grown(0, ["Oh?", said]), grown(1, ["I walked home alone and then it rained"])], tests)
    row = score.rows[0]
    assert (row.turn, row.run, row.test_set, row.text) == (2, THIRTEEN, "held", 2)
    assert len(score.rows) == 1
    assert score.figures["grown"].value == score.figures["conversations"].value == 50


def test_the_seed_counts_apart() -> None:
    talk = grown(0, ["Oh?"])
    talk.turns[0].text = THIRTEEN
    score = score_contamination([talk], HeldOutRuns.of({"held": [THIRTEEN]}))
    assert score.figures["conversations"].value == 100
    assert score.figures["grown"].value == 0


def test_runs_do_not_cross_messages() -> None:
    words = THIRTEEN.split()
    talk = grown(0, [" ".join(words[:6]), " ".join(words[6:])])
    assert not score_contamination([talk], HeldOutRuns.of({"held": [THIRTEEN]})).rows


def test_short_texts_count_whole_and_the_shortest_not_at_all() -> None:
    tests = HeldOutRuns.of({"held": ["no way", "my dog ate it all", THIRTEEN]})
    assert (tests.run, tests.texts, tests.left_out) == (8, 3, 1)
    score = score_contamination([grown(0, ["no way", "Listen: my dog ate it all today"])], tests)
    assert [(row.turn, row.run) for row in score.rows] == [(2, "my dog ate it all")]


@pytest.mark.parametrize(("lengths", "run"), [([40] * 20, 13), ([3] * 20, 8), ([10] * 20, 10), ([], 13)])
def test_the_run_follows_the_test_set(lengths: list[int], run: int) -> None:
    assert HeldOutRuns.of({"held": [" ".join(["word"] * length) for length in lengths]}).run == run


SAID = st.lists(st.lists(st.sampled_from("abc"), max_size=8).map(" ".join), max_size=4)


@given(SAID, SAID, st.integers(2, 6))
def test_what_is_found_stands_in_both(said: list[str], held: list[str], run: int) -> None:
    talk = [grown(at, [each]) for at, each in enumerate(said)]
    tests = HeldOutRuns.of({"held": held}, run=run)
    score = score_contamination(talk, tests)
    for row in score.rows:
        assert f" {row.run} " in f" {held[row.text - 1]} "
        assert f" {row.run} " in f" {next(each for each in talk if each.id == row.id).turns[row.turn].text} "
    grams = {tuple(text.split()[at : at + run]) for text in held for at in range(len(text.split()) - run + 1)}
    wholly = sum(
        any(tuple(text.split()[at : at + run]) in grams for at in range(len(text.split()) - run + 1)) for text in said
    )
    assert len({row.id for row in score.rows}) >= wholly
    turned = random.Random(0).sample(talk, len(talk))
    assert str(score_contamination(turned, tests)) == str(score)
