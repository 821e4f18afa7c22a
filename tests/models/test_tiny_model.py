"""The embedded model as it ships: it loads like any other, trains the right tokens, and its tokenizer loses nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoModelForCausalLM, AutoTokenizer

import duologue.models

FOLDER = Path(duologue.models.__file__).parent / "tiny"
CHAT = [
    {"role": "system", "content": "You condense what a user told in a chat."},
    {"role": "user", "content": "Chat:\nUser: My aunt Velka moves to Preestou."},
    {"role": "assistant", "content": "My aunt Velka moves to Preestou."},
]


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return AutoTokenizer.from_pretrained(FOLDER, local_files_only=True)


@pytest.fixture(scope="module")
def model() -> Any:
    return AutoModelForCausalLM.from_pretrained(FOLDER, local_files_only=True, dtype=torch.float32).eval()


def test_it_is_small_and_holds_no_code_and_no_pickle() -> None:
    files = [file for file in FOLDER.rglob("*") if file.is_file() and "__pycache__" not in file.parts]
    assert sum(file.stat().st_size for file in files) <= 14 * 2**20
    assert {file.suffix for file in files} <= {".json", ".safetensors", ".md"}


def test_an_ordinary_llama_in_bf16_with_room_for_long_contexts(model: Any) -> None:
    raw = AutoModelForCausalLM.from_pretrained(FOLDER, local_files_only=True)
    assert type(model).__name__ == "LlamaForCausalLM"
    assert raw.dtype == torch.bfloat16
    assert model.config.max_position_embeddings >= 2048
    assert 3e6 <= sum(parameter.numel() for parameter in model.parameters()) <= 7e6


def test_the_template_trains_the_answer_and_its_end_and_nothing_else(tokenizer: Any) -> None:
    out = tokenizer.apply_chat_template(CHAT, return_dict=True, return_assistant_tokens_mask=True)
    trained = [i for i, on in zip(out["input_ids"], out["assistant_masks"], strict=True) if on]
    assert tokenizer.decode(trained).strip() == "My aunt Velka moves to Preestou.<|end|>"
    assert trained[-1] == tokenizer.eos_token_id


def test_the_generation_prompt_is_a_prefix_of_the_whole(tokenizer: Any) -> None:
    whole = tokenizer.apply_chat_template(CHAT)["input_ids"]
    prompt = tokenizer.apply_chat_template(CHAT[:2], add_generation_prompt=True)["input_ids"]
    assert whole[: len(prompt)] == prompt


@given(st.text(st.characters(exclude_characters="\x0e", exclude_categories=["Cs"])))
def test_text_comes_back_as_it_was(tokenizer: Any, text: str) -> None:
    assert tokenizer.decode(tokenizer(text, add_special_tokens=False)["input_ids"]) == text


@given(st.text("aAbBzZ 09.\n*'", max_size=40))
def test_capitals_come_back_where_they_were(tokenizer: Any, text: str) -> None:
    assert tokenizer.decode(tokenizer(text, add_special_tokens=False)["input_ids"]) == text


@pytest.mark.parametrize("name", ["preestou", "old town", "velka"])
def test_a_name_and_its_lower_case_form_share_their_pieces(tokenizer: Any, name: str) -> None:
    def pieces(text: str) -> list[str]:
        return [p for p in tokenizer.tokenize(text) if p != "Ď"]

    assert pieces(f" {name.title()}") == pieces(f" {name}")


def test_markers_and_placeholders_are_single_tokens(tokenizer: Any) -> None:
    from duologue.views.simpletod import special_tokens

    for token in special_tokens():
        assert len(tokenizer(token, add_special_tokens=False)["input_ids"]) == 1


def test_digits_come_in_pairs_at_most(tokenizer: Any) -> None:
    assert all(sum(c.isdigit() for c in piece) <= 2 for piece in tokenizer.tokenize("call 01223358966 at 17:45"))


def test_it_copies_a_name_it_has_never_seen(tokenizer: Any, model: Any) -> None:
    question = [{"role": "user", "content": "town: Preestou, code: Vask, food: Blunian\nAsked: code?"}]
    inputs = tokenizer.apply_chat_template(question, add_generation_prompt=True, return_tensors="pt", return_dict=True)
    with torch.inference_mode():
        out = model.generate(**inputs, do_sample=False, max_new_tokens=20)
    answer = tokenizer.decode(out[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
    assert answer.strip() == "code: Vask"
