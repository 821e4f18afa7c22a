"""The residual stream at chosen tokens of many texts: what a probe or a steering vector is made of.

    for states in hidden_states(model, [(ids, [False, False, True, True])], layers=[0, 4, 8]):
        states                                            # float32, [layers, marked tokens, hidden]

Texts go through the model in batches, without the head, and only the marked tokens of the chosen layers are kept:
memory does not grow with the number of texts. Pads stand on the right, behind the mask, so no text sees any, and their
states are never read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from duologue.models.residual import backbone, blocks

_ON_CPU, _ELSEWHERE = 512, 8192  # tokens of a batch: on a CPU more than these leave its cache (measured)


def layers_of(model: Any) -> list[int]:
    """All layers: 0 is what goes into the first block, n what the n-th block leaves."""
    return list(range(len(blocks(model)) + 1))


def hidden_states(
    model: Any,
    texts: Iterable[tuple[Sequence[int], Sequence[bool]]],
    *,
    layers: Sequence[int],
    together: int | None = None,
) -> Iterator[Any]:
    """Yield the states of each text, in order; neighbours of about the same length cost least.

    Args:
        model: a transformers causal language model in eval mode.
        texts: token ids, and for each token whether it is wanted; at least one is.
        layers: which layers, 0 to the number of blocks.
        together: most tokens that go through the model at once, padding included, by default what suits the device; a
            longer text goes alone.
    """
    import torch

    most = together or (_ON_CPU if model.device.type == "cpu" else _ELSEWHERE)
    found: dict[int, Any] = {}
    wanted = torch.zeros(2, 0, dtype=torch.long)  # rows of the batch, and places in them

    def keep(layer: int, stream: Any) -> None:
        rows, places = wanted.to(stream.device)
        found[layer] = stream[rows, places].float().cpu()

    def leaves(layer: int) -> Any:
        return lambda module, inputs, output: keep(layer, output[0] if isinstance(output, tuple) else output)

    def enters(module: Any, inputs: Any, options: Any) -> None:
        keep(0, inputs[0] if inputs else options["hidden_states"])

    every = blocks(model)
    handles = [every[layer - 1].register_forward_hook(leaves(layer)) for layer in layers if layer]
    if 0 in layers:
        handles.append(every[0].register_forward_pre_hook(enters, with_kwargs=True))
    try:
        for batch in _batches(texts, most):
            longest = max(len(ids) for ids, _ in batch)
            ids = torch.tensor([[*ids, *[0] * (longest - len(ids))] for ids, _ in batch], device=model.device)
            real = torch.tensor([[1] * len(ids) + [0] * (longest - len(ids)) for ids, _ in batch], device=model.device)
            marks = [[*marked, *[False] * (longest - len(marked))] for _, marked in batch]
            wanted = torch.tensor(marks).nonzero().T
            with torch.inference_mode():
                backbone(model)(input_ids=ids, attention_mask=real, use_cache=False)
            states = torch.stack([found[layer] for layer in layers])
            yield from torch.split(states, [sum(each) for each in marks], dim=1)
            found.clear()
    finally:
        for handle in handles:
            handle.remove()


def _batches(
    texts: Iterable[tuple[Sequence[int], Sequence[bool]]], most: int
) -> Iterator[list[tuple[Sequence[int], Sequence[bool]]]]:
    batch: list[tuple[Sequence[int], Sequence[bool]]] = []
    longest = 0
    for text in texts:
        longest = max(longest, len(text[0]))
        if batch and longest * (len(batch) + 1) > most:
            yield batch
            batch, longest = [], len(text[0])
        batch.append(text)
    if batch:
        yield batch
