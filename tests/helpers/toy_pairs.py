"""Preference pairs of a small world in which a vague question is to be asked back, and a script that can be killed.

python tests/helpers/toy_pairs.py MODEL OUT STEPS
"""

from __future__ import annotations

import sys
from typing import Any

from duologue.models.request import Message
from duologue.training.options import LoRA
from duologue.training.preference_options import DPOOptions
from duologue.views.preference import Pair

CITIES = ["north", "south", "east", "west", "centre"]
INSTRUCTION = Message("system", "answer, or ask back.")


def said(*texts: str) -> tuple[Message, ...]:
    """A reply, or a trajectory: the assistant and the user in turn."""
    return tuple(Message("user" if place % 2 else "assistant", text) for place, text in enumerate(texts))


def toy_pair(number: int) -> Pair:
    """Even numbers are vague, odd ones clear."""
    area = CITIES[number % 5]
    if number % 2:
        prompt = (INSTRUCTION, Message("user", f"{number} hotels in the {area}?"))
        return Pair(
            f"p{number}", prompt, said(f"yes, {area}"), said("which area?"), "answer", "clarify", f"yes, {area}"
        )
    prompt = (INSTRUCTION, Message("user", f"{number} hotels?"))
    gold = said("which area?", f"the {area}", f"yes, {area}")
    return Pair(f"p{number}", prompt, gold, said("yes, north"), "clarify", "answer", f"yes, {area}")


def toy_pairs(count: int = 24) -> list[Pair]:
    return [toy_pair(number) for number in range(count)]


def dpo_options(steps: int, **changes: Any) -> DPOOptions:
    plain = {"max_steps": steps, "log_steps": 2, "save_steps": 4, "learning_rate": 1e-2, "batch_size": 4}
    return DPOOptions(**{**plain, "lora": LoRA(r=4), "precision": "fp32", **changes})


if __name__ == "__main__":
    from duologue.training.preference import train_dpo
    from duologue.training.preference_data import pair_examples

    train_dpo(pair_examples(toy_pairs()), model=sys.argv[1], out=sys.argv[2], options=dpo_options(int(sys.argv[3])))
