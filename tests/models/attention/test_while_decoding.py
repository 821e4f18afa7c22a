"""Attention taken while answers are decoded is that of a second pass over them."""

from __future__ import annotations

import pytest
import torch
from attention_families import family, some_ids

from duologue.errors import InputError
from duologue.models.attention import Watched
from duologue.models.attention.teacher_forced import reply_attention
from duologue.models.attention.while_decoding import AnswerWatch, answer_room, decode_watched
from duologue.models.decoding import Row, decode

PARTS = {"name": [(5, 8)], "history": [(9, 12)]}


@pytest.mark.parametrize("name", ["llama", "mistral-sliding", "gemma2", "gemma3", "gpt2"])
def test_no_second_pass_is_needed(name: str) -> None:
    """Prompts of several lengths, one that another begins with, one with two answers, which end at other times."""
    model = family(name)
    long = tuple(some_ids(30))
    prompts = [long, long[:20], tuple(some_ids(24, seed=3)), long]
    rows = [Row(prompt, max_new=12, temperature=1.0, key=number) for number, prompt in enumerate(prompts)]
    plain = decode(model, rows, ends=frozenset(), text=str)
    ends = frozenset({plain[1].tokens[4]})
    expected = decode(model, rows, ends=ends, text=str)
    watch = AnswerWatch([answer_room(prompt, 12, PARTS) for prompt in prompts])
    decoded = decode_watched(model, rows, watch, ends=ends, text=str)
    assert [each.tokens for each in decoded] == [each.tokens for each in expected]
    assert len({len(each.tokens) for each in decoded}) > 1
    for prompt, answer, found in zip(prompts, decoded, watch.found(decoded), strict=True):
        if not answer.tokens:
            continue
        (again,) = reply_attention(model, [Watched([*prompt, *answer.tokens], len(prompt), PARTS)])
        torch.testing.assert_close(found.rows, again.rows, atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(found.sums, again.sums, atol=1e-5, rtol=1e-4)


def test_models_with_attention_of_their_own_are_refused() -> None:
    prompt = tuple(some_ids(8))
    watch = AnswerWatch([answer_room(prompt, 2, {})])
    with pytest.raises(InputError, match="FalconForCausalLM computes its attention in code of its own"):
        decode_watched(family("falcon"), [Row(prompt, max_new=2)], watch, ends=frozenset(), text=str)
