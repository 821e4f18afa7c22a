"""A response with its history as token ids: what is trained, what is left out when it does not fit."""

from __future__ import annotations

from itertools import compress
from typing import Any

import pytest
from chat_templates import ALTERNATING, CHATML, THOUGHTLESS

from duologue.errors import InputError
from duologue.views.response import Exchange
from duologue.views.response_tokens import response_tokens

TEXT = ["A place to stay up north?", "Oak Lodge is there. Which day?", "Monday, please."] * 3
HISTORY = [
    {"role": "system", "content": "Be kind."},
    {"role": "user", "content": "A place to stay?"},
    {"role": "assistant", "content": "Oak Lodge is there."},
    {"role": "user", "content": "Monday, please."},
]
EXCHANGE = Exchange("d", 3, HISTORY, "Done.")


@pytest.mark.parametrize("template", [CHATML, THOUGHTLESS])
def test_only_the_response_and_its_end_are_trained(make_tokenizer: Any, template: str) -> None:
    tokenizer = make_tokenizer(TEXT, template)
    tokens = response_tokens(EXCHANGE, tokenizer, max_length=1000)
    assert tokenizer.decode(list(compress(tokens.ids, tokens.trained))) == "Done.<|im_end|>"
    asked = tokenizer.apply_chat_template(HISTORY, add_generation_prompt=True, return_dict=True, enable_thinking=False)[
        "input_ids"
    ]
    assert tokens.ids[: len(asked)] == asked
    assert (tokens.name, tokens.dropped) == ("dialogue d, turn 3", ())


def test_old_messages_go_first_and_whole_and_the_instruction_stays(make_tokenizer: Any) -> None:
    tokenizer = make_tokenizer(TEXT, CHATML)
    whole = response_tokens(EXCHANGE, tokenizer, max_length=1000)
    shorter = response_tokens(EXCHANGE, tokenizer, max_length=len(whole.ids) - 1)
    text = tokenizer.decode(shorter.ids)
    assert "Be kind." in text
    assert "Monday, please." in text
    assert "Oak Lodge" not in text
    assert shorter.dropped == ("user: A place to stay?", "assistant: Oak Lodge is there.")
    least = response_tokens(EXCHANGE, tokenizer, max_length=3)
    assert (least.ids, least.dropped) == (shorter.ids, shorter.dropped)


def test_an_instruction_goes_into_the_first_message_where_there_is_no_system_role(make_tokenizer: Any) -> None:
    tokenizer = make_tokenizer(TEXT, ALTERNATING)
    tokens = response_tokens(EXCHANGE, tokenizer, max_length=1000)
    assert "<|im_start|>user\nBe kind.\n\nA place to stay?<|im_end|>" in tokenizer.decode(tokens.ids)
    shorter = response_tokens(EXCHANGE, tokenizer, max_length=len(tokens.ids) - 1)
    assert "<|im_start|>user\nBe kind.\n\nMonday, please.<|im_end|>" in tokenizer.decode(shorter.ids)


def test_what_a_template_does_not_take_is_one_line(make_tokenizer: Any) -> None:
    opening = Exchange("d", 0, [], "Welcome.")
    with pytest.raises(InputError, match=r"dialogue d, turn 0: the chat template refuses the messages \(user first\)"):
        response_tokens(opening, make_tokenizer(TEXT, ALTERNATING), max_length=100)
