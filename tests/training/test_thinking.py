"""The template that is saved with a model asks it as it was trained."""

from __future__ import annotations

from typing import Any

import pytest
from trl_templates import shipped, tokenizer_for

from duologue.models.chat_template import fit_template
from duologue.training.examples import to_rows
from duologue.training.thinking import settle_thinking
from duologue.views.chat import tokenise_answer

pytest.importorskip("trl")

ASKED = [{"role": "user", "content": "How much is it?"}]
ANSWER = {"role": "assistant", "content": "Ninety."}
SWITCHED = [name for name, path in shipped().items() if "enable_thinking" in path.read_text(encoding="utf-8")]


def settled(name: str, answer: dict[str, str]) -> Any:
    tokenizer = tokenizer_for(shipped()[name].read_text(encoding="utf-8"))
    rows = to_rows([tokenise_answer([*ASKED, answer], tokenizer)], loss="completion", max_length=500, what="one")
    settle_thinking(tokenizer, rows)
    settle_thinking(tokenizer, rows)
    return tokenizer


@pytest.mark.parametrize("name", SWITCHED)
def test_answers_without_reasoning_are_asked_for_without_it(name: str) -> None:
    tokenizer = settled(name, ANSWER)
    template = fit_template(ASKED, tokenizer)
    trained_with = fit_template(ASKED, tokenizer, thinking=False).render(ASKED, prompt=True)
    assert template.render(ASKED, prompt=True) == trained_with
    original = tokenizer_for(shipped()[name].read_text(encoding="utf-8"))
    asked_to_think = fit_template(ASKED, tokenizer, thinking=True).render(ASKED, prompt=True)
    assert asked_to_think == fit_template(ASKED, original, thinking=True).render(ASKED, prompt=True)


def test_answers_with_reasoning_leave_the_template_as_it_is() -> None:
    tokenizer = settled("qwen3_training", {**ANSWER, "reasoning_content": "A room for one."})
    assert tokenizer.chat_template == shipped()["qwen3_training"].read_text(encoding="utf-8")
