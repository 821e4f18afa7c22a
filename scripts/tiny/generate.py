"""Greedy answers of a finished folder, in batches: what the figures of the card are measured on.

answers = Generator(Path("src/duologue/models/tiny")).answer([prompt, ...], most=200)
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer


class Generator:
    """Loads the model as any user would and continues prompts greedily.

    Args:
        folder: the exported model.
        longest: new tokens of any answer, whatever is asked for.
    """

    def __init__(self, folder: Path, longest: int | None = None) -> None:
        self.longest = longest
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()

    def answer(self, prompts: Sequence[str], *, most: int = 200, batch: int = 48, stop: str = "") -> list[str]:
        """Continue each prompt up to the end token; special tokens but that one are kept in the text.

        Args:
            prompts: texts with their special tokens written out; a trailing space is left to the model.
            most: new tokens at most.
            batch: prompts at a time, of similar length.
            stop: a special token at which to stop as well; it stays in the text.
        """
        stripped = [prompt.rstrip(" ") for prompt in prompts]
        order = sorted(range(len(prompts)), key=lambda i: len(stripped[i]))
        answers = [""] * len(prompts)
        end = self.tokenizer.eos_token
        ends = [self.tokenizer.convert_tokens_to_ids(token) for token in (end, stop) if token]
        for at in range(0, len(order), batch):
            chosen = order[at : at + batch]
            inputs = self.tokenizer(
                [stripped[i] for i in chosen],
                return_tensors="pt", padding=True, padding_side="left", add_special_tokens=False,
            )  # fmt: skip
            with torch.inference_mode():
                out = self.model.generate(
                    input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"],
                    do_sample=False, max_new_tokens=most if self.longest is None else min(most, self.longest),
                    eos_token_id=ends,
                )  # fmt: skip
            new = out[:, inputs["input_ids"].shape[1] :]
            for i, text in zip(chosen, self.tokenizer.batch_decode(new), strict=True):
                text = text.partition(end)[0]
                answers[i] = (text[: text.index(stop) + len(stop)] if stop and stop in text else text).strip()
        return answers
