"""MultiWOZ's `dialog_act` <-> acts.

acts_of({"Hotel-Inform": [["Area", "north"]]}) == [Act("hotel", "inform", "area", "north")]
native_acts([Act("hotel", "request", "phone")]) == {"Hotel-Request": [["Phone", "?"]]}
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from duologue.corpora.multiwoz.slots import canonical_slot, native_slot
from duologue.dialogue import Act

_INTENTS = {"nooffer": "NoOffer", "offerbook": "OfferBook", "offerbooked": "OfferBooked", "nobook": "NoBook"}


def acts_of(native: Any) -> list[Act] | None:
    """The acts of a turn; None where it has no annotation (`{}`, or text such as "No Annotation").

    Raises:
        TypeError: an act is not `"Domain-Intent": [[slot, value], ...]`.
    """
    if not isinstance(native, dict) or not native:
        return None
    acts = []
    for name, pairs in native.items():
        domain, intent = act_name(name)
        if not isinstance(pairs, list):
            raise TypeError(f"{name}: expected a list of [slot, value], found {type(pairs).__name__}")
        for pair in pairs:
            if not (isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str)):
                raise TypeError(f"{name}: expected [slot, value], found {pair!r}")
            acts.append(_act(domain, intent, pair[0], pair[1] if isinstance(pair[1], str) else str(pair[1])))
    return acts


def native_acts(acts: list[Act] | None, *, canonical_names: bool = False) -> dict[str, list[list[str]]]:
    """The `dialog_act` of a turn; `{}` for no annotation.

    Args:
        acts: what `acts_of` gave.
        canonical_names: write 2.2's slot names (`pricerange`) instead of 2.1's (`Price`).
    """
    native: dict[str, list[list[str]]] = {}
    for act in acts or []:
        name = native_act_name(act.domain, act.intent)
        native.setdefault(name, []).append(
            [slot_name(act.domain, act.slot, canonical_names), act.value or ("?" if _asks(act) else "none")]
        )
    return native


@lru_cache(maxsize=1024)
def act_name(native: str) -> tuple[str, str]:
    """Domain and intent of an act's native name: `Train-OfferBooked` -> `("train", "offerbooked")`."""
    domain, _, intent = native.lower().partition("-")
    return domain, intent


@lru_cache(maxsize=1024)
def native_act_name(domain: str, intent: str) -> str:
    """The native name of an act: `("train", "offerbooked")` -> `Train-OfferBooked`."""
    if domain == "general":
        return f"general-{intent}"
    return f"{domain.capitalize()}-{_INTENTS.get(intent, intent.capitalize())}" if intent else domain.capitalize()


def slot_name(domain: str, slot: str | None, canonical_names: bool) -> str:
    """The name under which an act or a span carries a slot."""
    if slot is None:
        return "none"
    return slot if canonical_names else native_slot(domain, slot, "act")


def _asks(act: Act) -> bool:
    return act.intent == "request" and act.slot is not None


@lru_cache(maxsize=65536)
def _act(domain: str, intent: str, slot: str, value: str) -> Act:
    canonical = None if slot.lower() == "none" else canonical_slot(domain, slot, "act")
    blank = value == "none" or value == "" or (value == "?" and intent == "request")
    return Act(domain, intent, canonical, None if blank else value)
