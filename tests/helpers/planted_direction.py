"""A random Llama in whose embeddings a direction is planted, and replies that differ in it.

Words of the strategy `Plus` are moved along the direction, those of `Minus` against it.
"""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import torch
from random_llama import make_random_llama
from transformers import AutoModelForCausalLM, AutoTokenizer

from duologue.corpora.strategy_replies import StrategyReply
from duologue.dialogue import Dialogue, Turn

PLUS = [" hotel", " parking", " north", " train"]
MINUS = [" sister", " birthday", " happy", " friday"]
HIDDEN = 32


def direction() -> np.ndarray:
    """The planted one, of length 1; shape [hidden]."""
    drawn = np.random.default_rng(7).normal(size=HIDDEN)
    return drawn / np.linalg.norm(drawn)


def planted_llama(folder: Path) -> Path:
    """Write the model; each word of the two lists is one token of it."""
    make_random_llama(folder, hidden=HIDDEN, context=256, spread=0.1)
    model = AutoModelForCausalLM.from_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    along = torch.from_numpy(direction()).float()
    with torch.no_grad():
        for words, sign in ((PLUS, 1), (MINUS, -1)):
            for word in words:
                model.get_input_embeddings().weight[tokenizer(word)["input_ids"]] += 3 * sign * along
    model.save_pretrained(folder)
    return folder


def planted_replies(conversations: int, *, seed: int = 0) -> list[StrategyReply]:
    """Two replies to one history of each conversation, one for each strategy."""
    rng = random.Random(seed)
    return [
        StrategyReply(
            f"c{number}~{strategy}",
            f"c{number}",
            strategy,
            "".join(rng.choices(words, k=4)).strip(),
            [Turn("user", f"i need a table for {number}")],
            {},
        )
        for number in range(conversations)
        for strategy, words in (("Plus", PLUS), ("Minus", MINUS))
    ]


def planted_dialogues(conversations: int) -> list[Dialogue]:
    """The same as gold turns."""
    return [
        Dialogue(
            f"d{number}",
            [*reply.before, Turn("system", reply.text, labels={"strategy": [reply.strategy]})],
        )
        for number, reply in enumerate(planted_replies(conversations))
    ]
