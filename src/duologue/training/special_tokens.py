"""SimpleToD's markers and slot placeholders as tokens of any tokenizer, and the rows they need in any model.

New rows begin as the mean of the old ones: a random row would draw the model's attention before it has learnt
anything. With LoRA only these rows are trained, in the input embedding and, where it is not tied, in the output head
too; training the two whole matrices costs more than all adapters, and two trained copies of one tied matrix drift
apart and cannot be merged (huggingface/peft issues 1300 and 838, LlamaFactory issue 6446).

    added = add_tokens(tokenizer, ["<|belief|>", "[name]"])      # ids; empty when the tokenizer has them all
    fit_embeddings(model, tokenizer, added)
    trainable_rows(model, added)                                 # what LoraConfig(trainable_token_indices=…) takes
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from duologue.errors import InputError


def add_tokens(tokenizer: Any, tokens: Iterable[str]) -> list[int]:
    """Add what the tokenizer lacks and return the new ids in order; a token that it has is left as it is."""
    from transformers import AddedToken

    known = tokenizer.get_vocab()
    missing = [token for token in dict.fromkeys(tokens) if token not in known]
    if missing:
        # normalized=False: a normaliser (lower-casing, say) must not keep the token from being found.
        tokenizer.add_tokens(
            [AddedToken(token, normalized=False, special=True) for token in missing], special_tokens=True
        )
    return [tokenizer.convert_tokens_to_ids(token) for token in missing]


def fit_embeddings(model: Any, tokenizer: Any, added: list[int]) -> None:
    """Give the model a row for every token id; rows of `added` tokens become the mean of the rows before them.

    A matrix that is already larger than the vocabulary (padded for speed) keeps its size; its spare rows are
    overwritten as well, since they were never trained.
    """
    import torch

    size = model.get_input_embeddings().weight.shape[0]
    if len(tokenizer) > size:
        model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    if not added:
        return
    matrices = [model.get_input_embeddings().weight]
    head = model.get_output_embeddings()
    if head is not None and not is_tied(model):
        matrices.append(head.weight)
    with torch.no_grad():
        for matrix in matrices:
            old = matrix[: min(added)].float()
            matrix[added] = old.mean(dim=0).to(matrix.dtype)


def is_tied(model: Any) -> bool:
    """Whether the output head is the input embedding."""
    head = model.get_output_embeddings()
    return head is not None and head.weight is model.get_input_embeddings().weight


def trainable_rows(model: Any, added: list[int], adapted: Iterable[str] = ()) -> dict[str, list[int]] | None:
    """Module name -> rows to train beside the adapter; None when nothing was added.

    A tied head needs no entry of its own: PEFT lets it follow the embedding's rows.

    Args:
        model: the base model.
        added: ids of the new tokens.
        adapted: full names of the modules that get an adapter.

    Raises:
        InputError: the output head has a bias, or a matrix with new rows gets an adapter.
    """
    if not added:
        return None
    head = model.get_output_embeddings()
    embedding = model.get_input_embeddings()
    matrices = [embedding.weight, *([] if head is None else [head.weight])]
    for name in adapted:
        if any(model.get_submodule(name).weight is matrix for matrix in matrices):
            raise InputError(
                f"{name} would get an adapter beside the rows of {len(added)} new tokens; PEFT trains one or the other",
                where="--lora.targets",
                mend="leave it out, or use --markers plain, which adds no tokens",
            )
    if getattr(head, "bias", None) is not None:
        raise InputError(
            f"the output head of {type(model).__name__} has a bias, which PEFT drops where it trains single rows",
            where="--markers special",
            mend="use --markers plain",
        )
    modules = {id(module): name for name, module in model.named_modules()}
    rows = {modules[id(embedding)].rsplit(".", 1)[-1]: added}
    if head is not None and not is_tied(model):
        rows[modules[id(head)].rsplit(".", 1)[-1]] = added
    return rows
