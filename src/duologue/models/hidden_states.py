"""The residual stream at chosen tokens, one text after another: what a probe or a steering vector is made of.

    for states in hidden_states(model, [(ids, [False, False, True, True])], layers=[0, 4, 8]):
        states                                            # float32, [layers, marked tokens, hidden]

One forward pass a text, without the head, of which only the marked tokens of the chosen layers are kept: memory does
not grow with the number of texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from duologue.models.residual import backbone, blocks


def layers_of(model: Any) -> list[int]:
    """All layers: 0 is what goes into the first block, n what the n-th block leaves."""
    return list(range(len(blocks(model)) + 1))


def hidden_states(
    model: Any, texts: Iterable[tuple[Sequence[int], Sequence[bool]]], *, layers: Sequence[int]
) -> Iterator[Any]:
    """Yield the states of each text.

    Args:
        model: a transformers causal language model in eval mode.
        texts: token ids, and for each token whether it is wanted; at least one is.
        layers: which layers, 0 to the number of blocks.
    """
    import torch

    found: dict[int, Any] = {}
    wanted = torch.zeros(0, dtype=torch.long)

    def keep(layer: int, stream: Any) -> None:
        found[layer] = stream[0].index_select(0, wanted.to(stream.device)).float().cpu()

    def leaves(layer: int) -> Any:
        return lambda module, inputs, output: keep(layer, output[0] if isinstance(output, tuple) else output)

    def enters(module: Any, inputs: Any, options: Any) -> None:
        keep(0, inputs[0] if inputs else options["hidden_states"])

    every = blocks(model)
    handles = [every[layer - 1].register_forward_hook(leaves(layer)) for layer in layers if layer]
    if 0 in layers:
        handles.append(every[0].register_forward_pre_hook(enters, with_kwargs=True))
    try:
        for ids, marked in texts:
            wanted = torch.tensor([place for place, mark in enumerate(marked) if mark])
            with torch.inference_mode():
                backbone(model)(input_ids=torch.tensor([list(ids)], device=model.device), use_cache=False)
            yield torch.stack([found[layer] for layer in layers])
            found.clear()
    finally:
        for handle in handles:
            handle.remove()
