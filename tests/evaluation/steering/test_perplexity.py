"""Perplexity of a reply is that of transformers' own loss over the reply's tokens."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from planted_direction import planted_replies
from random_families import make_random

from duologue.evaluation.steering.perplexity import Surprise, perplexity, surprise
from duologue.models.in_process import open_in_process
from duologue.views.reply_tokens import reply_tokens


@pytest.mark.parametrize("family", ["llama", "gpt-neox", "gemma2"])
def test_it_is_the_models_own_loss(family: str, tmp_path: Path) -> None:
    loaded = open_in_process(f"hf:{make_random(family, tmp_path)}").loaded
    tokens = [reply_tokens(reply, loaded.tokenizer, max_length=128) for reply in planted_replies(3)]
    known = []
    for each in tokens:
        assert each is not None
        labels = [token if mark else -100 for token, mark in zip(each.ids, each.trained, strict=True)]
        with torch.inference_mode():
            known.append(float(loaded.model(torch.tensor([each.ids]), labels=torch.tensor([labels])).loss))
    found = list(surprise(loaded.model, [each for each in tokens if each is not None]))
    assert [each.nats / each.tokens for each in found] == pytest.approx(known, rel=1e-4)
    assert all(each.tokens < len(own.ids) for each, own in zip(found, tokens, strict=True) if own is not None)
    whole = sum(own.tokens * loss for own, loss in zip(found, known, strict=True)) / sum(own.tokens for own in found)
    assert perplexity(found) == pytest.approx(math.exp(whole), rel=1e-4)


def test_silence_has_none() -> None:
    assert math.isnan(perplexity([Surprise(0.0, 0)]))
