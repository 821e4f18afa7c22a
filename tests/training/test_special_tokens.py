"""Added tokens: once, in front of any normaliser, with rows that begin as the mean."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from duologue.training.base_model import load_base
from duologue.training.special_tokens import add_tokens, fit_embeddings, is_tied, trainable_rows


@pytest.mark.parametrize("kind", ["tied", "untied"])
def test_new_rows_are_the_mean_of_the_old(kind: str, request: pytest.FixtureRequest) -> None:
    folder: Path = request.getfixturevalue(f"{kind}_llama")
    base = load_base(f"hf:{folder}")
    before = base.model.get_input_embeddings().weight.detach().clone()
    head_before = base.model.get_output_embeddings().weight.detach().clone()
    added = add_tokens(base.tokenizer, ["<|belief|>", "[name]", "<|belief|>"])
    assert added == [len(before), len(before) + 1]
    fit_embeddings(base.model, base.tokenizer, added)
    after = base.model.get_input_embeddings().weight
    assert torch.equal(after[: len(before)], before)
    assert torch.allclose(after[added[0]], before.mean(0), atol=1e-6)
    head = base.model.get_output_embeddings().weight
    assert torch.allclose(head[added[1]], head_before.mean(0), atol=1e-6)
    assert is_tied(base.model) == (kind == "tied")
    assert trainable_rows(base.model, added) == (
        {"embed_tokens": added} if kind == "tied" else {"embed_tokens": added, "lm_head": added}
    )


def test_a_tokenizer_that_has_them_gets_nothing(tied_llama: Path) -> None:
    base = load_base(f"hf:{tied_llama}")
    add_tokens(base.tokenizer, ["[name]"])
    size = len(base.tokenizer)
    assert add_tokens(base.tokenizer, ["[name]"]) == []
    assert len(base.tokenizer) == size
    assert trainable_rows(base.model, []) is None


def test_a_head_with_a_bias_is_refused(tied_llama: Path) -> None:
    base = load_base(f"hf:{tied_llama}")
    old = base.model.lm_head
    base.model.lm_head = torch.nn.Linear(old.in_features, old.out_features, bias=True)
    with pytest.raises(Exception, match="has a bias"):
        trainable_rows(base.model, [1])
