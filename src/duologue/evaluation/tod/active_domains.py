"""Which domain each turn is about, estimated from how the belief state changes (spec/tod.md §5.3).

Active domains decide scores: a mention of a name or phone number counts only for them (spec/tod.md §7.2), so a
result always says where they come from.

    active_domains([{"hotel": {"area": "north"}}, {"hotel": {"area": "north"}, "train": {"day": "monday"}}])
    # [["hotel"], ["train"]]
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

from duologue.evaluation.tod.values import State

ActiveDomains: TypeAlias = Literal["given", "states", "placeholders"]
"""Where active domains come from: the predictions, changes of the state, or placeholders such as `[hotel_name]`."""


def active_domains(states: Iterable[State]) -> list[list[str]]:
    """The active domain of each turn of a dialogue; none before the first slot is filled.

    Where several domains changed, the current one stays if it is among them, else the one with most slots becomes
    current. Where none changed after several had, the other one of those becomes current.
    """
    active: list[list[str]] = []
    current: str | None = None
    before: State = {}
    changed_before: list[str] = []
    for state in states:
        changed = [domain for domain, slots in state.items() if slots.items() - before.get(domain, {}).items()]
        if not changed and current is None:
            active.append([])
            continue
        if not changed:
            others = [domain for domain in changed_before if domain in state and domain != current]
            if len(changed_before) > 1 and others:
                current = others[0]
        elif current not in changed:
            current = max(changed, key=lambda domain: len(state[domain]))
        before, changed_before = state, changed
        active.append([] if current is None else [current])
    return active
