"""Small support conversations whose strategies can be told by their words: branches of histories, or gold turns.

dialogues = told_talk(12)                 # every history continued once for each strategy and layout
"""

from __future__ import annotations

import random

from duologue.dialogue import Branch, Dialogue, Turn

WORDS = {
    "Information": ["the train leaves at noon", "the hotel has parking", "the area is north", "a table is cheap"],
    "Question": ["shall i book five ?", "shall there be parking ?", "when do you meet ?", "shall it be friday ?"],
    "Others": ["happy birthday to her !", "happy friday !", "so happy to meet you !", "happy sister !"],
}
ROLES = {"user": "seeker", "system": "supporter"}


def said(strategy: str, rng: random.Random) -> str:
    """A reply that follows a strategy."""
    return " and ".join(rng.sample(WORDS[strategy], 2))


def history(rng: random.Random, turns: int, source: str) -> list[Turn]:
    lines = ["i need a hotel", "my sister turns thirty", "we arrive at noon", "on friday"]
    return [Turn("system" if at % 2 else "user", rng.choice(lines), source=(source, at)) for at in range(turns)]


def told_talk(conversations: int, *, layouts: tuple[str, ...] = ("standard", "c1_hf"), seed: int = 0) -> list[Dialogue]:
    """Two histories of each conversation, with a branch for each strategy and layout."""
    rng = random.Random(seed)
    dialogues = []
    for number in range(conversations):
        for turns in (3, 5):
            name = f"talk{number}-t{turns}"
            branches = [
                Branch(
                    f"{name}~{strategy}~{layout}",
                    turns,
                    [Turn("system", said(strategy, rng))],
                    labels={"strategy": [strategy], "layout": [layout]},
                )
                for strategy in (*WORDS, "unconditional")
                for layout in layouts
                if strategy != "unconditional"
            ]
            branches.append(
                Branch(f"{name}~none", turns, [Turn("system", "fine")], labels={"strategy": ["unconditional"]})
            )
            dialogues.append(Dialogue(name, history(rng, turns, f"talk{number}"), roles=ROLES, branches=branches))
    return dialogues


def gold_talk(conversations: int, *, seed: int = 0) -> list[Dialogue]:
    """Conversations with a strategy on each system turn; the second one has two."""
    rng = random.Random(seed)
    dialogues = []
    for number in range(conversations):
        turns: list[Turn] = []
        for strategy in rng.sample(list(WORDS), 3):
            turns.append(Turn("user", "i need a hotel on friday"))
            turns.append(Turn("system", said(strategy, rng), labels={"strategy": [strategy]}))
        turns[3].labels["strategy"].append("Others")
        dialogues.append(Dialogue(f"gold{number}", turns, roles=ROLES))
    return dialogues
