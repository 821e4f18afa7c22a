"""Every chat template that TRL ships: what of it is trained, what is refused, and whether empty thinking is seen.

A new TRL with another template, or one that is masked otherwise, changes a table here.
"""

from __future__ import annotations

from functools import cache
from itertools import compress, groupby
from typing import Any

import pytest
from trl_templates import shipped, tokenizer_for

from duologue.errors import InputError
from duologue.models.chat_template import fit_template
from duologue.views.chat import tokenise_answer, tokenise_messages
from duologue.views.masks import EMPTY_THINKING, empty_thinking, problems
from duologue.views.tokens import Tokens

pytest.importorskip("trl")

TEMPLATES = shipped()

TRAINED = {
    "cohere": "{}<|END_OF_TURN_TOKEN|>",
    "cohere2": "{}<|END_RESPONSE|><|END_OF_TURN_TOKEN|>",
    "deepseek": "{}<｜end▁of▁sentence｜>",
    "diffusion_gemma": "{}<turn|>",
    "gemma": "{}<end_of_turn>",
    "gemma3": "{}<end_of_turn>",
    "gemma4": "{}<turn|>",
    "idefics3": " {}<end_of_utterance>",
    "lfm2": "{}<|im_end|>",
    "llama3": "{}<|eot_id|>",
    "llava_next": " {}</s>",
    "muse_glimmer": " to=user<|message|>{}<|eot|>",
    "nemotron_3": "{}<|im_end|>",
    "phi3": "{}<|end|>",
    "qwen": "{}<|im_end|>",
    "smolvlm": " {}<end_of_utterance>",
}
"""What is trained of an answer, by the beginning of the template's name."""

TRAINED_LAST = {
    "glm4moe": ("\n{}<|user|>", "\n{}</s>"),
    "glm4moe_training": ("\n{}<|user|>", "\n{}<|user|>"),
    "gptoss_training": ("<|channel|>final<|message|>{}<|end|>", "<|channel|>final<|message|>{}<|return|>"),
    "gptoss": ("", "<|channel|>final<|message|>{}<|return|>"),
}
"""Where the last answer ends in another way than those before it. A GLM stops by writing whose turn comes next."""

REFUSED = {
    "deepseek_r1_distill": r"asks with '<think>\\n', but does not begin the answer so \(seen at message 1\)",
    "deepseekv3": r"asks with '<think>\\n', but does not begin the answer so \(seen at message 1\)",
    "gptoss": r"rewrites earlier turns \(seen at message 1\)",
    "qwen3": r"rewrites earlier turns \(seen at message 1\)",
    "qwen3_5_nothink": r"rewrites earlier turns \(seen at message 1\)",
    "qwen3_5_think": r"rewrites earlier turns \(seen at message 1\)",
    "qwen3_6": r"rewrites earlier turns \(seen at message 1\)",
}
"""No {% generation %}, and no difference that would be sound: refused when every answer is to be trained."""

DOUBTED = {
    "deepseek_r1_distill_training": "asks with '<think>",
    "deepseekv3_training": "asks with '<think>",
    "gptoss_training": "rewrites earlier turns",
}
"""Masked by {% generation %}, but a model is asked otherwise than it is trained: `duologue mask` says so."""

REFUSED_ALONE = {"deepseek_r1_distill", "deepseek_r1_distill_training", "deepseekv3", "deepseekv3_training"}
"""Refused even where only the last answer is trained."""

THINKING = {
    *("glm4moe", "nemotron_3_5_lightning", "nemotron_3_nano", "nemotron_3_super", "nemotron_3_ultra"),
    *("qwen3", "qwen3_5_nothink", "qwen3_5_think", "qwen3_6", "qwen3_8"),
}
"""These, and their training variants, put an empty thinking block before an answer without reasoning."""

MESSAGES = [
    {"role": "user", "content": "Is there a room?"},
    {"role": "assistant", "content": "There is one up north."},
    {"role": "user", "content": "How much is it?"},
    {"role": "assistant", "content": "It is ninety pounds."},
]


@cache
def tokenizer(name: str) -> Any:
    return tokenizer_for(TEMPLATES[name].read_text(encoding="utf-8"))


def trained(tokens: Tokens, name: str) -> list[str]:
    parts = groupby(zip(tokens.ids, tokens.trained, strict=True), key=lambda pair: pair[1])
    return [tokenizer(name).decode([token for token, _ in part]) for covered, part in parts if covered]


def patterns(name: str) -> tuple[str, str]:
    """What is trained of an answer that is not the last, and of the last."""
    if name in TRAINED_LAST:
        return TRAINED_LAST[name]
    longest = max((start for start in TRAINED if name.startswith(start)), key=len)
    return TRAINED[longest], TRAINED[longest]


def test_the_tables_name_no_template_that_is_not_there() -> None:
    assert TEMPLATES.keys() >= {*TRAINED_LAST, *REFUSED, *DOUBTED, *REFUSED_ALONE, *THINKING}
    assert all(any(name.startswith(start) for name in TEMPLATES) for start in TRAINED)


