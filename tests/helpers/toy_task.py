"""A task of a few seconds for trainer tests, and a script that trains on it (so that it can be killed).

python tests/helpers/toy_task.py MODEL OUT STEPS
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

from duologue.training import LoRA, SFTOptions
from duologue.views.tokens import Tokens

TOKENS = ["<|context|>", "<|user|>", "<|endofcontext|>", "<|belief|>", "<|endofbelief|>", "[name]"]
AREAS = ["north", "south", "east", "west", "centre"]


def encode(count: int = 60, longest: int = 9) -> Callable[[Any], Iterator[Tokens]]:
    def examples(tokenizer: Any) -> Iterator[Tokens]:
        for i in range(count):
            chat = " and".join([" a hotel"] * (i % longest + 1))
            prompt = tokenizer(f"<|context|> <|user|>{chat} in the {AREAS[i % 5]} <|endofcontext|>").input_ids
            completion = tokenizer(f"<|belief|> hotel area {AREAS[i % 5]} <|endofbelief|>").input_ids
            yield Tokens(prompt + completion, [False] * len(prompt) + [True] * len(completion), f"toy{i}")

    return examples


def options(steps: int, **changes: Any) -> SFTOptions:
    plain = {"max_steps": steps, "log_steps": 2, "save_steps": 4, "learning_rate": 3e-3, "lora": LoRA(r=4, dropout=0.1)}
    return SFTOptions(**{**plain, **changes})


if __name__ == "__main__":
    from duologue.training.sft import train_sft

    train_sft(encode(), model=sys.argv[1], out=sys.argv[2], options=options(int(sys.argv[3])), special_tokens=TOKENS)
