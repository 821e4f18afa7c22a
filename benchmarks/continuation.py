"""Claim: fifteen strategies over one long history take a fraction of the time of one prompt after another.

The embedded model (or `--model FOLDER`), greedy, one support conversation of `--turns` turns, all fifteen strategies,
per layout: the time of transformers' `generate` prompt by prompt against ours on all at once (the `continuation`
operator asks for all strategies of a point together), and how many texts differ. In history-first layouts the prompts
begin alike and the history is read and kept once; in the others it stands behind the instruction, and only the batch
helps. Every reply has exactly `--reply` tokens on both sides, so that the figures do not hang on how soon this model
ends: where nothing can be shared, short replies leave little to gain, since reading is most of the work.

    python benchmarks/continuation.py                            # >= 5x history first, >= 2x the others
    python benchmarks/continuation.py --turns 23 --rounds 1 --layouts c1_hf standard

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

from duologue.corpora.strategies import EXTENDED
from duologue.dialogue import Turn
from duologue.models import Reply, Request
from duologue.models.local import LocalModel
from duologue.models.request import Decoding
from duologue.models.spec import TINY
from duologue.prompts.steering import LAYOUTS, Layout, steered_prompt

_TALK = (
    "I feel that nobody at work hears me and the nights are long because my sister left after the exam while friends "
    "call less often so we talk about money sleep and what comes next when the week is over and it hurts"
)


def history(turns: int) -> list[Turn]:
    """A conversation of so many turns, the first and the last the seeker's, some 25 words each."""
    draw = random.Random(0)
    texts = [" ".join(draw.choices(_TALK.split(), k=draw.randrange(15, 36))) for _ in range(turns)]
    return [Turn("system" if number % 2 else "user", text) for number, text in enumerate(texts)]


async def ours(model: LocalModel, asked: list[Request]) -> tuple[float, list[Reply]]:
    begun = time.perf_counter()
    replies = await asyncio.gather(*(model.complete(request) for request in asked))
    return time.perf_counter() - begun, list(replies)


@torch.inference_mode()
def one_at_a_time(model: LocalModel, asked: list[Request], reply: int) -> tuple[float, list[str]]:
    loaded, answers = model.loaded, []
    begun = time.perf_counter()
    for request in asked:
        assert not isinstance(request.prompt, str)
        messages = [{"role": message.role, "content": message.content} for message in request.prompt]
        given: Any = loaded.tokenizer.apply_chat_template(
            messages, add_generation_prompt=True, return_tensors="pt", return_dict=True
        )
        out = loaded.model.generate(
            **given, max_new_tokens=reply, min_new_tokens=reply, do_sample=False, pad_token_id=0
        )
        answers.append(out[0, given["input_ids"].shape[1] :])
    seconds = time.perf_counter() - begun
    return seconds, [loaded.tokenizer.decode(answer, skip_special_tokens=True) for answer in answers]


async def measure(
    folder: Path, dtype: str, layout: Layout, turns: list[Turn], rounds: int, reply: int
) -> dict[str, float]:
    """Seconds of both, their ratio, and how many greedy texts differ."""
    prompts = [steered_prompt(turns, strategy, layout).messages for strategy in EXTENDED.values()]
    exactly = Decoding(min_new_tokens=reply)
    asked = [Request(prompt, max_tokens=reply, temperature=0, decoding=exactly) for prompt in prompts]
    model = LocalModel(folder, name="tiny", device="cpu", dtype=dtype)
    await ours(model, asked[:2])
    single, together, ratios, different = [], [], [], 0
    for _ in range(rounds):
        seconds, expected = one_at_a_time(model, asked, reply)
        single.append(seconds)
        seconds, replies = await ours(model, asked)
        together.append(seconds)
        ratios.append(single[-1] / seconds)
        different = sum(reply.text != text for reply, text in zip(replies, expected, strict=True))
    tokens = [model.count_tokens(prompt) for prompt in prompts]
    await model.close()
    return {
        "seconds_one_at_a_time": statistics.median(single),
        "seconds_together": statistics.median(together),
        "ratio": statistics.median(ratios),
        "texts_that_differ": different,
        "prompt_tokens": statistics.mean(tokens),
        "new_tokens": statistics.mean(reply.usage.completion_tokens for reply in replies),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=TINY)
    parser.add_argument("--turns", type=int, default=41)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--reply", type=int, default=100, help="tokens of every reply")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--layouts", nargs="+", default=LAYOUTS, choices=LAYOUTS)
    given = parser.parse_args()

    turns, measured = history(given.turns), {}
    for layout in given.layouts:
        measured[layout] = found = asyncio.run(
            measure(given.model, given.dtype, layout, turns, given.rounds, given.reply)
        )
        both = (
            f"one at a time {found['seconds_one_at_a_time']:6.2f} s   together {found['seconds_together']:6.2f} s   "
            f"ratio {found['ratio']:5.2f}   texts that differ {found['texts_that_differ']:.0f} of {len(EXTENDED)}"
        )
        print(f"{layout:9} {found['prompt_tokens']:5.0f} + {found['new_tokens']:3.0f} tokens   {both}", flush=True)
    print("targets: 5 for the history-first layouts (cN_hf), 2 for the others")
    print(
        json.dumps(
            {
                "benchmark": "continuation",
                "layouts": measured,
                "settings": {**vars(given), "model": given.model.name},
                "threads": torch.get_num_threads(),
                "python": platform.python_version(),
                "versions": {name: importlib.metadata.version(name) for name in ("torch", "transformers")},
            }
        )
    )


if __name__ == "__main__":
    main()
