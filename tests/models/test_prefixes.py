from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from duologue.models.prefixes import alike, by_family, common, shared, stems_of

prompts = st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=6).map(tuple), max_size=20)


@given(prompts)
def test_every_prompt_is_the_beginning_of_one_that_is_read_and_none_of_those_of_another(
    given_: list[tuple[int, ...]],
) -> None:
    read, place = shared(given_)
    assert all(read[where][: len(prompt)] == prompt for prompt, where in zip(given_, place, strict=True))
    for number, one in enumerate(read):
        assert one in given_
        assert not any(other[: len(one)] == one for again, other in enumerate(read) if again != number)


@given(prompts)
def test_families_lie_side_by_side_shortest_first(given_: list[tuple[int, ...]]) -> None:
    order = by_family(given_)
    assert sorted(order) == list(range(len(given_)))
    read, place = shared(given_)
    stem = alike(read).of
    met = [stem[place[index]] for index in order]
    assert all(met[index] == met[index + 1] or met[index] not in met[index + 1 :] for index in range(len(met) - 1))
    longest = [max(len(prompt) for prompt, of in zip(read, stem, strict=True) if of == number) for number in met]
    assert longest == sorted(longest)


@given(prompts)
def test_what_is_alike_begins_with_its_stem_and_goes_on(given_: list[tuple[int, ...]]) -> None:
    lengths, of = alike(shared(given_).read)
    read = shared(given_).read
    for number, length in enumerate(lengths):
        begins = {prompt[:length] for prompt, stem in zip(read, of, strict=True) if stem == number}
        assert len(begins) == 1
        assert all(len(prompt) > length for prompt, stem in zip(read, of, strict=True) if stem == number)


@given(prompts, prompts)
def test_how_much_two_prompts_share(one: list[tuple[int, ...]], other: list[tuple[int, ...]]) -> None:
    for left, right in zip(one, other, strict=False):
        pairs = zip(left, right, strict=False)
        expected = next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(left), len(right)))
        assert common(left, right) == expected


def test_stems_are_read_by_themselves_only_where_that_saves() -> None:
    history = tuple(range(100))
    told = [(*history, 200 + number, 5, 5) for number in range(4)]
    assert stems_of(told, told, [0, 1, 2, 3]) == ([100], [0, 0, 0, 0])
    assert stems_of(told[:1], told[:1], [0]) is None
    apart = [(200 + number, *history) for number in range(4)]
    assert stems_of(apart, apart, [0, 1, 2, 3]) is None
    short = [*told, history[:40]]
    assert stems_of(told, short, [0, 1, 2, 3, 0]) == ([39], [0, 0, 0, 0])  # shorter than every prompt
