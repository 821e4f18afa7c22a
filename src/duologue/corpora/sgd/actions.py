"""SGD's actions <-> acts.

An action names an act, at most one slot and any number of values; an act of ours has one value. What is said in words
(`values`) becomes the act's value; `canonical_values`, the form in which the service takes it ("11:30" for "half past
eleven"), is kept beside it, by slot and value.

    acts_of("Cafes_1", [{"act": "OFFER", "slot": "name", "values": ["Blue Cup"]}], "")
    # [Act("Cafes_1", "offer", "name", "Blue Cup")]
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any, TypeAlias

from duologue.corpora.multiwoz.v22_frames import FrameError, typed
from duologue.dialogue import Act

Canonical: TypeAlias = dict[str, dict[str, str]]
"""slot -> value -> canonical value, where the two differ."""


def acts_of(service: str, actions: list[Any], where: str) -> list[Act]:
    """The acts of a frame; several values make several acts.

    Raises:
        FrameError: an action is not laid out as in SGD; names it.
    """
    acts = []
    for number, action in enumerate(actions):
        place = f"{where}[{number}]"
        if not isinstance(action, dict) or not isinstance(action.get("act"), str):
            raise FrameError(place, "expected an object with an act")
        slot = typed(action.get("slot"), str, f"{place}.slot") or None
        values = typed(action.get("values"), list, f"{place}.values")
        if not all(isinstance(value, str) for value in values):
            raise FrameError(f"{place}.values", f"expected a list of texts, found {values!r}")
        acts += [Act(service, action["act"].lower(), slot, value) for value in values or (None,)]
    return acts


def actions_of(acts: Iterable[Act], canonical: Canonical) -> list[dict[str, Any]]:
    """The actions of a frame; neighbours that differ only in their value are one action."""
    actions = []
    for (intent, slot, _), group in groupby(acts, lambda act: (act.intent, act.slot, act.value is None)):
        alike = list(group)
        values = [act.value for act in alike if act.value is not None]
        known = canonical.get(slot or "", {})
        action = {
            "act": intent.upper(),
            "slot": slot or "",
            "values": values,
            "canonical_values": [known.get(value, value) for value in values],
        }
        actions += [action] * (1 if values else len(alike))
    return actions


def canonical_of(actions: list[Any]) -> Canonical:
    """The canonical values that differ from what was said; actions whose two lists do not match give none."""
    canonical: Canonical = {}
    for action in actions:
        values, forms = action.get("values") or [], action.get("canonical_values")
        if isinstance(forms, list) and len(forms) == len(values) and all(isinstance(form, str) for form in forms):
            for value, form in zip(values, forms, strict=True):
                if value != form:
                    canonical.setdefault(action.get("slot") or "", {}).setdefault(value, form)
    return canonical
