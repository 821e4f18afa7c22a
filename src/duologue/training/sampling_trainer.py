"""A trainer that lets its policy go on from the states of a batch before it computes the loss: of ACT and GRPO alike.

Sampling sits in `_prepare_inputs`, the one point that every batch passes before its loss. All states of an optimiser
step are sampled at once, accumulated batches included, so conversations are decoded together. Samples are drawn by
seed, step and state: a training that goes on after a kill has the same next batch.
"""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import torch

from duologue.errors import InputError
from duologue.training.preference_trainer import PairTrainer
from duologue.training.rollout_figures import figures, retokenised, tallied
from duologue.training.rollout_log import Rolled, RolloutLog
from duologue.training.whole_model import whole_model
from duologue.views.preference import Outcome, Pair, Reason, Roll, Rollout
from duologue.views.preference_tokens import PreferenceTokens


class Learnt(NamedTuple):
    """What a state is trained on.

    Attributes:
        row: as `collate` takes it.
        outcome: what became of the samples.
        reasons: why.
    """

    row: Any
    outcome: Outcome
    reasons: tuple[Reason, ...]


class SamplingTrainer(PairTrainer):
    """What is trained on is made anew at every step.

    Attributes:
        pairs: of every row.
        roll: samples conversations; it is handed in, for it needs classifiers, users and measures.
        log_rollouts: what was sampled, as JSONL.
        sample_every: optimiser steps from one sampling to the next; 0 samples never.
    """

    def __init__(
        self,
        *args: Any,
        pairs: Sequence[Pair],
        roll: Roll,
        log_rollouts: RolloutLog,
        sample_every: int = 1,
        **options: Any,
    ) -> None:
        self.pairs, self.roll, self.log_rollouts, self.sample_every = pairs, roll, log_rollouts, sample_every
        self._step_rows: list[int] = []
        self._learnt: dict[int, Any] = {}
        super().__init__(*args, **options)
        self.add_callback(log_rollouts)

    @abstractmethod
    def learn(self, row: int, pair: Pair, rollouts: Sequence[Rollout]) -> Learnt:
        """What the samples of a state teach."""

    @abstractmethod
    def collate(self, rows: Sequence[Any]) -> dict[str, Any]:
        """The batch of what was learnt from several states."""

    def get_batch_samples(self, *args: Any, **options: Any) -> Any:
        """The batches of an optimiser step: their states are noted, to be sampled together."""
        batches, items = super().get_batch_samples(*args, **options)
        self._step_rows = [row for batch in batches for row in batch["row"].tolist()]
        self._learnt = {}
        return batches, items

    def _prepare_inputs(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """The batch; in training, of what the policy has just done in its states."""
        if self.model.training and self.sample_every and self.state.global_step % self.sample_every == 0:
            rows = inputs["row"].tolist()
            if any(row not in self._learnt for row in rows):
                self._sample(list(dict.fromkeys(self._step_rows or rows)))
            inputs = self.collate([self._learnt[row] for row in rows])
        return super()._prepare_inputs(inputs)

    def _compute_loss(self, model: Any, inputs: dict[str, Any], return_outputs: bool = False) -> Any:
        """In evaluation, where nothing is sampled, how unlikely the gold turns are: pairs may have one side there."""
        if self.model.training:
            return super()._compute_loss(model, inputs, return_outputs)
        return negative_log_likelihood(model, inputs)

    def _sample(self, rows: list[int]) -> None:
        """Let the policy go on from the states of these rows, and keep what is to be trained on."""
        begun, step = time.perf_counter(), self.state.global_step
        pairs = [self.pairs[row] for row in rows]
        with whole_model(self) as model:
            sampled = self.roll(model, self.processing_class, pairs, step)
        rolled = []
        for row, pair, rollouts in zip(rows, pairs, sampled, strict=True):
            learnt = self.learn(row, pair, rollouts)
            self._learnt[row] = learnt.row
            rolled.append(Rolled(step, pair.id, pair.action, learnt.outcome, learnt.reasons, tuple(rollouts)))
        self.log_rollouts.write(rolled)
        self._tell(rolled, time.perf_counter() - begun)

    def _tell(self, rolled: Sequence[Rolled], seconds: float) -> None:
        """Add the figures of all processes to the curve; the time goes to trackers only."""
        tally = [*tallied(rolled), *retokenised(rolled, self.processing_class), seconds]
        sums = torch.tensor(tally, dtype=torch.float64, device=self.accelerator.device)
        *tally, changed, replies, seconds = self.accelerator.reduce(sums, reduction="sum").tolist()
        told = {**figures(tally), "act/rollout_runtime": seconds / self.accelerator.num_processes}
        if replies:
            told["act/retokenised"] = changed / replies
        for name, value in told.items():
            self._metrics["train"][name].append(value)


def fitting(tokenise: Callable[[], PreferenceTokens], max_length: int) -> PreferenceTokens | None:
    """What a tokenisation gives; None where it cannot be trained on.

    It is too long; or its history had to be cut, and the policy had answered the whole one; or a template refuses what
    the policy wrote.
    """
    try:
        tokens = tokenise()
    except InputError:
        return None
    return tokens if tokens.longest <= max_length and not tokens.dropped else None


def negative_log_likelihood(model: Any, inputs: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """The mean over the tokens of the chosen sides, the first half of a batch of pairs; a scalar."""
    pairs = len(inputs["input_ids"]) // 2
    ids, attended, counts = (inputs[name][:pairs] for name in ("input_ids", "attention_mask", "completion_mask"))
    labels = ids.masked_fill(counts == 0, -100)
    given = {"input_ids": ids, "attention_mask": attended, "labels": labels, "use_cache": False, "fused_lm_head": True}
    log_probs = model(**given).log_probs
    counts = counts[:, 1:]
    loss: torch.Tensor = -(log_probs * counts).sum() / counts.sum().clamp(min=1)
    return loss
