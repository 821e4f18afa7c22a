"""ACT's trainer: DPO on pairs that the policy's own conversations have changed (Chen et al. 2025, Algorithm 2).

Before the loss of a step, the policy goes on from each of its states; the outcomes decide which side of the pair a
sample takes (`views.preference.decide`); the new pairs are tokenised, and policy and reference are scored on these same
tensors. The pairs themselves stay as they are: every visit begins with them again.

Sampling sits in `_prepare_inputs`, the one point that every batch passes before its loss. All states of an optimiser
step are sampled at once, accumulated batches included, so conversations are decoded together. Samples are drawn by
seed, step and state: a training that goes on after a kill has the same next batch.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import torch

from duologue.errors import InputError
from duologue.training.act import Roll
from duologue.training.preference_data import columns_of
from duologue.training.preference_options import ACTOptions
from duologue.training.preference_trainer import PairTrainer
from duologue.training.rollout_figures import figures, tallied
from duologue.training.rollout_log import Rolled, RolloutLog
from duologue.training.whole_model import whole_model
from duologue.views.preference import Decided, Pair, decide
from duologue.views.preference_tokens import preference_tokens


class ACTTrainer(PairTrainer):
    """DPO on pairs that are made anew at every step.

    Attributes:
        pairs: of every row.
        roll: samples conversations; it is handed in, for it needs classifiers, users and measures.
        act: the options.
        log_rollouts: what was sampled, as JSONL.
    """

    def __init__(
        self, *args: Any, pairs: Sequence[Pair], roll: Roll, act: ACTOptions, log_rollouts: RolloutLog, **options: Any
    ) -> None:
        self.pairs, self.roll, self.act, self.log_rollouts = pairs, roll, act, log_rollouts
        self._step_rows: list[int] = []
        self._changed: dict[int, dict[str, Any]] = {}
        super().__init__(*args, **options)
        self.add_callback(log_rollouts)

    def get_batch_samples(self, *args: Any, **options: Any) -> Any:
        """The batches of an optimiser step: their states are noted, to be sampled together."""
        batches, items = super().get_batch_samples(*args, **options)
        self._step_rows = [row for batch in batches for row in batch["row"].tolist()]
        self._changed = {}
        return batches, items

    def _prepare_inputs(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """The batch, in training with the pairs that the policy has just made of its states."""
        if self.model.training and self.act.on_policy and self.state.global_step % self.act.sample_every == 0:
            rows = inputs["row"].tolist()
            if any(row not in self._changed for row in rows):
                self._sample(list(dict.fromkeys(self._step_rows or rows)))
            inputs = self.data_collator([self._changed[row] for row in rows])
        return super()._prepare_inputs(inputs)

    def _sample(self, rows: list[int]) -> None:
        """Let the policy go on from the states of these rows, and keep what is to be trained on."""
        begun = time.perf_counter()
        pairs = [self.pairs[row] for row in rows]
        with whole_model(self) as model:
            sampled = self.roll(model, self.processing_class, pairs, self.state.global_step)
        rolled = []
        for row, pair, rollouts in zip(rows, pairs, sampled, strict=True):
            decided, columns = self._columns(pair, decide(pair, rollouts, self.act.pairs))
            self._changed[row] = {**columns, "row": row}
            rolled.append(Rolled.of(self.state.global_step, pair, rollouts, decided))
        self.log_rollouts.write(rolled)
        self._tell(rolled, time.perf_counter() - begun)

    def _columns(self, pair: Pair, decided: Decided) -> tuple[Decided, dict[str, Any]]:
        """What is trained on; a state that teaches nothing keeps its place in the batch, without a token that counts.

        Processes must have batches of one size, because the trainer gathers their figures.
        """
        if decided.pair is not None:
            try:
                tokens = self._tokenised(decided.pair)
            except InputError:  # the template refuses what the policy wrote
                tokens = None
            if tokens is not None and tokens.longest <= self.act.max_length:
                return decided, columns_of(tokens)
            decided = Decided(None, "skipped", (*decided.reasons, "unusable"))
        columns = columns_of(self._tokenised(pair))
        nothing = {name: [False] * len(marks) for name, marks in columns.items() if name.endswith("_trained")}
        return decided, {**columns, **nothing}

    def _tokenised(self, pair: Pair) -> Any:
        return preference_tokens(
            pair.prompt,
            pair.chosen,
            pair.rejected,
            self.processing_class,
            max_length=self.act.max_length,
            name=pair.id,
        )

    def _tell(self, rolled: Sequence[Rolled], seconds: float) -> None:
        """Add the figures of all processes to the curve; the time goes to trackers only."""
        sums = torch.tensor([*tallied(rolled), seconds], dtype=torch.float64, device=self.accelerator.device)
        *tally, seconds = self.accelerator.reduce(sums, reduction="sum").tolist()
        told = {**figures(tally), "act/rollout_runtime": seconds / self.accelerator.num_processes}
        for name, value in told.items():
            self._metrics["train"][name].append(value)
