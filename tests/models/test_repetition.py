from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duologue.models.failure import ModelFailure
from duologue.models.repetition import Ngrams
from duologue.models.request import Request
from duologue.models.spec import open_model
from duologue.models.wire import encode

pytest.importorskip("torch")


@given(st.integers(1, 4), st.lists(st.integers(0, 2), max_size=30))
def test_what_is_banned_is_what_completes_a_seen_ngram(size: int, tokens: list[int]) -> None:
    seen = {tuple(tokens[i : i + size]) for i in range(len(tokens) - size + 1)}
    tail = tokens[len(tokens) - size + 1 :] if size > 1 else []
    expected = {token for token in range(3) if (*tail, token) in seen} if len(tokens) >= size - 1 else set()
    assert Ngrams(size, tokens).banned() == expected


@pytest.fixture(scope="module")
def random_llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from random_llama import make_random_llama

    return make_random_llama(tmp_path_factory.mktemp("llama"))


def test_decoding_agrees_with_transformers(random_llama: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(random_llama)
    model = AutoModelForCausalLM.from_pretrained(random_llama, dtype=torch.float32).eval()
    prompts = ["the hotel is in the hotel is", "a train leaves a train", "i would like food i would"]
    local = open_model(f"hf:{random_llama}", dtype="float32", device="cpu")

    async def ask() -> list[str]:
        requests = [Request(prompt, max_tokens=40, temperature=0, no_repeat_ngram=3) for prompt in prompts]
        try:
            return [reply.text for reply in await asyncio.gather(*map(local.complete, requests))]
        finally:
            await local.close()

    for prompt, text in zip(prompts, asyncio.run(ask()), strict=True):
        ids = tokenizer(prompt, return_tensors="pt")
        with torch.inference_mode():
            made = model.generate(**ids, max_new_tokens=40, do_sample=False, no_repeat_ngram_size=3)
        expected = made[0, ids["input_ids"].shape[1] :].tolist()
        ends = [place for place, token in enumerate(expected) if token == tokenizer.eos_token_id]
        assert text == tokenizer.decode(expected[: ends[0]] if ends else expected)


def test_a_server_is_not_asked_for_what_it_cannot_do() -> None:
    with pytest.raises(ModelFailure, match="repeated n-grams"):
        encode(Request("Hi", no_repeat_ngram=3), "any")
