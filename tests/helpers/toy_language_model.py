"""A language model of five tokens whose every number can be worked out by hand.

The logits of the next token are a row of a transition table, that of the newest token, plus `echo` for each time that
a token stands in the context already. The state of a token is a row of a table of its own. The context comes out of the
key-value cache, in which the model keeps the tokens as they are: a cache whose rows are mixed up, or padding that is
attended to, changes the numbers.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from transformers import GenerationMixin, PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import CausalLMOutputWithPast

PAD, END = 0, 4
TRANSITIONS = [
    [0.0, 0.0, 0.0, 0.0, 0.0],
    [-9.0, 0.2, 1.7, 1.5, -0.5],
    [-9.0, 1.6, 0.1, 1.4, 0.6],
    [-9.0, 1.1, 1.9, 0.3, 1.0],
    [-9.0, 0.0, 0.0, 0.0, 0.0],
]
STATES = [[9.0, 9.0], [1.0, 0.0], [0.6, 0.8], [0.0, 1.0], [-0.8, 0.6]]
ECHO = -0.25


class ToyConfig(PretrainedConfig):
    model_type = "toy"
    num_hidden_layers = 1
    vocab_size = 5


class ToyModel(PreTrainedModel, GenerationMixin):
    config_class = ToyConfig

    def __init__(self) -> None:
        super().__init__(ToyConfig())
        self.transitions = torch.nn.Parameter(torch.tensor(TRANSITIONS, dtype=torch.float64))
        self.states = torch.nn.Parameter(torch.tensor(STATES, dtype=torch.float64))
        self.eval()

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        past_key_values: Any = None,
        output_hidden_states: bool = False,
        **ignored: Any,
    ) -> CausalLMOutputWithPast:
        keys = input_ids[:, None, :, None].double()
        context = past_key_values.update(keys, keys, 0)[0][:, 0, :, 0].long()
        mask = torch.ones_like(context) if attention_mask is None else attention_mask
        counts = torch.zeros(len(context), 5, dtype=torch.float64).scatter_add_(1, context, mask.double())
        logits = self.transitions[input_ids[:, -1]] + ECHO * counts
        states = (self.states[input_ids],) if output_hidden_states else None
        return CausalLMOutputWithPast(logits=logits[:, None], past_key_values=past_key_values, hidden_states=states)


def toy_logits(context: list[int]) -> list[float]:
    """The same in plain Python: the logits after a context without padding."""
    return [logit + ECHO * context.count(token) for token, logit in enumerate(TRANSITIONS[context[-1]])]


def toy_states(context: list[int]) -> list[list[float]]:
    """The state of each token of a context."""
    return [STATES[token] for token in context]
