"""DROP F1: the worked examples of its own evaluation, PACIFIC's numbers, and pairing against all permutations."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duologue.measures.drop_f1 import best_f1, drop_f1

FAT = ["the", "fat", "cat", "the fat", "fat cat", "the fat cat"]


@pytest.mark.parametrize(
    ("predicted", "gold", "exact", "f1"),
    [
        ("78", "78.0", 1, 1),
        ("td", ["td", "td"], 0, 0.5),
        (["td", "td"], "td", 0, 0.5),
        (FAT, ["cat"], 0, 0.17),
        (["cat"], FAT, 0, 0.17),
        (FAT, ["cat", "cat dog"], 0, 0.25),
        ("td", "the td", 1, 1),
        ("the a NOT an ARTICLE the an a", "NOT ARTICLE", 1, 1),
        ("John Elton", "Elton John", 0, 1),
        ("Per.i.o.d....", ".P....e.r,,i;;;o...d,,", 1, 1),
        ("Spa     c  e   s     ", "    Spa c     e s", 1, 1),
        ("This was a triumph", "tHIS Was A TRIUMPH", 1, 1),
        ("Green bay packers", "Green bay packers", 1, 1),
        (["packers", "Green bay"], ["Green bay", "packers"], 1, 1),
        ("", "army", 0, 0),
        ("packers", "Green bay packers", 0, 0.5),
        ("packers", "Green bay", 0, 0),
        ("56 yards", "56 yd", 0, 0.5),
        ("26", "26 yard td", 0, 0.5),
        (["John Karman", "Joe Hardy"], ["Joe Karman", "John Hardy"], 0, 0.5),
        (["ottoman", "Kantakouzenous"], ["ottoman", "army of Kantakouzenous"], 0, 0.75),
        (["a"], ["a", "b"], 0, 0.5),
    ],
)
def test_the_examples_of_drops_own_evaluation(
    predicted: str | list[str], gold: str | list[str], exact: int, f1: float
) -> None:
    assert drop_f1(predicted, gold) == (exact, f1)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("$1,496.5", "1496.50"),
        ("(134)", "-134"),
        ("$(1,134.5)", "-1134.5"),
        ("12%", "0.12"),
        ("12 percent", "12%"),
        ("1.5 million", "1,500,000"),
        ("1.5 million", "1,500 thousand"),
        ("$2 billion.", "2,000 million"),
        ("0.12344", "0.12341"),
        ("It was 2019.", "it was 2019"),
        ("-0.00001", "0"),
        ("123456.7891", "123,456.78911"),
    ],
)
def test_numbers_are_their_values(one: str, other: str) -> None:
    assert drop_f1(one, other) == (1, 1)
    assert drop_f1(other, one) == (1, 1)


@pytest.mark.parametrize(
    ("one", "other"),
    [("5 million", "6 million"), ("5 million", "5"), ("12%", "12"), ("yes", "no"), ("12.3", "12.4"), ("-5", "5")],
)
def test_a_wrong_word_or_amount_shares_nothing_with_the_right_one(one: str, other: str) -> None:
    assert drop_f1(one, other) == (0, 0)


def test_spans_of_a_text_are_split_as_pacific_is_read() -> None:
    assert drop_f1("73,260 thousand; 57,768 thousand", "57,768,000; 73,260,000") == (1, 1)
    assert drop_f1("fixed-price type", "fixed-price type; cost-plus type; time-and-material type").f1 == 0.33


def test_what_is_worked_out_counts_by_its_outcome_and_any_reference_will_do() -> None:
    references = ["44.1-56.7 = -12.6 million", "-12.6 million"]
    assert best_f1("-12.6 million", references) == 1
    assert best_f1("44.1 - 56.7 = -12.6 million", references) == 1
    assert best_f1("44.1-56.7 = -12.7 million", references) < 0.9
    assert best_f1("Ropes", ["the rope", "ropes"]) == 1


WORDS = st.lists(st.sampled_from(["red", "green", "7", "7.0", "the", "blue"]), max_size=3).map(" ".join)
ANSWERS = st.lists(WORDS.filter(str.strip), min_size=1, max_size=4)


@given(ANSWERS, ANSWERS)
def test_pairing_is_the_best_of_all_pairings(predicted: list[str], gold: list[str]) -> None:
    def bag(span: str) -> set[str]:
        return {word.replace("7.0", "7") for word in span.split()} - {"the"}

    def f1(one: set[str], other: set[str]) -> float:
        if not one and not other:
            return 1.0
        precision = len(one & other) / len(one) if one else 1.0
        recall = len(one & other) / len(other) if other else 1.0
        return 2 * precision * recall / (precision + recall) if precision + recall else 0.0

    short, long = sorted((list(map(bag, predicted)), list(map(bag, gold))), key=len)
    best = max(sum(map(f1, short, order)) for order in permutations(long, len(short)))
    assert drop_f1(predicted, gold).f1 == pytest.approx(best / len(long), abs=0.0051)
    assert drop_f1(predicted, gold).f1 == drop_f1(gold, predicted).f1
