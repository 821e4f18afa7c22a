"""Which exchange of a dialogue receives the chitchat (spec: Chitchat as Interference, choice of the turn).

The situation belongs to the first domain of the dialogue, so only the opening segment in that domain is compatible with
it. From its exchanges (a user turn and the system's reply) one is drawn, or several distinct ones; the generator is
seeded per dialogue, where the published pick depended on the order of the file.

    choose_exchanges(dialogue, 1, random.Random("MUL0001"))      # -> [4]: turns 4 and 5
"""

from __future__ import annotations

import random

from duologue.dialogue import Dialogue, Turn

_DOMAINS = frozenset({"attraction", "hospital", "hotel", "police", "restaurant", "taxi", "train"})
_CHAT_LABELS = frozenset({"prepended", "appended"})


def choose_exchanges(dialogue: Dialogue, count: int, rng: random.Random) -> list[int]:
    """Draw `count` exchanges, or all there are when there are fewer.

    Returns:
        The indices of their user turns, ascending; empty when no exchange is compatible.
    """
    candidates = exchanges(dialogue)
    return sorted(rng.sample(candidates, min(count, len(candidates))))


def exchanges(dialogue: Dialogue) -> list[int]:
    """The user turns that open a compatible exchange: a user turn and the system's reply, both with text.

    Turns of a prepended or appended chat, and turns that carry a backstory already, are none.
    """
    turns = dialogue.turns
    chat = next((index for index, turn in enumerate(turns) if not _is_chat(turn)), len(turns))
    end = chat + compatible_prefix(dialogue.id, turns[chat:])
    return [index for index in range(chat, end - 1) if _is_exchange(turns[index], turns[index + 1])]


def compatible_prefix(dialogue_id: str, turns: list[Turn]) -> int:
    """How many turns open the dialogue in its first domain; always whole exchanges.

    In single-domain dialogues (`SNG` in the id) that is all. Elsewhere the first domain is the first one that an act
    names, and the prefix ends before the first turn that speaks of several domains (and neither of a booking nor in
    general), or only of others, or has no acts.
    """
    if "SNG" in dialogue_id:
        return len(turns) - len(turns) % 2
    kept, first = 0, None
    for turn in turns:
        domains = _act_domains(turn)
        if first is None:
            first = next((domain for domain in domains if domain != "general"), None)
        elif (len(domains) > 1 and not {"booking", "general"} & set(domains)) or (
            first not in domains and _DOMAINS.issuperset(domains)
        ):
            break
        kept += 1
    if kept == 1 and len(turns) > 1:
        kept = 2
    return kept - kept % 2


def _act_domains(turn: Turn) -> list[str]:
    return list(dict.fromkeys(act.domain.lower() for act in turn.acts or []))


def _is_chat(turn: Turn) -> bool:
    return bool(_CHAT_LABELS & set(turn.labels.get("fusedchat", [])))


def _is_exchange(user: Turn, system: Turn) -> bool:
    return (
        (user.speaker, system.speaker) == ("user", "system")
        and bool(user.text.strip() and system.text.strip())
        and user.inserted("backstory") is None
        and not (_is_chat(user) or _is_chat(system))
    )
