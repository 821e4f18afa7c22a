"""Pairs as token ids: both sides begin as a model is asked, only the policy's own words are marked."""

from __future__ import annotations

from typing import Any

import pytest
from chat_templates import CHATML, MARKED, THOUGHTLESS
from random_llama import make_tokenizer
from toy_pairs import said, toy_pair

from duologue.errors import InputError
from duologue.models.request import Message
from duologue.training.base_model import load_tokenizer
from duologue.views.preference_tokens import PreferenceTokens, preference_tokens, without_ends
from duologue.views.tokens import Tokens

SPECIAL = ("<|im_start|>", "<|im_end|>")


def tokens_of(number: int, tokenizer: Any, *, max_length: int = 512) -> PreferenceTokens:
    pair = toy_pair(number)
    return preference_tokens(pair.prompt, pair.chosen, pair.rejected, tokenizer, max_length=max_length, name=pair.id)


def marked(tokens: Tokens, tokenizer: Any) -> str:
    return str(tokenizer.decode([token for token, mark in zip(tokens.ids, tokens.trained, strict=True) if mark]))


@pytest.mark.parametrize("template", [CHATML, MARKED, None])
def test_a_trajectory_marks_the_policys_replies_and_not_the_users(template: str | None) -> None:
    tokenizer = make_tokenizer(special=SPECIAL, template=template)
    tokens = tokens_of(0, tokenizer)
    text = tokenizer.decode(tokens.chosen.ids)
    assert "the north" in text
    end = "<|im_end|>" if template else "<|end|>"
    space = "" if template else " "
    assert marked(tokens.chosen, tokenizer) == f"{space}which area?{end}{space}yes, north{end}"
    assert marked(tokens.rejected, tokenizer) == f"{space}no, west{end}"


@pytest.mark.parametrize("template", [CHATML, MARKED, None])
def test_the_end_that_a_policy_did_not_write_is_not_trained(template: str | None) -> None:
    tokenizer = make_tokenizer(special=SPECIAL, template=template)
    tokens = tokens_of(0, tokenizer).chosen
    end = "<|im_end|>" if template else "<|end|>"
    space = "" if template else " "
    for cut, expected in [
        ((), f"{space}which area?{end}{space}yes, north{end}"),
        ((0,), f"{space}which area?{space}yes, north{end}"),
        ((1,), f"{space}which area?{end}{space}yes, north"),
    ]:
        assert marked(without_ends(tokens, cut), tokenizer) == expected


@pytest.mark.parametrize("template", [CHATML, MARKED, None])
def test_both_sides_begin_with_what_a_model_is_asked(template: str | None) -> None:
    tokenizer = make_tokenizer(special=SPECIAL, template=template)
    for number in (0, 1):
        tokens = tokens_of(number, tokenizer)
        asked = [side.ids[: side.trained.index(True)] for side in (tokens.chosen, tokens.rejected)]
        assert asked[0] == asked[1]
        messages = [{"role": each.role, "content": each.content} for each in toy_pair(number).prompt]
        if template:
            rendered = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
            assert asked[0] == tokenizer(rendered, add_special_tokens=False)["input_ids"]


def test_the_embedded_model_takes_trajectories() -> None:
    tokenizer = load_tokenizer("tiny")
    text = marked(tokens_of(0, tokenizer).chosen, tokenizer)
    assert text.index("which area?") < text.index("yes, north")
    assert "the north" not in text


def test_both_sides_lose_the_same_oldest_turns() -> None:
    tokenizer = make_tokenizer(special=SPECIAL, template=CHATML)
    old = said("hello there", "a hotel", "where?")
    pair = toy_pair(0)
    prompt = (pair.prompt[0], Message("user", "good morning"), *old, pair.prompt[1])

    def cut(length: int) -> PreferenceTokens:
        return preference_tokens(prompt, pair.chosen, pair.rejected, tokenizer, max_length=length)

    whole = cut(512)
    assert whole.dropped == ()
    shorter = cut(whole.longest - 1)
    assert shorter.dropped == ("user: good morning", "assistant: hello there")
    assert shorter.longest < whole.longest
    shortest = cut(8)
    assert len(shortest.dropped) == 4
    for side in (shorter, shortest):
        texts = [tokenizer.decode(tokens.ids) for tokens in (side.chosen, side.rejected)]
        assert all("answer, or ask back." in text and "good morning" not in text for text in texts)
        assert (
            side.chosen.ids[: side.chosen.trained.index(True)] == side.rejected.ids[: side.rejected.trained.index(True)]
        )


def test_a_template_that_rewrites_the_question_is_refused() -> None:
    with pytest.raises(InputError, match="rewrites earlier turns"):
        tokens_of(0, make_tokenizer(special=SPECIAL, template=THOUGHTLESS))
    assert tokens_of(1, make_tokenizer(special=SPECIAL, template=THOUGHTLESS)).chosen.ids
