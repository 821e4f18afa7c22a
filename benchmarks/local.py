"""Claim: decoding requests together is several times faster than `generate` one at a time, with the same text.

The embedded model (or `--model FOLDER`), greedy, SimpleToD contexts of the `tod` world, so of mixed lengths; per
dtype the time of transformers' `generate` prompt by prompt against ours on all at once, and the share of texts that
differ between the two. Then the promise of float64: the same seeds in batches of another size and order, and how many
sampled texts came out differently.

    python benchmarks/local.py                                # fp32 >= 2.5x, bf16 >= 5x
    python benchmarks/local.py --prompts 16 --rounds 1 --tokens 20000

"""

from __future__ import annotations

import argparse
import asyncio
import importlib.metadata
import json
import platform
import random
import statistics
import time
from pathlib import Path
from typing import Any

import torch

from duologue.corpora.multiwoz.v21 import dialogue_from_native
from duologue.corpora.worlds.tod import sample
from duologue.models import Reply, Request
from duologue.models.local import LocalModel
from duologue.models.spec import TINY
from duologue.views.simpletod import simpletod_examples

NEW_TOKENS = 60


def prompts(count: int) -> list[str]:
    """SimpleToD contexts of the held-out part of the `tod` world, one a dialogue, at a turn drawn."""
    draw = random.Random(0)
    held_out = (dialogue_from_native(item.id, item.dialogue) for item in sample(count, 0, "test"))
    return [draw.choice(list(simpletod_examples(dialogue))).prompt for dialogue in held_out]


async def ours(model: LocalModel, asked: list[Request]) -> tuple[float, list[Reply]]:
    begun = time.perf_counter()
    replies = await asyncio.gather(*(model.complete(request) for request in asked))
    return time.perf_counter() - begun, list(replies)


@torch.inference_mode()
def one_at_a_time(model: Any, tokenizer: Any, texts: list[str]) -> tuple[float, list[str]]:
    begun = time.perf_counter()
    answers = []
    for text in texts:
        ids = tokenizer(text, return_tensors="pt")["input_ids"]
        out = model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=NEW_TOKENS,
            do_sample=False,
            pad_token_id=0,
        )
        answers.append(out[0, ids.shape[1] :].tolist())
    seconds = time.perf_counter() - begun
    ends = model.generation_config.eos_token_id
    ends = set(ends if isinstance(ends, list) else [ends])
    return seconds, [tokenizer.decode([token for token in answer if token not in ends]) for answer in answers]


def speed(folder: Path, dtype: str, texts: list[str], rounds: int) -> dict[str, float]:
    """Seconds of both, their ratio, and the share of greedy texts that differ."""
    asked = [Request(text, max_tokens=NEW_TOKENS, temperature=0) for text in texts]

    async def run() -> dict[str, float]:
        model = LocalModel(folder, name="tiny", device="cpu", dtype=dtype)
        await ours(model, asked[:2])
        single, batched, different, threads = [], [], 0, torch.get_num_threads()
        for _ in range(rounds):
            seconds, expected = one_at_a_time(model.loaded.model, model.loaded.tokenizer, texts)
            single.append(seconds)
            seconds, replies = await ours(model, asked)
            batched.append(seconds)
            different = sum(reply.text != text for reply, text in zip(replies, expected, strict=True))
        await model.close()
        return {
            "seconds_one_at_a_time": statistics.median(single),
            "seconds_together": statistics.median(batched),
            "ratio": statistics.median(a / b for a, b in zip(single, batched, strict=True)),
            "texts_that_differ": different / len(texts),
            "threads": threads,
        }

    return asyncio.run(run())


def flips(folder: Path, dtype: str, tokens: int) -> dict[str, float]:
    """How often sampled text depends on its batch: the same requests, in batches of 32 and, reordered, of 7."""
    texts = prompts(tokens // NEW_TOKENS)
    asked = [Request(text, max_tokens=NEW_TOKENS, temperature=1.0, seed=seed) for seed, text in enumerate(texts)]
    order = random.Random(1).sample(range(len(asked)), len(asked))

    async def run(max_batch: int, requests: list[Request]) -> list[Reply]:
        model = LocalModel(folder, name="tiny", device="cpu", dtype=dtype, max_batch=max_batch)
        _, replies = await ours(model, requests)
        await model.close()
        return replies

    first = asyncio.run(run(32, asked))
    second = asyncio.run(run(7, [asked[number] for number in order]))
    differing = sum(first[number].text != reply.text for number, reply in zip(order, second, strict=True))
    return {
        "tokens": sum(reply.usage.completion_tokens for reply in first),
        "texts": len(asked),
        "texts_that_differ": differing,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=TINY)
    parser.add_argument("--prompts", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tokens", type=int, default=100_000, help="compared for the promise of float64; 0 skips it")
    given = parser.parse_args()

    texts = prompts(given.prompts)
    measured = {dtype: speed(given.model, dtype, texts, given.rounds) for dtype in ("float32", "bfloat16", "float64")}
    for dtype, result in measured.items():
        both = f"one at a time {result['seconds_one_at_a_time']:6.2f} s   together {result['seconds_together']:6.2f} s"
        print(f"{dtype:9} {both}   ratio {result['ratio']:.2f}   texts that differ {result['texts_that_differ']:.3f}")
    stable = {}
    if given.tokens:
        stable = {dtype: flips(given.model, dtype, given.tokens) for dtype in ("float64", "float32", "bfloat16")}
        for dtype, result in stable.items():
            print(f"{dtype:9} {result['texts_that_differ']} of {result['texts']} sampled texts depend on their batch")
    print("targets: float32 2.5 with no text that differs, bfloat16 5, float64 no text that depends on its batch")
    print(
        json.dumps(
            {
                "benchmark": "local",
                "speed": measured,
                "batch_dependence": stable,
                "settings": {**vars(given), "model": given.model.name, "new_tokens": NEW_TOKENS},
                "python": platform.python_version(),
                "versions": {name: importlib.metadata.version(name) for name in ("torch", "transformers")},
            }
        )
    )


if __name__ == "__main__":
    main()
