"""Prompts that begin alike: their common stem is read once, and every answer is the one that it has alone."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from random_families import make_random
from random_llama import make_random_llama
from token_prompts import ids, load

from duologue.models.decoding import Row, decode
from duologue.models.memory import begin

Prompt = tuple[int, ...]


def told(history: Prompt, count: int, seed: int) -> list[Prompt]:
    """One history and several instructions of other lengths after it."""
    return [(*history, *ids(1000 * seed + number, 3 + 2 * number)) for number in range(count)]


GIVEN = {
    "one history": told(ids(1, 90), 5, 1),
    "two histories and a stranger": [*told(ids(1, 90), 4, 1), ids(7, 40), *told(ids(2, 60), 3, 2)],
    "a prompt that others begin with": [*told(ids(1, 90), 4, 1), (*ids(1, 90), *ids(1003, 4))],
    "long strangers, more than are read at once": [ids(40 + number, 1500 + number) for number in range(3)],
    "more after the history than is read at once": [(*ids(1, 900), *ids(60 + n, 400 + n)) for n in range(11)],
    "one that ends inside the history": [*told(ids(1, 90), 6, 1), ids(1, 70)],
}


@pytest.mark.parametrize("name", GIVEN)
def test_answers_are_those_of_each_prompt_alone(name: str, tmp_path: Path) -> None:
    model = load(make_random_llama(tmp_path, context=2048))
    prompts = GIVEN[name]
    rows = [Row(prompt=prompt, max_new=12, temperature=0.9, key=number) for number, prompt in enumerate(prompts)]
    alone = [decode(model, [row], ends=frozenset({2}), text=str)[0].tokens for row in rows]
    together = decode(model, rows, ends=frozenset({2}), text=str)
    assert [each.tokens for each in together] == alone
    with torch.inference_mode():
        logits = begin(model, prompts).logits
        for prompt, found in zip(prompts, logits, strict=True):
            assert torch.allclose(found, model(torch.tensor([prompt])).logits[0, -1], atol=1e-9)


def test_what_is_shared_is_read_once(tmp_path: Path) -> None:
    model = load(make_random_llama(tmp_path))
    read: list[int] = []
    model.get_input_embeddings().register_forward_hook(lambda module, given, out: read.append(given[0].numel()))
    history = ids(1, 200)
    begin(model, told(history, 8, 1))
    assert read == [200, 8 * 17]


def test_a_model_with_a_sliding_window_reads_every_prompt_for_itself(tmp_path: Path) -> None:
    model = load(make_random("gemma2", tmp_path), torch.float32)
    prompts = GIVEN["one history"]
    with torch.inference_mode():
        logits = begin(model, prompts).logits
        for prompt, found in zip(prompts, logits, strict=True):
            assert torch.allclose(found, model(torch.tensor([prompt])).logits[0, -1], atol=1e-5)


def test_with_weights_in_bf16_too(tmp_path: Path) -> None:
    """Answers near those of each prompt alone: its few bits round otherwise in another order."""
    model = load(make_random_llama(tmp_path), torch.bfloat16)
    prompts = GIVEN["two histories and a stranger"]
    with torch.inference_mode():
        logits = begin(model, prompts).logits
        for prompt, found in zip(prompts, logits, strict=True):
            alone = model(torch.tensor([prompt])).logits[0, -1]
            assert torch.allclose(found, alone, atol=0.05 * float(alone.abs().max()))
    rows = [Row(prompt=prompt, max_new=4) for prompt in prompts]
    assert all(len(each.tokens) == 4 for each in decode(model, rows, ends=frozenset(), text=str))


def test_under_autocast_too(tmp_path: Path) -> None:
    """A model that is trained in bf16 answers in it: float32 weights, and products in bf16."""
    model = load(make_random_llama(tmp_path), torch.float32)
    prompts = GIVEN["two histories and a stranger"]
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        logits = begin(model, prompts).logits
        for prompt, found in zip(prompts, logits, strict=True):
            alone = model(torch.tensor([prompt])).logits[0, -1]
            assert torch.allclose(found, alone, atol=0.02 * float(alone.abs().max()))
    rows = [Row(prompt=prompt, max_new=4) for prompt in prompts]
    with torch.autocast("cpu", torch.bfloat16):
        assert all(len(each.tokens) == 4 for each in decode(model, rows, ends=frozenset(), text=str))
