"""GRPO on the conversations that ACT has, too: the same policy, helpers, scores, resuming and log.

The loss of a state with conversations i = 1…G, each with reward r_i and tokens t of the policy (Shao et al. 2024,
DeepSeekMath, eqs. 3 and 4; one update per sample, so the ratio of policies is 1 and only its gradient counts):

    A_i = (r_i - mean r) / (std r + 1e-4)
    loss = -1/G sum_i 1/|i| sum_t [ pi(t) / sg(pi(t)) A_i - beta (ref(t)/pi(t) - log ref(t)/pi(t) - 1) ]

Conversations that cannot be judged (a helper failed, there is no goal) have no reward and are not in the group. Where
all rewards are equal, the divergence alone counts. Of a reply that was cut, the end that it never had does not count.
TRL's GRPOTrainer has a buffer of generations that a resumed training does not restore, and its own generation; this is
DPOTrainer with its policy, reference and fused head, and another loss.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from trl.trainer.utils import pad, use_adapter

from duologue.training.preference_options import GRPOOptions
from duologue.training.sampling_trainer import Learnt, SamplingTrainer, fitting
from duologue.views.preference import Pair as State
from duologue.views.preference import PairOptions, Reason, Rollout, judge, worth
from duologue.views.preference_tokens import PreferenceTokens, preference_tokens, without_ends
from duologue.views.tokens import Tokens


class Sample(NamedTuple):
    """A conversation as tokens, and how much better than others of its state it was; None counts for nothing."""

    tokens: Tokens
    advantage: float | None


class GRPOTrainer(SamplingTrainer):
    """Raises the probability of conversations that scored better than others from the same state.

    Attributes:
        grpo: the options.
    """

    def __init__(self, *args: Any, grpo: GRPOOptions, **options: Any) -> None:
        self.grpo = grpo
        super().__init__(*args, **options)

    def learn(self, row: int, pair: State, rollouts: Sequence[Rollout]) -> Learnt:
        """The conversations of a state with their advantages."""
        options = PairOptions(question_cost=self.grpo.question_cost)
        # A wrong action is no verdict here, so a helper that fails after it leaves the conversation without a reward.
        reasons: tuple[Reason, ...] = tuple(
            "failed" if each.failures else judge(pair, each, options) for each in rollouts
        )
        rewards = [
            None
            if reason in ("failed", "no goal") or not pair.goal
            else worth(each, options) + self.grpo.action_weight * (reason != "wrong action")
            for each, reason in zip(rollouts, reasons, strict=True)
        ]
        samples = [
            self._sample_of(pair, each, advantage)
            for each, advantage in zip(rollouts, advantages(rewards), strict=True)
        ]
        teaches = any(sample.advantage for sample in samples)
        return Learnt(samples, "both" if teaches else "skipped", reasons)

    def collate(self, rows: Sequence[Sequence[Sample]]) -> dict[str, Any]:
        """All conversations of all states; `weights` are 1 / G of a state's, over the states."""
        samples = [sample for row in rows for sample in row]
        groups = [sum(sample.advantage is not None for sample in row) for row in rows for _ in row]
        weights = [
            0.0 if sample.advantage is None else 1 / group / len(rows)
            for sample, group in zip(samples, groups, strict=True)
        ]
        ids = [torch.tensor(sample.tokens.ids) for sample in samples]
        marks = [torch.tensor(sample.tokens.trained).long() for sample in samples]
        return {
            "input_ids": pad(ids, padding_value=self.processing_class.pad_token_id, padding_side="right"),
            "attention_mask": pad([torch.ones_like(each) for each in ids], padding_value=0, padding_side="right"),
            "completion_mask": pad(marks, padding_value=0, padding_side="right"),
            "advantages": torch.tensor([sample.advantage or 0.0 for sample in samples]),
            "weights": torch.tensor(weights),
        }

    def _sample_of(self, pair: State, rollout: Rollout, advantage: float | None) -> Sample:
        """A conversation; one that cannot be used is the gold one with no weight, so batches keep their size."""
        if advantage is not None:
            tokens = fitting(lambda: self._tokenised(pair, rollout.turns), self.grpo.max_length)
            if tokens is not None:
                return Sample(without_ends(tokens.chosen, rollout.cut), advantage)
        return Sample(self._tokenised(pair, pair.chosen).chosen, None)

    def _tokenised(self, pair: State, said: Any) -> PreferenceTokens:
        return preference_tokens(
            pair.prompt, said, said, self.processing_class, max_length=self.grpo.max_length, name=pair.id
        )

    def _compute_loss(self, model: Any, inputs: dict[str, Any], return_outputs: bool = False) -> Any:
        """GRPO's, of what was sampled."""
        if "advantages" not in inputs:
            return super()._compute_loss(model, inputs, return_outputs)
        labels = inputs["input_ids"].masked_fill(inputs["completion_mask"] == 0, -100)
        given = {name: inputs[name] for name in ("input_ids", "attention_mask")}
        given |= {"labels": labels, "use_cache": False, "fused_lm_head": True}
        log_probs = model(**given).log_probs
        counts = inputs["completion_mask"][:, 1:]
        advantages = inputs["advantages"][:, None]
        gains = torch.exp(log_probs - log_probs.detach()) * advantages
        with torch.no_grad():
            reference = self._reference(given)
        away = torch.exp(reference - log_probs) - (reference - log_probs) - 1
        weights = inputs["weights"][:, None] * counts / counts.sum(1, keepdim=True).clamp(min=1)
        self._metrics["train"]["kl"].append(float((away.detach() * weights).sum()))
        return -((gains - self.grpo.beta * away) * weights).sum()

    def _reference(self, given: dict[str, Any]) -> Any:
        """Log-probabilities of the model as it was."""
        if self.ref_model is not None:
            return self.ref_model(**given).log_probs
        policy = self.accelerator.unwrap_model(self.model)
        with use_adapter(policy, adapter_name="ref" if "ref" in policy.peft_config else None):
            return self.model(**given).log_probs


def advantages(rewards: Sequence[float | None]) -> list[float | None]:
    """How far each reward is above the mean of its group, in standard deviations; None where there is none."""
    there = [reward for reward in rewards if reward is not None]
    if not there:
        return [None] * len(rewards)
    mean, spread = statistics.fmean(there), statistics.pstdev(there)
    if max(there) == min(there):
        mean = there[0]  # without the rounding of a mean
    return [None if reward is None else (reward - mean) / (spread + 1e-4) for reward in rewards]
