"""Near-duplicates: never one too many, few too few, the same every time."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duologue.measures.near_duplicates import NearDuplicates, Repeats, Shingles, jaccard, shingles

VOCABULARY = [a + b for a in ("ra", "su", "mo", "ti", "ke", "lo") for b in ("n", "ppy", "ster", "ving", "d", "mmer")]


def test_the_first_is_kept_and_named() -> None:
    seen = NearDuplicates(0.8)
    assert seen.add("a", "What a day it was!") is None
    assert seen.add("b", "A wholly different thing") is None
    assert seen.add("c", "what a   day it was!") == Repeats("a", 1.0)
    repeats = seen.add("d", "What a day it was!!")
    assert repeats == Repeats("a", 14 / 15)
    assert seen.add("e", "What a night it was!") is None


def test_the_most_similar_is_named() -> None:
    seen = NearDuplicates(0.6)
    texts = ["one two three four five six seven", "one two three four five nine eleven"]
    assert [seen.add(str(number), text) for number, text in enumerate(texts)] == [None, None]
    repeats = seen.add("x", "one two three four five nine eleven!")
    assert repeats is not None
    assert repeats.id == "1"


def test_shingles_of_words_and_of_short_texts() -> None:
    assert shingles("So it RAINS, again", "words") == {"so it", "it rains", "rains again"}
    assert shingles("Rain!", "words") == {"rain"}
    assert shingles("😀 😀", "words") == {"😀 😀"}
    assert shingles("Oh  NO dear") == {"oh no", "h no ", " no d", "no de", "o dea", " dear"}
    assert shingles("Oh") == {"oh"}
    assert jaccard(frozenset("abc"), frozenset("bcd")) == 0.5


@settings(max_examples=60)
@given(st.lists(st.text("ab ", max_size=12), max_size=12), st.sampled_from([0.2, 0.5, 0.8, 1.0]))
def test_what_is_named_is_kept_and_similar_enough(texts: list[str], threshold: float) -> None:
    seen = NearDuplicates(threshold)
    kept: dict[str, str] = {}
    for number, text in enumerate(texts):
        repeats = seen.add(str(number), text)
        if repeats is None:
            assert shingles(text) not in [shingles(other) for other in kept.values()]
            kept[str(number)] = text
        else:
            assert jaccard(shingles(text), shingles(kept[repeats.id])) == repeats.similarity >= threshold


@pytest.mark.parametrize("kind", ["characters", "words"])
def test_few_are_missed(kind: Shingles) -> None:
    rng = random.Random(4)
    texts: list[str] = []
    for _ in range(600):
        words = rng.choices(VOCABULARY, k=14)
        if texts and rng.random() < 0.5:
            words = rng.choice(texts).split()
            for _ in range(rng.randint(0, 4)):
                words[rng.randrange(len(words))] = rng.choice(VOCABULARY)
        texts.append(" ".join(words))
    sets = [shingles(text, kind) for text in texts]
    for threshold in (0.4, 0.7, 0.9):
        seen = NearDuplicates(threshold, kind, seed=1)
        found, kept = set(), []
        expected = set()
        for number, text in enumerate(texts):
            if any(jaccard(sets[number], sets[other]) >= threshold for other in kept):
                expected.add(number)
            if seen.add(str(number), text):
                found.add(number)
            else:
                kept.append(number)
        assert found <= expected
        assert len(found) >= 0.97 * len(expected) > 50
        again = NearDuplicates(threshold, kind, seed=1)
        assert {number for number, text in enumerate(texts) if again.add(str(number), text)} == found
