"""Models in process: the greedy text of transformers, seeds no batch changes, stops, n, log-probabilities.

That float64 keeps its bytes over 100,000 tokens is shown by `benchmarks/local.py`, which takes minutes.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from chat_templates import ALTERNATING
from random_llama import make_random_llama
from transformers import AutoModelForCausalLM, AutoTokenizer, MistralConfig, MistralForCausalLM

from duologue.errors import InputError
from duologue.models import Message, ModelFailure, Reply, Request, open_model
from duologue.models.local import LocalModel

TEXT = "the hotel is in north of a town and cheap italian food train leaves on monday by parking"
WORDS = TEXT.split()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_random_llama(tmp_path_factory.mktemp("llama"))


def ask(folder: Path, requests: list[Request], *, together: bool = True, **options: Any) -> list[Reply]:
    async def run() -> list[Reply]:
        model = LocalModel(folder, name="hf:test", device="cpu", **options)
        try:
            if together:
                return list(await asyncio.gather(*(model.complete(request) for request in requests)))
            return [await model.complete(request) for request in requests]
        finally:
            await model.close()

    return asyncio.run(run())


def prompts(count: int, seed: int = 0) -> list[str]:
    draw = random.Random(seed)
    return [" ".join(draw.choices(WORDS, k=draw.randint(3, 60))) for _ in range(count)]


def test_an_instruction_reaches_a_model_without_a_system_role(tmp_path: Path) -> None:
    folder = make_random_llama(tmp_path, template=ALTERNATING)
    told, folded = "Be brief.", "Be brief.\n\nA hotel?"
    apart = Request((Message("system", told), Message("user", "A hotel?")), max_tokens=12, temperature=0)
    together = Request((Message("user", folded),), max_tokens=12, temperature=0)
    first, second = ask(folder, [apart, together])
    assert (first.text, first.usage) == (second.text, second.usage)
    with pytest.raises(ModelFailure, match="the chat template refuses the messages"):
        ask(folder, [Request((Message("assistant", "Hello."),), max_tokens=4)])


def test_greedy_text_is_that_of_generate(folder: Path) -> None:
    asked = [Request(prompt, max_tokens=24, temperature=0) for prompt in prompts(12)]
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    for request, reply in zip(asked, ask(folder, asked, dtype="float32"), strict=True):
        ids = tokenizer(request.prompt, return_tensors="pt")
        out = model.generate(**ids, max_new_tokens=24, do_sample=False, pad_token_id=0)
        expected = tokenizer.decode(out[0, ids["input_ids"].shape[1] :]).removesuffix("<|end|>")
        assert reply.text == expected


def test_the_same_seed_gives_the_same_text_in_any_batch(folder: Path) -> None:
    asked = [
        Request(prompt, max_tokens=40, temperature=temperature, top_p=top_p, top_k=top_k, seed=number, n=n)
        for number, (prompt, temperature, top_p, top_k, n) in enumerate(
            zip(
                prompts(24, seed=1),
                [0.0, 0.7, 1.0, 1.3] * 6,
                [None, 0.9, 0.5] * 8,
                [None, 20] * 12,
                [1, 1, 1, 3] * 6,
                strict=True,
            )
        )
    ]
    together = ask(folder, asked, dtype="float64")
    alone = ask(folder, asked, together=False, dtype="float64")
    shuffled = random.Random(2).sample(range(24), 24)
    mixed = ask(folder, [asked[number] for number in shuffled], dtype="float64", max_batch=5)
    assert [reply.choices for reply in together] == [reply.choices for reply in alone]
    assert [together[number].choices for number in shuffled] == [reply.choices for reply in mixed]


def test_seed_draw_and_choice_each_change_what_is_sampled(folder: Path) -> None:
    request = Request("the hotel", max_tokens=20, temperature=1.0, seed=5, n=4)
    more = [
        Request("the hotel", max_tokens=20, temperature=1.0, seed=5, draw=1),
        Request("the hotel", max_tokens=20, seed=6),
    ]
    replies = ask(folder, [request, *more])
    texts = [choice.text for reply in replies for choice in reply.choices]
    assert len(set(texts)) == 6
    assert replies[0].usage.completion_tokens >= 4


def test_top_k_of_one_is_greedy(folder: Path) -> None:
    greedy, narrow, nucleus = ask(
        folder,
        [
            Request("a train", max_tokens=20, temperature=0),
            Request("a train", max_tokens=20, temperature=1.5, top_k=1, seed=1),
            Request("a train", max_tokens=20, temperature=1.5, top_p=1e-9, seed=2),
        ],
    )
    assert greedy.text == narrow.text == nucleus.text


def test_a_stop_string_ends_the_answer_and_is_not_part_of_it(folder: Path) -> None:
    (whole,) = ask(folder, [Request("cheap food", max_tokens=40, temperature=0)])
    stop = whole.text[10:14]
    (cut,) = ask(folder, [Request("cheap food", max_tokens=40, temperature=0, stop=(stop, "never said"))])
    assert cut.text == whole.text[: whole.text.index(stop)]
    assert cut.finish_reason == "stop"
    assert whole.finish_reason == "length"
    assert cut.usage.completion_tokens < whole.usage.completion_tokens


def readable(text: str) -> str:
    return "".join(character for character in text if character.isascii())


def test_messages_go_through_the_template_and_logprobs_come_per_token(folder: Path) -> None:
    chat = Request((Message("user", "a cheap hotel"),), max_tokens=6, temperature=0, logprobs=2)
    raw = Request("<|user|>a cheap hotel<|end|><|assistant|>", max_tokens=6, temperature=0, logprobs=2)
    chatted, continued = ask(folder, [chat, raw])
    assert chatted.text == continued.text
    scores = chatted.choices[0].logprobs
    assert scores
    # A token may hold half of a character, so only whole ones can be compared one by one.
    assert readable("".join(score.token for score in scores)) == readable(chatted.text)
    for score in scores:
        assert score.top[0] == (score.token, pytest.approx(score.logprob))
        assert len(score.top) == 2


def test_what_is_not_possible_is_refused(folder: Path) -> None:
    with pytest.raises(ModelFailure, match=r"the prompt has \d+ tokens, the model's context 512; shorten"):
        ask(folder, [Request("hotel " * 2000, temperature=0)])
    with pytest.raises(ModelFailure, match="response_format"):
        ask(folder, [Request("x", response_format={"type": "json_object"})])


def test_an_answer_never_leaves_the_context(folder: Path) -> None:
    (reply,) = ask(folder, [Request("the hotel " * 80, temperature=0)])
    assert reply.usage.prompt_tokens + reply.usage.completion_tokens <= 512


def test_fingerprint_follows_weights_template_and_arithmetic(folder: Path, tmp_path: Path) -> None:
    def fingerprint(path: Path, **options: str) -> str:
        return open_model(f"hf:{path}", **options).fingerprint

    copy = make_random_llama(tmp_path / "copy")
    assert fingerprint(copy) == fingerprint(folder)
    assert fingerprint(copy, dtype="bfloat16") != fingerprint(folder)
    (copy / "chat_template.jinja").write_text("{{ messages[0].content }}")
    assert fingerprint(copy) != fingerprint(folder)
    assert fingerprint(make_random_llama(tmp_path / "other", seed=1)) != fingerprint(folder)


def test_folders_that_are_no_model_are_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such model"):
        open_model(f"hf:{tmp_path}/nowhere")
    with pytest.raises(InputError, match=r"expected a folder with a config\.json"):
        open_model(f"hf:{tmp_path}")
    (tmp_path / "config.json").write_text('{"model_type": "no-such-type"}')
    with pytest.raises(InputError, match="not a language model") as error:
        ask(tmp_path, [Request("x")])
    assert "\n" not in str(error.value)


def test_a_batch_that_does_not_fit_into_memory_is_halved(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from duologue.models import decoding

    whole, sizes = decoding.decode, []

    def small_device(model: Any, rows: Sequence[decoding.Row], **options: Any) -> list[decoding.Decoded]:
        sizes.append(len(rows))
        if len(rows) > 3:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return whole(model, rows, **options)

    asked = [Request(prompt, max_tokens=8, temperature=0) for prompt in prompts(10)]
    expected = [reply.text for reply in ask(folder, asked)]
    monkeypatch.setattr(decoding, "decode", small_device)
    assert [reply.text for reply in ask(folder, asked)] == expected
    assert max(sizes) > 3
    with pytest.raises(ModelFailure, match=r"5 rows of \d+ tokens do not fit into the device's memory"):
        ask(folder, [Request("a train", max_tokens=8, seed=1, n=5)])


def test_models_that_attend_to_a_window_are_padded_so_that_it_does_not_matter(tmp_path: Path) -> None:
    make_random_llama(tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    torch.manual_seed(0)
    sliding = MistralConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
        sliding_window=16,
        eos_token_id=tokenizer.eos_token_id,
        initializer_range=0.2,
    )
    MistralForCausalLM(sliding).save_pretrained(tmp_path)
    asked = [Request(prompt, max_tokens=30, temperature=0) for prompt in prompts(8, seed=5)]
    together = ask(tmp_path, asked, dtype="float64")
    assert [reply.text for reply in together] == [
        reply.text for reply in ask(tmp_path, asked, together=False, dtype="float64")
    ]
