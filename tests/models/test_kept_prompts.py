"""Turns of a conversation: what was read for the turn before is not read again, and answers stay what they were."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from random_families import make_random
from random_llama import make_random_llama
from token_prompts import ids, load
from transformers import AutoModelForSeq2SeqLM

from duologue.models.decoding import Row, decode
from duologue.models.kept_prompts import KeptPrompts
from duologue.models.memory import begin

Prompt = tuple[int, ...]
FIRST = [ids(number, 40 + 9 * number) for number in range(5)]
THEN = [(*prompt, *ids(100 + number, 30 - 4 * number)) for number, prompt in enumerate(FIRST)]
LATER = [(*prompt, *ids(200 + number, 12)) for number, prompt in enumerate(THEN)]


def answers(model: Any, prompts: list[Prompt], kept: KeptPrompts | None) -> list[list[int]]:
    rows = [
        Row(prompt=prompt, max_new=6 + number % 3, temperature=0.9, key=number)
        for number, prompt in enumerate([*prompts, prompts[0]])
    ]
    return [each.tokens for each in decode(model, rows, ends=frozenset({2}), text=str, kept=kept)]


def test_answers_are_those_of_prompts_read_whole(tmp_path: Path) -> None:
    model = load(make_random_llama(tmp_path, context=2048))
    kept = KeptPrompts()
    for turn in (FIRST, THEN[::-1], LATER[1:], [LATER[0], ids(7, 50)]):  # the last begins with nothing known
        assert answers(model, turn, kept) == answers(model, turn, None)
    with torch.inference_mode():
        known, whole = begin(model, THEN, kept=kept).logits, begin(model, THEN).logits
    assert torch.allclose(known, whole, atol=1e-9)


def test_only_what_is_new_is_read(tmp_path: Path) -> None:
    model = load(make_random_llama(tmp_path))
    read: list[int] = []
    model.get_input_embeddings().register_forward_hook(lambda module, given, out: read.append(given[0].numel()))
    kept = KeptPrompts()
    with torch.inference_mode():
        begin(model, FIRST[:1], kept=kept)
        begin(model, THEN[:1], kept=kept)
        begin(model, LATER[:1], kept=kept)
        kept.clear()
        begin(model, THEN[:1], kept=kept)
    assert read == [40, 30, 42, 70]


@pytest.mark.parametrize("family", ["gemma2", "t5"])
def test_models_that_cannot_go_on_read_whole_prompts(family: str, tmp_path: Path) -> None:
    folder = make_random(family, tmp_path)
    kind = AutoModelForSeq2SeqLM if family == "t5" else None
    model = load(folder) if kind is None else kind.from_pretrained(folder, dtype=torch.float64).eval()
    kept = KeptPrompts()
    for turn in (FIRST, THEN):
        assert answers(model, turn, kept) == answers(model, turn, None)


def test_with_weights_in_bf16_too(tmp_path: Path) -> None:
    model = load(make_random_llama(tmp_path), torch.bfloat16)
    kept = KeptPrompts()
    with torch.inference_mode():
        begin(model, FIRST, kept=kept)
        known, whole = begin(model, THEN, kept=kept).logits, begin(model, THEN).logits
    assert torch.allclose(known, whole, atol=0.05 * float(whole.abs().max()))
