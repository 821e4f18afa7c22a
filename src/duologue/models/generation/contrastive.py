"""Contrastive search (Su et al. 2022, "A Contrastive Framework for Neural Text Generation", eq. 5).

Of the k most probable tokens the one is taken that is probable and unlike what is there already:

    argmax over v of (1 - alpha) p(v | x) - alpha max over j of cos(h_v, h_j)

with h the last layer's state of each token so far, and h_v that of the candidate once it is read. transformers 5 has no
contrastive search any more; this is a `custom_generate` callable for its `generate`. It is deterministic.

    model.generate(**inputs, custom_generate=contrastive_search, penalty_alpha=0.6, top_k=4, max_new_tokens=64)

A batch is padded on the left; padding is no context. Each step reads the k candidates of every row at once, on a cache
with k rows each. For an encoder-decoder the context is what the decoder has said.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import normalize


def contrastive_search(
    model: Any,
    input_ids: Tensor,
    logits_processor: Any,
    stopping_criteria: Any,
    generation_config: Any,
    penalty_alpha: float,
    top_k: int,
    **model_kwargs: Any,
) -> Tensor:
    """Continue each row.

    Args:
        model: with a cache whose rows can be chosen (`batch_select_indices`).
        input_ids: [rows, length], padded on the left.
        logits_processor: applied to the logits before the candidates are taken.
        stopping_criteria: says which rows are done.
        generation_config: only its padding counts here.
        penalty_alpha: the weight of the penalty, 0 to 1.
        top_k: how many candidates, 2 or more.
        **model_kwargs: what `generate` hands to the model.

    Returns:
        Token ids [rows, length + new]; a row that is done is padded.
    """
    rows = len(input_ids)
    encoder_decoder = model.config.is_encoder_decoder
    attended = None if encoder_decoder else model_kwargs.get("attention_mask")
    mask = torch.ones_like(input_ids, dtype=torch.bool) if attended is None else attended.bool()
    model_kwargs["output_hidden_states"] = True
    outputs = model._prefill(input_ids, generation_config, model_kwargs)
    model_kwargs = model._update_model_kwargs_for_generation(outputs, model_kwargs, encoder_decoder)
    logits, context = _precise(outputs.logits[:, -1]), normalize(_states(outputs), dim=-1)
    top_k = min(top_k, logits.shape[-1])
    _, model_kwargs = model._expand_inputs_for_generation(top_k, encoder_decoder, None, **model_kwargs)
    cache = model_kwargs["past_key_values"]
    cache.batch_repeat_interleave(top_k)
    first = torch.arange(rows, device=input_ids.device) * top_k
    going = torch.ones(rows, dtype=torch.bool, device=input_ids.device)
    while True:
        probable, candidates = logits_processor(input_ids, logits).softmax(-1).topk(top_k)
        read = torch.cat([input_ids.repeat_interleave(top_k, 0), candidates.reshape(-1, 1)], -1)
        inputs = model.prepare_inputs_for_generation(read, next_sequence_length=1, **model_kwargs)
        outputs = model(**inputs, return_dict=True)
        model_kwargs = model._update_model_kwargs_for_generation(outputs, model_kwargs, encoder_decoder)
        states = normalize(_states(outputs)[:, -1], dim=-1)
        alike = degeneration(states.view(rows, top_k, -1), context, mask)
        worth = (1 - penalty_alpha) * probable - penalty_alpha * alike
        chosen = worth.masked_fill(probable == 0, -torch.inf).argmax(-1)
        tokens = candidates.gather(-1, chosen[:, None])[:, 0]
        tokens = torch.where(going, tokens, _padding(generation_config, tokens))
        input_ids = torch.cat([input_ids, tokens[:, None]], -1)
        going = going & ~stopping_criteria(input_ids, None)
        if not bool(going.any()):
            return input_ids
        place = first + chosen
        cache.batch_select_indices(place.repeat_interleave(top_k))
        logits = _precise(outputs.logits[place, -1])
        context = torch.cat([context, states[place][:, None]], 1)
        mask = torch.cat([mask, mask.new_ones(rows, 1)], -1)


def degeneration(candidates: Tensor, context: Tensor, mask: Tensor) -> Tensor:
    """The degeneration penalty: each candidate's largest cosine with a token of the context.

    Args:
        candidates: unit vectors [rows, k, size].
        context: unit vectors [rows, length, size].
        mask: bool [rows, length], false where there is padding.

    Returns:
        [rows, k], -1 to 1.
    """
    cosines = candidates @ context.transpose(1, 2)
    return cosines.masked_fill(~mask[:, None], -torch.inf).amax(-1)


def _states(outputs: Any) -> Tensor:
    """The last layer's states [rows, tokens, size], of an encoder-decoder the decoder's."""
    layers = outputs.get("decoder_hidden_states")
    return _precise((outputs.hidden_states if layers is None else layers)[-1])


def _precise(values: Tensor) -> Tensor:
    return values.to(torch.promote_types(values.dtype, torch.float32))


def _padding(generation_config: Any, tokens: Tensor) -> Tensor:
    return torch.full_like(tokens, generation_config.pad_token_id or 0)
