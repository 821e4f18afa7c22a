"""Contrastive and diverse beam search against numbers worked out by hand, and against the papers in plain Python."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from plain_decoding import contrastive, cosine, diverse_beams, softmax
from toy_language_model import END, PAD, STATES, ToyModel, toy_logits, toy_states

from duologue.models.generation.contrastive import contrastive_search, degeneration
from duologue.models.generation.diverse_beam import diverse_beam_search

PROMPTS = [[1], [2, 3], [3, 1, 2, 2, 1], [1, 1, 3]]


def generate(prompts: list[list[int]], **options: Any) -> list[list[int]]:
    """What comes after the prompts, up to the end, all in one batch padded on the left."""
    longest = max(map(len, prompts))
    ids = torch.tensor([[PAD] * (longest - len(prompt)) + prompt for prompt in prompts])
    mask = torch.tensor([[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts])
    with torch.inference_mode():
        out = ToyModel().generate(ids, attention_mask=mask, eos_token_id=END, pad_token_id=PAD, **options)
    answers = [row[longest:].tolist() for row in out]
    return [answer[: answer.index(END) + 1] if END in answer else answer for answer in answers]


def test_one_step_of_contrastive_search() -> None:
    """After token 1: logits 1.7 for token 2 and 1.5 for token 3, and 0.2 - 0.25 for token 1, which stands there.

    The states: cos(h2, h1) = 0.6, cos(h3, h1) = 0. So 3 wins as soon as alpha > (p2 - p3) / (p2 - p3 + 0.6).
    """
    total = math.exp(-9) + math.exp(0.2 - 0.25) + math.exp(1.7) + math.exp(1.5) + math.exp(-0.5)
    p2, p3 = math.exp(1.7) / total, math.exp(1.5) / total
    assert softmax(toy_logits([1]))[2:4] == pytest.approx([p2, p3])
    turning = (p2 - p3) / (p2 - p3 + 0.6)
    common = {"custom_generate": contrastive_search, "top_k": 2, "max_new_tokens": 1}
    assert generate([[1]], penalty_alpha=turning - 0.01, **common) == [[2]]
    assert generate([[1]], penalty_alpha=turning + 0.01, **common) == [[3]]


def test_the_degeneration_penalty_is_the_largest_cosine_and_padding_is_no_context() -> None:
    context, candidates = [PAD, 1, 3], [2, 4]
    units = torch.nn.functional.normalize(torch.tensor(STATES, dtype=torch.float64), dim=-1)
    mask = torch.tensor([[False, True, True]])
    found = degeneration(units[candidates][None], units[context][None], mask)[0].tolist()
    assert found == pytest.approx([0.8, 0.6])
    assert found == pytest.approx([max(cosine(STATES[c], STATES[j]) for j in (1, 3)) for c in candidates])


@pytest.mark.parametrize("alpha", [0.1, 0.4, 0.6, 0.9])
@pytest.mark.parametrize("top_k", [2, 3, 5])
def test_contrastive_search_is_the_paper_s(alpha: float, top_k: int) -> None:
    found = generate(PROMPTS, custom_generate=contrastive_search, penalty_alpha=alpha, top_k=top_k, max_new_tokens=9)
    for prompt, answer in zip(PROMPTS, found, strict=True):
        expected = contrastive(toy_logits, toy_states, prompt, alpha=alpha, top_k=top_k, new=9, end=END)
        assert answer == expected


def test_one_step_of_diverse_beams() -> None:
    """After token 1 both groups would take 2 (logit 1.7); once the first has, it costs the second 0.2 to prefer 3.

    Whichever the second group takes, the first group's answer has the larger score and comes out; the second one is
    seen when two answers are asked for.
    """
    common = {
        "custom_generate": diverse_beam_search,
        "num_beams": 2,
        "num_beam_groups": 2,
        "num_return_sequences": 2,
        "max_new_tokens": 1,
    }
    assert generate([[1]], diversity_penalty=0.19, **common) == [[2], [2]]
    assert generate([[1]], diversity_penalty=0.21, **common) == [[2], [3]]


@pytest.mark.parametrize(("beams", "groups", "penalty"), [(2, 2, 0.5), (4, 2, 0.3), (6, 3, 1.15), (3, 1, 0.0)])
@pytest.mark.parametrize(("length_penalty", "early"), [(1.0, False), (0.0, "never"), (2.0, True), (-1.0, False)])
def test_diverse_beams_are_the_paper_s(
    beams: int, groups: int, penalty: float, length_penalty: float, early: bool | str
) -> None:
    found = generate(
        PROMPTS,
        custom_generate=diverse_beam_search,
        num_beams=beams,
        num_beam_groups=groups,
        diversity_penalty=penalty,
        length_penalty=length_penalty,
        early_stopping=early,
        max_new_tokens=7,
    )
    for prompt, answer in zip(PROMPTS, found, strict=True):
        expected = diverse_beams(
            toy_logits,
            prompt,
            beams=beams,
            groups=groups,
            penalty=penalty,
            new=7,
            end=END,
            length_penalty=length_penalty,
            early_stopping=early,
        )
        assert answer == expected


@pytest.mark.parametrize(("length_penalty", "early"), [(1.0, False), (0.0, "never"), (2.0, True), (-1.0, False)])
def test_with_one_group_it_is_the_library_s_beam_search(length_penalty: float, early: bool | str) -> None:
    common = {"num_beams": 3, "length_penalty": length_penalty, "early_stopping": early, "max_new_tokens": 8}
    assert generate(PROMPTS, custom_generate=diverse_beam_search, **common) == generate(PROMPTS, **common)
