"""What a response model is trained on: the ids that it is asked with, the newest turns, the response and its end."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("transformers")

from chat_templates import ALTERNATING, CHATML, MARKED
from hypothesis import given
from hypothesis import strategies as st
from random_llama import TEMPLATE, make_random_llama, make_tokenizer

from duologue.dialogue import Dialogue, Turn
from duologue.models.failure import ModelFailure
from duologue.models.local import LocalModel
from duologue.models.request import Message, Request
from duologue.views.masks import end_problem
from duologue.views.plain_chat import plain_prompt
from duologue.views.response import Exchange, exchanges
from duologue.views.response_tokens import response_tokens

INSTRUCTION = "you book hotels."
TALK = Dialogue(
    "d",
    [
        Turn("user", "i need a hotel"),
        Turn("system", "in the north?"),
        Turn("user", "yes, a cheap one"),
        Turn("system", "happy to book it"),
    ],
)
SPECIAL = ("<|im_start|>", "<|im_end|>", "<|user|>", "<|assistant|>", "<|system|>")
TEMPLATES = {"own": TEMPLATE, "chatml": CHATML, "marked": MARKED, "no system role": ALTERNATING, "plain": None}
"""By name; a base model's tokenizer has none."""


def tokenizer_with(name: str) -> Any:
    return make_tokenizer(template=TEMPLATES[name], special=SPECIAL)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, LocalModel]:
    opened = {}
    for name, template in TEMPLATES.items():
        folder = tmp_path_factory.mktemp("models")
        make_random_llama(folder, hidden=32, layers=1, special=SPECIAL, template=template)
        opened[name] = LocalModel(folder, name=f"hf:{name}", device="cpu")
    return opened


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("instruction", [None, INSTRUCTION])
def test_training_begins_with_the_ids_that_inference_begins_with(
    name: str, instruction: str | None, models: dict[str, LocalModel]
) -> None:
    model = models[name]
    for exchange in exchanges(TALK, instruction=instruction):
        prompt: Any = tuple(Message(each["role"], each["content"]) for each in exchange.history)
        asked = list(model._prompt_tokens(Request(plain_prompt(exchange.history) if name == "plain" else prompt)))
        tokens = response_tokens(exchange, model.loaded.tokenizer, max_length=500)
        assert tokens.ids[: len(asked)] == asked
        answer = len(tokens.ids) - len(asked)
        # What a template writes behind the end of a turn, a line break, is not the answer's.
        behind = 0 if name in ("own", "plain") else len(model.loaded.tokenizer("\n")["input_ids"])
        assert tokens.trained == [False] * len(asked) + [True] * (answer - behind) + [False] * behind


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_response_is_trained_with_its_end(name: str) -> None:
    tokenizer = tokenizer_with(name)
    for exchange in exchanges(TALK, instruction=INSTRUCTION):
        tokens = response_tokens(exchange, tokenizer, max_length=500)
        said = tokenizer.decode([token for token, trained in zip(tokens.ids, tokens.trained, strict=True) if trained])
        assert said.strip() == exchange.response + ("<|end|>" if name in ("own", "plain") else "<|im_end|>")
        assert end_problem(tokens, tokenizer) is None
        asked = tokenizer.decode(tokens.ids[: tokens.trained.index(True)])
        assert asked.index(INSTRUCTION) < asked.index("i need a hotel")


def test_a_base_model_reads_plain_lines() -> None:
    tokenizer = tokenizer_with("plain")
    *_, last = exchanges(TALK, instruction=INSTRUCTION)
    assert tokenizer.decode(response_tokens(last, tokenizer, max_length=500).ids) == (
        "you book hotels.\n\nuser> i need a hotel\nbot> in the north?\n"
        "user> yes, a cheap one\nbot> happy to book it<|end|>"
    )


words = st.text(alphabet="abc dé", min_size=1, max_size=30).filter(str.strip)


@given(
    said=st.lists(words, min_size=1, max_size=9), length=st.integers(1, 150), name=st.sampled_from(sorted(TEMPLATES))
)
def test_only_whole_turns_go_the_oldest_first_and_no_more_than_must(said: list[str], length: int, name: str) -> None:
    tokenizer = tokenizer_with(name)
    said = [" ".join(text.split()) for text in said if text] + ["the newest"]
    roles = ["user", "assistant"]
    turns = [{"role": roles[(at - len(said) + 1) % 2], "content": text} for at, text in enumerate(said)]
    turns = turns if turns[0]["role"] == "user" else turns[1:]
    told = {"role": "system", "content": INSTRUCTION}

    def exchange(first: int) -> Exchange:
        return Exchange("d", 0, [told, *turns[first:]], "done")

    tokens = response_tokens(exchange(0), tokenizer, max_length=length)
    possible = [response_tokens(exchange(first), tokenizer, max_length=10_000).ids for first in range(0, len(turns), 2)]
    fitting = [ids for ids in possible if len(ids) <= length]
    assert tokens.ids == (fitting[0] if fitting else possible[-1])
    assert len(tokens.dropped) == 2 * possible.index(tokens.ids)


def test_messages_that_a_template_refuses_fail_one_request(models: dict[str, LocalModel]) -> None:
    welcome = (Message("assistant", "welcome"), Message("user", "hi"))
    with pytest.raises(ModelFailure, match="user first"):
        models["no system role"]._prompt_tokens(Request(welcome))
