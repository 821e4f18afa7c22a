"""A small world in which a vague question is to be asked back: dialogues, preference pairs, options."""

from __future__ import annotations

import sys
from typing import Any

import torch

from duologue.corpora.actions import ACTION, ANSWER, CLARIFY
from duologue.dialogue import Dialogue, Turn
from duologue.models.request import Message
from duologue.training.options import LoRA
from duologue.training.preference_options import DPOOptions
from duologue.views.preference import Pair

CITIES = ["north", "south", "east", "west", "centre"]
INSTRUCTION = Message("system", "answer, or ask back.")


def said(*texts: str) -> tuple[Message, ...]:
    """A reply, or a trajectory: the assistant and the user in turn."""
    return tuple(Message("user" if place % 2 else "assistant", text) for place, text in enumerate(texts))


def toy_talk(number: int) -> Dialogue:
    """Even numbers are vague, odd ones clear."""
    area = CITIES[number % 5]
    answer = Turn("system", f"yes, {area}", labels={ACTION: [ANSWER]})
    if number % 2:
        turns = [Turn("user", f"{number} hotels in the {area}?"), answer]
    else:
        question = Turn("system", "which area?", labels={ACTION: [CLARIFY]})
        turns = [Turn("user", f"{number} hotels?"), question, Turn("user", f"the {area}"), answer]
    return Dialogue(f"d{number}", turns, instruction=INSTRUCTION.content, facts={"goal_type": "drop"})


def toy_pair(number: int) -> Pair:
    """Of the first turn of such a talk."""
    first, *gold = toy_talk(number).turns
    prompt = (INSTRUCTION, Message("user", first.text))
    chosen = said(*(turn.text for turn in gold))
    names = (ANSWER, CLARIFY) if number % 2 else (CLARIFY, ANSWER)
    other = said("which area?" if number % 2 else "no, west")
    return Pair(f"d{number}-1", prompt, chosen, other, *names, goal=gold[-1].text, goal_type="drop")


def toy_pairs(count: int = 24) -> list[Pair]:
    return [toy_pair(number) for number in range(count)]


def log_probability(model: Any, ids: list[int], trained: list[bool]) -> Any:
    """The sum over the marked tokens, with nothing of TRL."""
    scores = model(torch.tensor([ids])).logits[0, :-1].log_softmax(-1)
    each = scores[torch.arange(len(ids) - 1), torch.tensor(ids[1:])]
    return (each * torch.tensor(trained[1:])).sum()


def dpo_options(steps: int, **changes: Any) -> DPOOptions:
    plain = {"max_steps": steps, "log_steps": 2, "save_steps": 4, "learning_rate": 1e-2, "batch_size": 4}
    return DPOOptions(**{**plain, "lora": LoRA(r=4), "precision": "fp32", **changes})


if __name__ == "__main__":  # MODEL OUT STEPS: a training to be killed
    from duologue.training.preference import train_dpo
    from duologue.training.preference_data import pair_examples

    train_dpo(pair_examples(toy_pairs()), model=sys.argv[1], out=sys.argv[2], options=dpo_options(int(sys.argv[3])))
