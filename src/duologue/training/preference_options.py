"""Options of training on preference pairs, offline (DPO, IRPO) and on what the policy does (ACT, GRPO).

DPOOptions(beta=0.1, learning_rate=2e-5)
IRPOOptions(sft_weight=1.0)
ACTOptions(sampling=SamplingOptions(samples=2, temperature=0.8))
GRPOOptions(sampling=GroupOptions(samples=8))
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from duologue.training.options import TuneOptions
from duologue.views.preference import PairOptions


class PreferenceOptions(TuneOptions):
    """What all of them have. Dropout is off (`lora.dropout`, too): policy and reference must see the same."""

    learning_rate: Annotated[float, Field(gt=0)] = 2e-5
    """Peak learning rate; for --full 5e-7 is published."""
    epochs: Annotated[float, Field(gt=0)] = 2.0
    """Passes over the states; `max_steps` goes before it."""
    beta: Annotated[float, Field(ge=0)] = 0.1
    """How dear it is to leave the reference."""


class DPOOptions(PreferenceOptions):
    """Direct preference optimisation (Rafailov et al. 2023)."""

    beta: Annotated[float, Field(gt=0)] = 0.1
    """How dear it is to leave the reference."""
    label_smoothing: Annotated[float, Field(ge=0, lt=0.5)] = 0.0
    """The share of pairs that are taken to be the wrong way round."""
    sft_weight: Annotated[float, Field(ge=0)] = 0.0
    """Weight of the likelihood of the chosen replies, a mean over tokens, beside the preference; IRPO's is 1."""


class IRPOOptions(DPOOptions):
    """Iterative reasoning preference optimisation (Pang et al. 2024): DPO and the likelihood of what is chosen."""

    sft_weight: Annotated[float, Field(gt=0)] = 1.0
    """Weight of the likelihood of the chosen replies, a mean over tokens, beside the preference."""


class SamplingOptions(BaseModel):
    """How a policy in training is sampled, and how far its conversations go."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    samples: Annotated[int, Field(ge=1)] = 1
    """Conversations from each state; of several the best and the worst count."""
    temperature: Annotated[float, Field(ge=0)] = 1.0
    """Of the policy's replies; 0 is greedy."""
    top_p: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Nucleus of the policy's replies."""
    max_new_tokens: Annotated[int, Field(ge=1)] = 128
    """Most tokens of a reply."""
    max_turns: Annotated[int, Field(ge=1)] = 3
    """Most replies of the policy in a simulated conversation, the answer included (published: 2)."""


class ACTOptions(PreferenceOptions):
    """Action-based contrastive self-training (Chen et al. 2025); beta is the released code's."""

    beta: Annotated[float, Field(gt=0)] = 0.05
    """How dear it is to leave the reference."""
    sampling: SamplingOptions = SamplingOptions()
    """How the policy is sampled."""
    pairs: PairOptions = PairOptions()
    """What a sample makes of its pair."""
    sample_every: Annotated[int, Field(ge=1)] = 1
    """Optimiser steps from one sampling to the next; between them pairs are trained on as they are."""
    on_policy: bool = True
    """Sample from the policy; without, this is DPO on the pairs as they are (ablation)."""
    random_actions: bool = False
    """Which action wins in a state is drawn, and its pair turned round accordingly (ablation)."""


class GroupOptions(SamplingOptions):
    """The same where conversations are compared with others from their state."""

    samples: Annotated[int, Field(ge=2)] = 4
    """Conversations from each state."""


class GRPOOptions(PreferenceOptions):
    """Group relative policy optimisation (Shao et al. 2024) on the same conversations and scores: ACT's rival."""

    beta: Annotated[float, Field(ge=0)] = 0.04
    """Weight of the divergence from the reference."""
    sampling: GroupOptions = GroupOptions()
    """How the policy is sampled; a group is the conversations from one state."""
    question_cost: Annotated[float, Field(ge=0)] = 0.0
    """Taken off the score for each question."""
    action_weight: Annotated[float, Field(ge=0)] = 0.0
    """Added to the score where the first action is the gold one; ACT knows the gold action, so a fair rival may."""
