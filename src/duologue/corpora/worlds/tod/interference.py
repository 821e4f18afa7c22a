"""Chooses the exchange that a backstory interrupts, and writes gold backstory and reaction for it.

The exchange lies in the opening segment of the dialogue, the part about its first domain, since that is what
the situation leads to (Stricker and Paroubek's procedure as their published code has it, but seeded per
dialogue).
"""

from __future__ import annotations

import random
from typing import Any

from duologue.corpora.worlds.tod.chitchat import Story, backstory, reaction
from duologue.corpora.worlds.tod.phrasing import Voice

_DOMAINS = {"attraction", "hospital", "hotel", "police", "restaurant", "taxi", "train"}


def compatible_prefix(dialogue_id: str, log: list[dict[str, Any]]) -> int:
    """Count the turns of the opening segment, always whole exchanges.

    Single-domain dialogues (ids with "SNG") count wholly; in others the segment ends at the first turn whose
    acts are about
    other domains only, or about several without a booking or general act.
    """
    if "SNG" in dialogue_id:
        return len(log) - len(log) % 2
    first = ""
    kept = 0
    for turn in log:
        domains = list(dict.fromkeys(act.split("-")[0].lower() for act in turn["dialog_act"]))
        if not first:
            specific = [d for d in domains if d != "general"]
            first = specific[0] if specific else ""
        elif (len(domains) > 1 and not {"booking", "general"} & set(domains)) or (
            first not in domains and set(domains) <= _DOMAINS
        ):
            break
        kept += 1
    kept = min(len(log), max(kept, 2))
    return kept - kept % 2


def interfere(
    rng: random.Random, voice: Voice, dialogue_id: str, log: list[dict[str, Any]], story: Story, domain: str
) -> dict[str, Any]:
    """Pick an exchange and write what is added to it: ``{"augmented_idx": [i, i + 1], "backstory",
    "reaction"}``.
    """
    at = rng.randrange(compatible_prefix(dialogue_id, log) // 2) * 2
    closing = set(log[at]["dialog_act"]) <= {"general-thank", "general-bye"}
    return {
        "augmented_idx": [at, at + 1],
        "backstory": backstory(rng, voice, story, domain, closing),
        "reaction": reaction(rng, voice, story),
    }
