"""A reply's attention from one pass over prompt and reply, layer by layer.

    found = reply_attention(model, [Watched(ids, prompt=600, parts={"strategy_name": [(41, 46)]})])
    found[0].rows, found[0].sums

Row t is exactly what generation with a cache would have seen at step t (`generate(output_attentions=True)`), but only
the queries that predict the reply are looked at, in blocks that are added up at once: the memory is that of an
ordinary pass, linear in the context, and there is no language-model head in it. Several replies go in one pass padded
on the right, which needs no mask, because attention never looks ahead.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from inspect import signature
from typing import Any

import torch
from torch import Tensor

from duologue.errors import InputError
from duologue.models.attention.interface import LayerCall, takes_functions, watching
from duologue.models.attention.one_head import OneHead
from duologue.models.attention.own_attention import attention_in_blocks
from duologue.models.attention.reduction import Reduction, Taker
from duologue.models.attention.softmax_rows import blocks
from duologue.models.attention.watched import ReplyAttention, Watched


@torch.inference_mode()
def reply_attention(
    model: Any, replies: Sequence[Watched], *, layers: Collection[int] | None = None, left: bool = False
) -> list[ReplyAttention]:
    """The attention of replies, all in one pass.

    Models whose attention is code of their own (Falcon, BLOOM, GPT-J) are read through their cache in blocks instead,
    reply by reply.

    Args:
        model: a transformers causal language model in eval mode, or PEFT's wrapper around one.
        replies: at least one.
        layers: whose mean the rows are, from 0; by default of all.
        left: pad on the left, with a mask, as generation does; for comparison, since it costs a mask of [T, T].

    Raises:
        InputError: the model is an encoder-decoder, or its weights cannot be known.
    """
    reductions = [Reduction(watched, layers=layers) for watched in replies]
    _read(model, reductions, left=left)
    return [reduction.result() for reduction in reductions]


@torch.inference_mode()
def head_rows(model: Any, watched: Watched, layer: int, head: int) -> Tensor:
    """[R, T]: the softmax attention of one head as it is, sinks included; row t is zero from column `prompt + t` on.

    Args:
        model: a transformers causal language model in eval mode, or PEFT's wrapper around one.
        watched: the reply; its parts and turns do not matter.
        layer: among the layers with attention, from 0.
        head: from 0.

    Raises:
        InputError: there is no such head, the model is an encoder-decoder, or its weights cannot be known.
    """
    taker = OneHead(watched, layer, head)
    _read(model, [taker])
    return taker.result()


def _read(model: Any, takers: Sequence[Taker], *, left: bool = False) -> None:
    """Show several replies' attention to whoever takes it in, all in one pass.

    Raises:
        InputError: the model is an encoder-decoder, or its weights cannot be known.
    """
    body = _body(model)
    if not takes_functions(body):
        for taker in takers:
            attention_in_blocks(body, taker)
        return
    longest = max(len(taker.watched.ids) for taker in takers)
    starts = [longest - len(taker.watched.ids) if left else 0 for taker in takers]
    ids = torch.zeros(len(takers), longest, dtype=torch.long)
    for row, (taker, start) in enumerate(zip(takers, starts, strict=True)):
        ids[row, start : start + len(taker.watched.ids)] = torch.as_tensor(taker.watched.ids)
    ids = ids.to(body.device)
    with watching(body, _Pass(takers, starts)):
        body(input_ids=ids, use_cache=False, **(_left_padding(body, starts, longest) if any(starts) else {}))


class _Pass:
    """Looks at the rows of one pass."""

    def __init__(self, takers: Sequence[Taker], starts: Sequence[int]) -> None:
        self._takers, self._starts = takers, starts

    def take(self, call: LayerCall) -> None:
        if any(self._starts) and call.states.mask is None:
            raise RuntimeError(f"rows that are padded on the left met no mask in layer {call.layer}")
        for row, (taker, start) in enumerate(zip(self._takers, self._starts, strict=True)):
            length = len(taker.watched.ids)
            for first, last in blocks(taker.first, length - 1, call.states.query.shape[1], length):
                weights = call.states.weights(row, start + first, start + last, start)[..., :last]
                if last == length - 1:
                    call.must_agree(row, start + last - 1, weights[:, -1:], start)
                taker.add(call.layer, first, weights)


def _body(model: Any) -> Any:
    """The model without its head."""
    if hasattr(model, "get_base_model"):
        if getattr(model.active_peft_config, "is_prompt_learning", False):
            raise InputError(
                "an adapter that adds virtual tokens has no attention that can be laid beside the prompt",
                mend="take a LoRA adapter",
            )
        model = model.get_base_model()
    if model.config.is_encoder_decoder:
        raise InputError(
            f"{type(model).__name__} is an encoder-decoder: its reply attends to the prompt in cross-attention",
            mend="take a causal language model",
        )
    return model.base_model


def _left_padding(body: Any, starts: Sequence[int], longest: int) -> dict[str, Tensor]:
    """Mask and, where the model takes them, positions."""
    mask = (torch.arange(longest) >= torch.tensor(starts)[:, None]).long().to(body.device)
    given = {"attention_mask": mask}
    if "position_ids" in signature(body.forward).parameters:
        given["position_ids"] = (mask.cumsum(-1) - 1).clamp(min=0)
    return given
