"""ACT's trainer: DPO on pairs that the policy's own conversations have changed (Chen et al. 2025, Algorithm 2).

Before the loss of a step the policy goes on from each of its states (`sampling_trainer`); the outcomes decide which
side of the pair a sample takes (`views.preference.decide`); the new pairs are tokenised, and policy and reference are
scored on these same tensors. The pairs themselves stay as they are: every visit begins with them again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from duologue.training.preference_data import columns_of
from duologue.training.preference_options import ACTOptions
from duologue.training.sampling_trainer import Learnt, SamplingTrainer, fitting
from duologue.views.preference import Decided, Pair, Rollout, decide
from duologue.views.preference_tokens import PreferenceTokens, preference_tokens, without_ends


class ACTTrainer(SamplingTrainer):
    """DPO on pairs that are made anew at every step.

    Attributes:
        act: the options.
    """

    def __init__(self, *args: Any, act: ACTOptions, **options: Any) -> None:
        self.act = act
        super().__init__(*args, sample_every=act.sample_every if act.on_policy else 0, **options)

    def learn(self, row: int, pair: Pair, rollouts: Sequence[Rollout]) -> Learnt:
        """The pair that the samples make of a state's pair.

        A state that teaches nothing keeps its place in the batch, without a token that counts: processes must have
        batches of one size, because the trainer gathers their figures.
        """
        decided = decide(pair, rollouts, self.act.pairs)
        changed = decided.pair
        if changed is not None:
            tokens = fitting(lambda: self._tokenised(changed), self.act.max_length)
            if tokens is not None:
                return Learnt({**columns_of(tokens), "row": row}, decided.outcome, decided.reasons)
            decided = Decided(None, "skipped", (*decided.reasons, "unusable"))
        columns = columns_of(self._tokenised(pair))
        nothing = {name: [False] * len(marks) for name, marks in columns.items() if name.endswith("_trained")}
        return Learnt({**columns, **nothing, "row": row}, decided.outcome, decided.reasons)

    def collate(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Chosen sides, then rejected ones."""
        batch: dict[str, Any] = self.data_collator(rows)
        return batch

    def _tokenised(self, pair: Pair) -> PreferenceTokens:
        tokens = preference_tokens(
            pair.prompt,
            pair.chosen,
            pair.rejected,
            self.processing_class,
            max_length=self.act.max_length,
            name=pair.id,
        )
        return tokens._replace(rejected=without_ends(tokens.rejected, pair.rejected_cut))
