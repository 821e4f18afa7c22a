"""Whether two models answer alike: the largest difference of their logits, and their greedy answers to some prompts.

    before = answers(tuned.model, prompts(tokenizer))
    compared = compare(before, answers(merged, prompts(tokenizer)))

Greedy answers that part at two tokens whose logits are equal but for rounding count as the same: which of them comes
first says nothing about the models (tokens that were added and never trained are such twins).
"""

from __future__ import annotations

from typing import Any, NamedTuple

PROMPTS = 20
TOLERANCE = 1e-3
"""Largest difference of two logits in 32 bits that counts as rounding."""
_LONGEST, _NEW = 32, 16


class Answers(NamedTuple):
    """Of each prompt: the logits of its tokens [tokens, vocabulary], what a greedy model adds, and the logits then."""

    logits: list[Any]
    greedy: list[list[int]]
    steps: list[Any]


class Compared(NamedTuple):
    """The largest difference of two logits, the logits' standard deviation, and how many greedy answers are equal."""

    difference: float
    deviation: float
    same: int


def prompts(tokenizer: Any) -> list[list[int]]:
    """Twenty prompts of different lengths over the whole vocabulary, the newest tokens among them; always the same."""
    import torch

    size = len(tokenizer)
    drawn = torch.Generator().manual_seed(0)
    found = []
    for number in range(PROMPTS):
        length = 4 + number * (_LONGEST - 4) // PROMPTS
        ids: list[int] = torch.randint(size, (length,), generator=drawn).tolist()
        ids[number % length] = size - 1 - number % min(size, 40)  # added tokens have the last ids
        found.append(ids)
    return found


def answers(model: Any, asked: list[list[int]]) -> Answers:
    """Ask a causal or encoder-decoder model, one prompt at a time."""
    import torch

    device = model.get_input_embeddings().weight.device
    found = Answers([], [], [])
    options = {"max_new_tokens": _NEW, "do_sample": False, "num_beams": 1, "repetition_penalty": 1.0}
    options |= {"output_logits": True, "return_dict_in_generate": True, "pad_token_id": 0}
    with torch.no_grad():
        for prompt in asked:
            ids = torch.tensor([prompt], device=device)
            decoder = {"decoder_input_ids": ids} if model.config.is_encoder_decoder else {}
            found.logits.append(model(input_ids=ids, **decoder).logits[0].float().cpu())
            out = model.generate(input_ids=ids, attention_mask=torch.ones_like(ids), **options)
            found.steps.append(torch.cat(out.logits).float().cpu())
            found.greedy.append(out.sequences[0, -len(out.logits) :].tolist())
    return found


def compare(first: Answers, second: Answers) -> Compared:
    """Two models' answers to the same prompts."""
    import torch

    rows = list(zip(first.logits, second.logits, strict=True))
    return Compared(
        difference=max(float((one - other).abs().max()) for one, other in rows),
        deviation=float(torch.cat(first.logits).std()),
        same=sum(
            _same(one, other, steps) for one, other, steps in zip(first.greedy, second.greedy, first.steps, strict=True)
        ),
    )


def _same(one: list[int], other: list[int], steps: Any) -> bool:
    """Whether two greedy answers are equal, or part at a tie in the first model's logits."""
    for mine, theirs, logits in zip(one, other, steps, strict=False):
        if mine != theirs:
            return bool(abs(logits[mine] - logits[theirs]) <= TOLERANCE)
    return len(one) == len(other)
