from __future__ import annotations

from typing import Any

import pytest
from chat_templates import CHATML, FORGETFUL, MARKED, UNSTOPPED

from duologue.dialogue import Dialogue, Turn
from duologue.errors import InputError
from duologue.views.chat import tokenise_messages
from duologue.views.masks import end_problem, stretches
from duologue.views.simpletod import simpletod_examples, special_tokens
from duologue.views.tokens import Tokens, prompt_ids, tokenise

TEXT = ["A place to stay up north?", "Oak Lodge is there. Which day?", "Monday, please."] * 3
MESSAGES = [
    {"role": "user", "content": "A place to stay?"},
    {"role": "assistant", "content": "Oak Lodge is there."},
    {"role": "user", "content": "Monday, please."},
    {"role": "assistant", "content": "Done."},
]
STAY = Dialogue(
    id="d",
    turns=[Turn("user", "A place to stay?", state={"hotel": {"area": ["north"]}}), Turn("system", "Which day?")],
)


def trained_text(tokens: Tokens, tokenizer: Any) -> list[str]:
    return ["".join(part.pieces) for part in stretches(tokens, tokenizer) if part.trained]


@pytest.mark.parametrize("template", [CHATML, MARKED])
def test_only_what_the_assistant_says_is_trained_and_its_end_is(make_tokenizer: Any, template: str) -> None:
    tokenizer = make_tokenizer(TEXT, template)
    tokens = tokenise_messages(MESSAGES, tokenizer)
    assert trained_text(tokens, tokenizer) == ["Oak Lodge is there.<|im_end|>", "Done.<|im_end|>"]
    assert end_problem(tokens, tokenizer) is None


def test_both_ways_of_masking_give_the_same_ids_as_inference_begins_with(make_tokenizer: Any) -> None:
    tokenizer = make_tokenizer(TEXT, CHATML)
    marked = make_tokenizer(TEXT, MARKED)
    assert tokenise_messages(MESSAGES, tokenizer) == tokenise_messages(MESSAGES, marked)
    asked = tokenizer.apply_chat_template(MESSAGES[:3], add_generation_prompt=True, tokenize=True, return_dict=True)
    tokens = tokenise_messages(MESSAGES, tokenizer)
    assert tokens.ids[: len(asked["input_ids"])] == asked["input_ids"]


def test_a_template_that_rewrites_earlier_turns_is_refused(make_tokenizer: Any) -> None:
    with pytest.raises(InputError, match="rewrites earlier turns"):
        tokenise_messages(MESSAGES, make_tokenizer(TEXT, FORGETFUL))


def test_no_template_or_no_assistant_is_refused(make_tokenizer: Any) -> None:
    with pytest.raises(InputError, match="no chat template"):
        tokenise_messages(MESSAGES, make_tokenizer(TEXT))
    with pytest.raises(InputError, match="no assistant message"):
        tokenise_messages(MESSAGES[:1], make_tokenizer(TEXT, CHATML))


def test_an_end_token_outside_the_mask_is_found(make_tokenizer: Any) -> None:
    tokenizer = make_tokenizer(TEXT, UNSTOPPED)
    problem = end_problem(tokenise_messages(MESSAGES, tokenizer), tokenizer)
    assert problem is not None
    assert "'<|im_end|>'" in problem
    assert "not trained" in problem


def test_a_placeholder_is_no_end(make_tokenizer: Any) -> None:
    tokenizer = make_tokenizer(TEXT)
    tokenizer.add_special_tokens({"additional_special_tokens": special_tokens()})
    ids = tokenizer("It is [ref]", add_special_tokens=False)["input_ids"]
    assert "without an end token" in str(end_problem(Tokens(ids, [True] * len(ids)), tokenizer))
    assert end_problem(Tokens(ids, [False] * len(ids)), tokenizer) == "no token is trained"


@pytest.mark.parametrize("markers", ["special", "plain"])
def test_training_begins_with_the_ids_that_inference_is_given(make_tokenizer: Any, markers: Any) -> None:
    tokenizer = make_tokenizer(TEXT)
    if markers == "special":
        tokenizer.add_special_tokens({"additional_special_tokens": special_tokens()})
    example = next(simpletod_examples(STAY, markers=markers))
    tokens = tokenise(example.prompt, example.completion, tokenizer)
    asked = prompt_ids(example.prompt, tokenizer)
    assert tokens.ids[: len(asked)] == asked
    assert tokens.ids[0] == tokenizer.bos_token_id
    assert tokens.ids.count(tokenizer.bos_token_id) == 1
    assert tokens.trained == [False] * len(asked) + [True] * (len(tokens.ids) - len(asked))
    assert tokenizer.decode(tokens.ids[1:-1]) == example.prompt + example.completion
    assert tokens.ids[-1] == tokenizer.eos_token_id
    if markers == "special":
        assert tokens.ids[-2] == tokenizer.convert_tokens_to_ids("<|endofresponse|>")
    assert end_problem(tokens, tokenizer) is None


def test_the_mask_can_be_read_token_by_token(make_tokenizer: Any) -> None:
    tokenizer = make_tokenizer(TEXT)
    tokens = tokenise("Oak", " Lodge\n", tokenizer)
    before, after = stretches(tokens, tokenizer)
    assert (before.trained, before.start, before.pieces[0], "".join(before.pieces[1:])) == (False, 0, "<s>", "Oak")
    assert (after.trained, after.start) == (True, len(before.pieces))
    assert "".join(after.pieces) == " Lodge\\n<|im_end|>"
    assert len(before.pieces) + len(after.pieces) == len(tokens.ids)
