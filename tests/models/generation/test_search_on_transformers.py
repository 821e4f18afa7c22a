"""Searches on random Llamas and T5s: equal to the papers in plain Python, whatever else is in the batch."""

from __future__ import annotations

import asyncio
import random
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from plain_decoding import contrastive, diverse_beams
from random_llama import make_random_llama
from random_t5 import make_random_t5
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

from duologue.models import ModelFailure, Reply, Request, open_model
from duologue.models.generation.options import DecodingOptions
from duologue.models.local import LocalModel
from duologue.models.request import Decoding

TEXT = "the hotel is in north of a town and cheap italian food train leaves on monday by parking"
WORDS = TEXT.split()
DECODINGS: dict[str, dict[str, Any]] = {
    "greedy": {},
    "penalties": {"repetition_penalty": 1.3, "no_repeat_ngram_size": 3, "min_new_tokens": 6},
    "sampling": {"do_sample": True, "temperature": 0.9, "top_k": 50, "top_p": 0.9},
    "min_p": {"do_sample": True, "min_p": 0.05},
    "typical": {"do_sample": True, "typical_p": 0.8},
    "beam": {"num_beams": 4, "length_penalty": 0.6, "early_stopping": True},
    "beam with limits": {"num_beams": 3, "repetition_penalty": 1.3, "no_repeat_ngram_size": 2, "min_new_tokens": 6},
    "sampled beams": {"num_beams": 3, "do_sample": True, "temperature": 1.2, "top_p": 0.95},
    "diverse beam": {"num_beams": 4, "num_beam_groups": 2, "diversity_penalty": 0.8},
    "contrastive": {"penalty_alpha": 0.6, "top_k": 4},
    "contrastive with limits": {"penalty_alpha": 0.5, "top_k": 3, "repetition_penalty": 1.2, "no_repeat_ngram_size": 2},
}


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_random_llama(tmp_path_factory.mktemp("llama"), hidden=32)