@pytest.mark.parametrize("name", [name for name in TEMPLATES if name not in REFUSED])
def test_every_answer_and_its_end_is_trained_and_nothing_else(name: str) -> None:
    tokens = tokenise_messages(MESSAGES, tokenizer(name))
    first, last = patterns(name)
    expected = [first.format(MESSAGES[1]["content"]), last.format(MESSAGES[3]["content"])]
    assert trained(tokens, name) == expected
    assert [problem for problem in problems(tokens, tokenizer(name)) if DOUBTED.get(name, "-") not in problem] == []
    assert (tokens.doubt != "") == (name in DOUBTED)


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_template_whose_mask_cannot_be_told_is_refused_in_one_line(name: str) -> None:
    with pytest.raises(InputError, match=REFUSED[name]) as refused:
        tokenise_messages(MESSAGES, tokenizer(name), name="row 3")
    assert str(refused.value).startswith("row 3: the chat template ")
    assert "--view response" in str(refused.value) or name in REFUSED_ALONE
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", [name for name in TEMPLATES if name not in REFUSED_ALONE])
def test_alone_the_last_answer_follows_exactly_what_a_model_is_asked_with(name: str) -> None:
    told = {"role": "system", "content": "You let rooms."}
    messages = [told, *MESSAGES]
    tokens = tokenise_answer(messages, tokenizer(name))
    assert trained(tokens, name) == [patterns(name)[1].format(MESSAGES[3]["content"])]
    assert problems(tokens, tokenizer(name)) == []
    asked = fit_template(messages, tokenizer(name), thinking=False).render(messages[:-1], prompt=True)
    assert asked.count("You let rooms.") == 1
    assert tokens.ids[: tokens.trained.index(True)] == tokenizer(name)(asked, add_special_tokens=False)["input_ids"]


@pytest.mark.parametrize("name", sorted(REFUSED_ALONE))
def test_a_template_that_asks_for_reasoning_is_refused_without_any(name: str) -> None:
    with pytest.raises(InputError, match="asks with '<think>"):
        tokenise_answer(MESSAGES, tokenizer(name))


@pytest.mark.parametrize("name", [name for name in TEMPLATES if name not in REFUSED_ALONE])
def test_an_empty_thinking_block_is_seen_and_never_trained(name: str) -> None:
    tokens = tokenise_answer(MESSAGES, tokenizer(name))
    found = empty_thinking(tokens, tokenizer(name))
    assert bool(found) == (name.removesuffix("_training") in THINKING)
    for place in found:
        assert EMPTY_THINKING.fullmatch(tokenizer(name).decode(tokens.ids[place.start : place.end]))
        assert not any(tokens.trained[place.start : place.end])


@pytest.mark.parametrize("name", [f"{name}_training" for name in sorted(THINKING)])
def test_the_mask_of_the_template_alone_would_train_it(name: str) -> None:
    made = tokenizer(name).apply_chat_template(
        MESSAGES, tokenize=True, return_dict=True, return_assistant_tokens_mask=True
    )
    given = Tokens(list(made["input_ids"]), [bool(each) for each in made["assistant_masks"]])
    assert any("an empty thinking block" in problem for problem in problems(given, tokenizer(name)))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("qwen3_training", "<think>\nNinety.\n</think>\n\nIt is ninety.<|im_end|>"),
        ("qwen3_5_think_training", "Ninety.\n</think>\n\nIt is ninety.<|im_end|>"),
        ("qwen3_6_training", "Ninety.\n</think>\n\nIt is ninety.<|im_end|>"),
        ("deepseek_r1_distill_training", "Ninety.\n</think>\n\nIt is ninety.<｜end▁of▁sentence｜>"),
    ],
)
def test_reasoning_that_the_messages_bring_is_trained(name: str, expected: str) -> None:
    answer = {"role": "assistant", "content": "<think>\nNinety.\n</think>\n\nIt is ninety."}
    tokens = tokenise_messages([MESSAGES[2], answer], tokenizer(name))
    assert tokenizer(name).decode(list(compress(tokens.ids, tokens.trained))) == expected
    assert problems(tokens, tokenizer(name)) == []


def test_reasoning_that_a_template_overlooks_is_found_out() -> None:
    answer = {"role": "assistant", "content": "It is ninety."}
    own_field = [MESSAGES[2], {**answer, "reasoning_content": "Ninety."}]
    in_text = [MESSAGES[2], {**answer, "content": "<think>\nNinety.\n</think>\n\nIt is ninety."}]
    assert problems(tokenise_messages(own_field, tokenizer("qwen3_8")), tokenizer("qwen3_8")) == []
    (problem,) = problems(tokenise_messages(in_text, tokenizer("qwen3_8")), tokenizer("qwen3_8"))
    assert "an empty thinking block" in problem
