"""Diversity, on conversations in which one can count."""

from __future__ import annotations

import math
import random

import pytest
from grown_talk import grown
from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu import sentence_bleu

from duologue.evaluation.distinct import distinct, ngrams
from duologue.evaluation.diversity import measure_diversity, score_diversity
from duologue.evaluation.self_bleu import self_bleu
from duologue.measures.embeddings import Embedder

pytest.importorskip("sentence_transformers")
pytest.importorskip("datasketch")


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder()


def test_distinct_n_is_what_one_counts(embedder: Embedder) -> None:
    talk = [grown(0, ["a b a", "b a!"]), grown(1, ["A b c"])]
    figures = score_diversity(talk, embedder).figures
    # 1-grams: a b a b a a b c, three kinds; pairs within messages: ab ba ba ab bc; triples: aba abc
    assert figures["distinct_1"].value == pytest.approx(100 * 3 / 8)
    assert figures["distinct_2"].value == pytest.approx(100 * 3 / 5)
    assert figures["distinct_3"].value == pytest.approx(100 * 2 / 2)
    assert figures["distinct_messages"].value == 100.0


def test_the_same_conversation_twice_is_found(embedder: Embedder) -> None:
    said = ["Why do you ask that now?", "Because the bakery on the corner closed for good last week."]
    longer = [f"{said[0]} Please.", said[1]]
    talk = [
        grown(0, said),
        grown(1, [said[0].upper(), said[1]]),
        grown(2, ["Nice weather.", "I am off to the sea with my old dog."]),
        grown(3, longer),
    ]
    score = score_diversity(talk, embedder)
    assert score.figures["distinct_conversations"].value == 75.0
    assert score.figures["distinct_messages"].value == pytest.approx(100 * 5 / 8)
    assert score.figures["near_duplicates"].value == 50.0
    assert [row.same_as for row in score.rows] == [None, talk[0].id, None, None]
    assert [row.near_duplicate_of for row in score.rows] == [None, talk[0].id, None, talk[0].id]
    # 17 words, 16 pairs; one word more in the middle takes one pair away and adds two
    assert score.rows[3].similarity == pytest.approx(15 / 18)


def test_the_seed_does_not_count(embedder: Embedder) -> None:
    """Conversations differ in their seeds only: they are the same."""
    figures = score_diversity([grown(0, ["Oh?"]), grown(1, ["Oh?"])], embedder).figures
    assert figures["distinct_conversations"].value == 50.0
    assert figures["embedding_spread"].value == pytest.approx(0, abs=1e-6)


def test_self_bleu_is_that_of_the_library() -> None:
    texts = ["the cat sat on the mat today", "the cat sat on a chair today", "dogs bark at night in the rain"]
    expected = [sentence_bleu(each, [other for other in texts if other != each]).score for each in texts]
    assert self_bleu(texts) == pytest.approx(expected)
    assert self_bleu(["one text"]) == []
    assert self_bleu(["the same words again"] * 3) == pytest.approx([100.0] * 3)


def test_a_sample_is_named_and_drawn_by_the_seed(embedder: Embedder) -> None:
    talk = [grown(at, [f"word{at} and more of that", "yes yes"]) for at in range(9)]
    score = score_diversity(talk, embedder, compared=4, embedded=5, seed=1)
    assert (score.compared, score.embedded) == (4, 5)
    assert sum(row.self_bleu is not None for row in score.rows) == 4
    assert score == score_diversity(talk, embedder, compared=4, embedded=5, seed=1)
    mean = sum(row.self_bleu for row in score.rows if row.self_bleu is not None) / 4
    assert score.figures["self_bleu"].value == pytest.approx(mean)


def test_the_spread_is_the_mean_over_pairs(embedder: Embedder) -> None:
    said = ["My cat is ill.", "The stock market fell.", "Rain again in the valley."]
    talk = [grown(at, [each]) for at, each in enumerate(said)]
    value = score_diversity(talk, embedder).figures["embedding_spread"]
    near = embedder.similarity([said[0], said[0], said[1]], [said[1], said[2], said[2]])
    assert value.value == pytest.approx(1 - float(near.mean()), abs=1e-5)
    assert value.interval is not None
    assert value.interval.low <= value.value + 1e-6


def test_one_conversation_has_no_others(embedder: Embedder) -> None:
    score = score_diversity([grown(0, ["Hm."]), grown(1, [])], embedder)
    assert score.conversations == 1
    assert math.isnan(score.figures["self_bleu"].value)
    assert math.isnan(score.figures["embedding_spread"].value)


MESSAGES = st.lists(st.lists(st.sampled_from(["yes", "no no", "maybe so", "!"]), min_size=1, max_size=4), max_size=6)


@settings(max_examples=20, deadline=None)
@given(MESSAGES, st.randoms(use_true_random=False))
def test_the_order_of_dialogues_changes_nothing(embedder: Embedder, said: list[list[str]], rng: random.Random) -> None:
    talk = [grown(at, each) for at, each in enumerate(said)]
    turned = rng.sample(talk, len(talk))
    ours, theirs = (measure_diversity(each, embedder).score for each in (talk, turned))
    assert str(ours) == str(theirs)


@given(st.lists(st.lists(st.integers(0, 5), max_size=5), min_size=1, max_size=5))
def test_distinct_is_the_share_of_kinds(things: list[list[int]]) -> None:
    flat = [each for own in things for each in own]
    if flat:
        assert distinct(things).value == pytest.approx(100 * len(set(flat)) / len(flat))
    else:
        assert math.isnan(distinct(things).value)


def test_ngrams_stay_within_messages() -> None:
    assert ngrams([["a", "b"], ["c"]], 2) == [("a", "b")]
