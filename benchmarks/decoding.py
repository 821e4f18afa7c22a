"""Claim: answering the turns of a corpus is at least 1.8 times faster than the dialogue lab's way, with the same texts.

The embedded model (or `--model FOLDER`) in float32, the chat system on held-out dialogues of the `tod` world with gold
history. The lab's way: the turns of one dialogue are one batch, padded on the left to its longest history, and
transformers' `generate` goes on until its longest answer is done. Ours: turns of all dialogues in batches by length,
and a row that is done leaves. Both in the same run, in turns, on the same token ids; the median of the ratios counts.
The ratio of processor times stands beside it: on a machine that others use, it is the steadier one.

    python benchmarks/decoding.py                              # greedy: >= 1.8x with no text that differs
    python benchmarks/decoding.py --dialogues 6 --rounds 1

"""

from __future__ import annotations

import argparse
import asyncio
import importlib.metadata
import json
import platform
import statistics
from pathlib import Path
from typing import Any

import torch
from helpers.seconds import Seconds
from transformers import GenerationConfig

from duologue.corpora.multiwoz.v21 import dialogue_from_native
from duologue.corpora.worlds.tod import sample
from duologue.dialogue import Dialogue
from duologue.models.generation.options import DecodingOptions
from duologue.models.local import LocalModel
from duologue.models.spec import TINY
from duologue.systems.chat import ChatOptions, respond
from duologue.views.response import exchanges

Texts = list[list[str]]
"""The responses of each dialogue."""


def lab(model: LocalModel, dialogues: list[Dialogue], new_tokens: int) -> tuple[Seconds, Texts]:
    """One padded batch a dialogue through `generate`; seconds and texts."""
    network, tokenizer, ends = model.loaded.model, model.loaded.tokenizer, model.loaded.ends
    tokenizer.padding_side = "left"
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    config = GenerationConfig(
        max_new_tokens=new_tokens, do_sample=False, eos_token_id=sorted(ends), pad_token_id=tokenizer.pad_token_id
    )
    texts: Texts = []
    begun = Seconds.now()
    for dialogue in dialogues:
        rendered = [
            tokenizer.apply_chat_template(each.history, add_generation_prompt=True, tokenize=False)
            for each in exchanges(dialogue)
        ]
        batch = tokenizer(rendered, return_tensors="pt", padding=True, add_special_tokens=False)
        with torch.inference_mode():
            made = network.generate(
                input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], generation_config=config
            )
        answers = made[:, batch["input_ids"].shape[1] :]
        texts.append([_said(text) for text in tokenizer.batch_decode(answers, skip_special_tokens=True)])
    return begun.until_now(), texts


def ours(model: LocalModel, dialogues: list[Dialogue], new_tokens: int) -> tuple[Seconds, Texts]:
    """The chat system; seconds and texts."""

    async def rows() -> Texts:
        found = respond(dialogues, model.complete, ChatOptions(), DecodingOptions(max_new_tokens=new_tokens))
        return [[_said(turn.response) for turn in row.turns] async for row in found]

    begun = Seconds.now()
    texts = loop.run_until_complete(rows())
    return begun.until_now(), texts


def _said(text: str) -> str:
    return " ".join(text.split())


def fitting(model: LocalModel, count: int, new_tokens: int) -> list[Dialogue]:
    """Held-out dialogues that the user opens and whose longest history leaves room for an answer."""
    made = (dialogue_from_native(item.id, item.dialogue) for item in sample(2 * count, 0, "test"))
    tokenizer, room = model.loaded.tokenizer, model.loaded.context - new_tokens

    def fits(dialogue: Dialogue) -> bool:
        last = list(exchanges(dialogue))[-1].history
        return len(tokenizer(tokenizer.apply_chat_template(last, tokenize=False))["input_ids"]) < room - 8

    return [dialogue for dialogue in made if dialogue.turns[0].speaker == "user" and fits(dialogue)][:count]


def main() -> dict[str, Any]:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=TINY)
    parser.add_argument("--dialogues", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--new-tokens", type=int, default=64)
    given = parser.parse_args()

    model = LocalModel(given.model, name="tiny", device="cpu", dtype="float32")
    dialogues = fitting(model, given.dialogues, given.new_tokens)
    turns = sum(len(list(exchanges(dialogue))) for dialogue in dialogues)
    lab(model, dialogues[:1], given.new_tokens)
    ours(model, dialogues[:1], given.new_tokens)
    measured: dict[str, list[Seconds]] = {"lab": [], "ours": []}
    different = 0
    for _ in range(given.rounds):
        seconds, expected = lab(model, dialogues, given.new_tokens)
        measured["lab"].append(seconds)
        seconds, texts = ours(model, dialogues, given.new_tokens)
        measured["ours"].append(seconds)
        pairs = [pair for ours_, labs in zip(texts, expected, strict=True) for pair in zip(ours_, labs, strict=True)]
        different = sum(one != other for one, other in pairs)
    rounds = list(zip(measured["lab"], measured["ours"], strict=True))
    ratio = statistics.median(labs.wall / own.wall for labs, own in rounds)
    of_processor = statistics.median(labs.processor / own.processor for labs, own in rounds)
    for name, each in measured.items():
        print(f"{name:5} {turns / statistics.median(seconds.wall for seconds in each):7.2f} turns a second")
    print(f"ratio {ratio:.2f} (target 1.8), of processor time {of_processor:.2f}; {different} of {turns} texts differ")
    loop.run_until_complete(model.close())
    return {
        "benchmark": "decoding",
        "ratio": ratio,
        "ratio_of_processor_time": of_processor,
        "turns": turns,
        "texts_that_differ": different,
        "seconds": measured,
        "settings": {**vars(given), "model": given.model.name, "threads": torch.get_num_threads()},
        "python": platform.python_version(),
        "versions": {name: importlib.metadata.version(name) for name in ("torch", "transformers")},
    }


if __name__ == "__main__":
    loop = asyncio.new_event_loop()
    print(json.dumps(main()))