@pytest.fixture(scope="module")
def t5(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_random_t5(tmp_path_factory.mktemp("t5"))


def prompts(count: int, seed: int = 0) -> list[str]:
    draw = random.Random(seed)
    return [" ".join(draw.choices(WORDS, k=draw.randint(3, 40))) for _ in range(count)]


def ask(folder: Path, requests: list[Request], *, together: bool = True, **options: Any) -> list[Reply]:
    async def run() -> list[Reply]:
        model = LocalModel(folder, name="hf:test", device="cpu", dtype="float64", **options)
        try:
            if together:
                return list(await asyncio.gather(*(model.complete(request) for request in requests)))
            return [await model.complete(request) for request in requests]
        finally:
            await model.close()

    return asyncio.run(run())


@pytest.mark.parametrize("family", ["llama", "t5"])
def test_a_text_is_the_same_alone_and_in_any_batch(family: str, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue(family)
    asked = [
        Request(prompt, seed=number, **DecodingOptions(max_new_tokens=14, **options).request_fields())
        for options in DECODINGS.values()
        for number, prompt in enumerate(prompts(5))
    ]
    alone = [reply.choices for reply in ask(folder, asked, together=False)]
    shuffled = random.Random(2).sample(range(len(asked)), len(asked))
    mixed = ask(folder, [asked[number] for number in shuffled], max_batch=32)
    assert [alone[number] for number in shuffled] == [reply.choices for reply in mixed]
    answers = [choices[0].text for choices in alone]
    assert len(set(answers)) > len(answers) / 2


def test_searches_are_the_papers_on_a_llama(llama: Path) -> None:
    model = open_model(f"hf:{llama}", dtype="float64")
    assert isinstance(model, LocalModel)
    network, tokenizer = model.loaded.model, model.loaded.tokenizer
    (end,) = model.loaded.ends

    @torch.inference_mode()
    def logits(ids: list[int]) -> list[float]:
        return list(network(torch.tensor([ids]), use_cache=False).logits[0, -1].tolist())

    @torch.inference_mode()
    def states(ids: list[int]) -> list[list[float]]:
        return list(network(torch.tensor([ids]), output_hidden_states=True).hidden_states[-1][0].tolist())

    texts = prompts(4, seed=3)
    common = {"max_tokens": 6, "temperature": 0}
    beams = {"beams": 4, "groups": 2, "penalty": 0.7}
    wanted = Decoding(num_beams=4, num_beam_groups=2, diversity_penalty=0.7)
    diverse = ask(llama, [Request(text, decoding=wanted, **common) for text in texts])
    unlike = ask(llama, [Request(text, top_k=3, decoding=Decoding(penalty_alpha=0.6), **common) for text in texts])
    for text, by_beams, by_contrast in zip(texts, diverse, unlike, strict=True):
        ids = tokenizer(text)["input_ids"]
        for reply, expected in (
            (by_beams, diverse_beams(logits, ids, new=6, end=end, **beams)),
            (by_contrast, contrastive(logits, states, ids, alpha=0.6, top_k=3, new=6, end=end)),
        ):
            assert reply.text == tokenizer.decode([token for token in expected if token != end])


def test_t5_answers_as_the_library_s_generate(t5: Path) -> None:
    texts = prompts(6, seed=1)
    tokenizer = AutoTokenizer.from_pretrained(t5)
    network = AutoModelForSeq2SeqLM.from_pretrained(t5, dtype=torch.float64).eval()
    for options in ({}, {"repetition_penalty": 1.4, "min_new_tokens": 5}, {"num_beams": 3}):
        asked = [Request(text, **DecodingOptions(max_new_tokens=10, **options).request_fields()) for text in texts]
        for text, reply in zip(texts, ask(t5, asked), strict=True):
            out = network.generate(
                **tokenizer(text, return_tensors="pt"), max_new_tokens=10, do_sample=False, **options
            )
            assert reply.text == tokenizer.decode(out[0, 1:]).split("<|end|>")[0]


def test_limits_are_the_library_s(llama: Path) -> None:
    from transformers import AutoModelForCausalLM

    texts = prompts(6, seed=4)
    tokenizer = AutoTokenizer.from_pretrained(llama)
    network = AutoModelForCausalLM.from_pretrained(llama, dtype=torch.float64).eval()
    options: dict[str, Any] = {"repetition_penalty": 1.5, "no_repeat_ngram_size": 2, "min_new_tokens": 12}
    asked = [Request(text, **DecodingOptions(max_new_tokens=20, **options).request_fields()) for text in texts]
    for text, reply in zip(texts, ask(llama, asked), strict=True):
        ids = tokenizer(text, return_tensors="pt")
        out = network.generate(**ids, max_new_tokens=20, do_sample=False, **options)
        assert reply.text == tokenizer.decode(out[0, ids["input_ids"].shape[1] :]).split("<|end|>")[0]


def test_seeds_decide_sampled_beams_and_the_best_beams_come_in_order(llama: Path) -> None:
    beams = DecodingOptions(num_beams=3, do_sample=True, temperature=1.5, max_new_tokens=10).request_fields()
    texts = {reply.text for reply in ask(llama, [Request("the hotel", seed=seed, **beams) for seed in range(4)])}
    assert len(texts) > 1
    one, several = ask(
        llama,
        [Request("the hotel", max_tokens=10, temperature=0, n=n, decoding=Decoding(num_beams=4)) for n in (1, 4)],
    )
    assert one.text == several.text
    assert len({choice.text for choice in several.choices}) == 4


def test_a_stop_string_ends_a_search(llama: Path) -> None:
    wanted: dict[str, Any] = {"max_tokens": 16, "temperature": 0, "top_k": 4, "decoding": Decoding(penalty_alpha=0.6)}
    (whole,) = ask(llama, [Request("cheap food", **wanted)])
    stop = re.findall("[a-z]{2,}", whole.text)[0]
    (cut,) = ask(llama, [Request("cheap food", stop=(stop,), **wanted)])
    assert (cut.text, cut.finish_reason) == (whole.text[: whole.text.index(stop)], "stop")
    assert cut.usage.completion_tokens < whole.usage.completion_tokens


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"decoding": Decoding(num_beams=3, num_beam_groups=2)}, "3 beams cannot be dealt into 2 groups"),
        ({"decoding": Decoding(num_beams=3), "n": 4}, "3 beams gives no 4 answers"),
        ({"decoding": Decoding(penalty_alpha=0.5)}, "a top_k of 2 or more"),
        ({"decoding": Decoding(num_beams=2), "logprobs": 1}, "no log-probabilities"),
    ],
)
def test_what_a_search_cannot_give_is_refused(llama: Path, fields: dict[str, Any], told: str) -> None:
    with pytest.raises(ModelFailure, match=told) as failure:
        ask(llama, [Request("x", temperature=0, **fields)])
    assert failure.value.kind == "refused_request"
