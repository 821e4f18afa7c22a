from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from duologue.models.prefixes import by_family, shared

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
    met = [place[index] for index in order]
    assert all(met[index] == met[index + 1] or met[index] not in met[index + 1 :] for index in range(len(met) - 1))
    lengths = [len(read[where]) for where in met]
    assert lengths == sorted(lengths)
