"""The order of training examples: shuffled per epoch, in batches of similar length, the same after a resume.

The order depends on seed and epoch alone, never on how many random numbers were drawn before; that is what makes the
curve of a resumed training equal to an uninterrupted one's.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

from torch.utils.data import Sampler
from transformers import Seq2SeqTrainer, Trainer, TrainerCallback
from trl import SFTTrainer

from duologue.training.evaluation import EvaluatesDialogues
from duologue.training.speed import CountsTokens

_POOL = 50
"""Batches that are sorted by length together: large enough for little padding, small enough to stay random."""


def epoch_order(lengths: Sequence[int], batch: int, seed: int, epoch: int, *, by_length: bool = True) -> list[int]:
    """A permutation of the examples for one epoch.

    With `by_length`, consecutive runs of `batch` indices have similar lengths; the runs themselves come in random
    order, except that the one with the longest example comes first, so that memory runs out at once or not at all.
    """
    generator = random.Random(f"{seed}:{epoch}")
    indices = list(range(len(lengths)))
    generator.shuffle(indices)
    if not by_length:
        return indices
    pool = batch * _POOL
    runs = []
    for start in range(0, len(indices), pool):
        near = sorted(indices[start : start + pool], key=lambda index: lengths[index])
        runs += [near[at : at + batch] for at in range(0, len(near), batch)]
    # A short run anywhere but at the end would shift every batch after it.
    whole = [run for run in runs if len(run) == batch]
    rest = [index for run in runs if len(run) < batch for index in run]
    generator.shuffle(whole)
    if whole:
        longest = max(range(len(whole)), key=lambda at: max(lengths[index] for index in whole[at]))
        whole.insert(0, whole.pop(longest))
    return [index for run in whole for index in run] + rest


class EpochOrder(Sampler[int]):
    """`epoch_order` as torch's data loader wants it."""

    def __init__(self, lengths: Sequence[int], batch: int, seed: int, *, by_length: bool) -> None:
        self.lengths, self.batch, self.seed, self.by_length = lengths, batch, seed, by_length
        self.epoch = 0

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Iterator[int]:
        return iter(epoch_order(self.lengths, self.batch, self.seed, self.epoch, by_length=self.by_length))


class SetEpoch(TrainerCallback):
    """Tells the sampler the epoch: accelerate's own way of doing so ends at wrapped samplers (after a resume)."""

    def __init__(self, sampler: EpochOrder) -> None:
        self.sampler = sampler

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """An epoch begins, or goes on in its middle."""
        self.sampler.epoch = int(state.epoch or 0)


class Ours(EvaluatesDialogues, CountsTokens):
    """What our trainers add to those of others: the order of examples, dialogue metrics, counts of tokens."""

    def __init__(self, *args: Any, order: EpochOrder, **options: Any) -> None:
        self._order = order
        super().__init__(*args, **options)
        trainer: Any = self
        trainer.add_callback(SetEpoch(order))

    def _get_train_sampler(self, train_dataset: Any = None) -> EpochOrder:
        return self._order


class OrderedSFTTrainer(Ours, SFTTrainer):
    """TRL's trainer with our additions."""


class OrderedSeq2SeqTrainer(Ours, Seq2SeqTrainer):
    """transformers' trainer of encoder-decoder models with our additions."""


class OrderedTrainer(Ours, Trainer):
    """transformers' plain trainer, of classifiers, with our additions."""
