"""The order of examples: a permutation, the same for the same seed and epoch, similar lengths together."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from duologue.training.order import epoch_order


@given(st.lists(st.integers(1, 500), max_size=120), st.integers(1, 16), st.integers(0, 3), st.booleans())
def test_it_is_a_permutation(lengths: list[int], batch: int, epoch: int, by_length: bool) -> None:
    order = epoch_order(lengths, batch, 7, epoch, by_length=by_length)
    assert sorted(order) == list(range(len(lengths)))
    assert order == epoch_order(lengths, batch, 7, epoch, by_length=by_length)


def test_batches_hold_similar_lengths_and_epochs_differ() -> None:
    generator = random.Random(1)
    lengths = [generator.randrange(20, 500) for _ in range(800)]

    def padding(order: list[int]) -> int:
        runs = [order[at : at + 8] for at in range(0, len(order), 8)]
        return sum(max(lengths[i] for i in run) * len(run) - sum(lengths[i] for i in run) for run in runs)

    grouped = epoch_order(lengths, 8, 0, 0)
    assert padding(grouped) < padding(epoch_order(lengths, 8, 0, 0, by_length=False)) / 4
    assert max(lengths) in [lengths[i] for i in grouped[:8]]
    assert grouped != epoch_order(lengths, 8, 0, 1)
    assert grouped != epoch_order(lengths, 8, 1, 0)
