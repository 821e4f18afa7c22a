"""MultiWOZ's `goal` <-> `Goal`.

Slots get their canonical names (`book: {"day": ...}` is `bookday`); domains with `{}` are not in play and are left out.
"""

from __future__ import annotations

from typing import Any

from duologue.corpora.merge_patch import patch_between, patched
from duologue.corpora.multiwoz.slots import DOMAINS, GOAL_DOMAINS, Place, canonical_slot, native_slot
from duologue.dialogue import DomainGoal, Goal

_NATIVE_ONLY = ("invalid", "pre_invalid")


def goal_of(native: dict[str, Any]) -> Goal:
    """The goal of a dialogue.

    Raises:
        TypeError: a domain's goal is no object.
    """
    goal = Goal()
    message = native.get("message")
    if isinstance(message, list):
        goal.message = [line for line in message if isinstance(line, str)]
    for domain, wanted in native.items():
        if domain.lower() not in DOMAINS:
            continue
        if not isinstance(wanted, dict):
            raise TypeError(f"{domain}: expected an object, found {type(wanted).__name__}")
        if wanted:
            goal.domains[domain.lower()] = _domain_goal(domain.lower(), wanted)
    return goal


def native_goal(goal: Goal, patch: dict[str, Any] | None = None) -> dict[str, Any]:
    """The `goal` of a native dialogue.

    Args:
        goal: what `goal_of` gave, changed or not.
        patch: what `goal_patch` kept. Where it contradicts the goal (which was changed) the goal wins.
    """
    rendered: dict[str, Any] = {domain: {} for domain in GOAL_DOMAINS}
    for domain, wanted in goal.domains.items():
        rendered[domain] = _native_domain(domain, wanted)
    rendered["message"] = list(goal.message)
    if not patch:
        return rendered
    candidate = patched({"goal": rendered}, {"goal": patch})["goal"]
    if _reads_as(candidate, goal):
        whole: dict[str, Any] = candidate
        return whole
    for key in patch:
        candidate = patched(rendered, {key: patch[key]})
        if _reads_as(candidate, goal):
            rendered = candidate
    return rendered


def goal_patch(native: dict[str, Any], goal: Goal) -> dict[str, Any]:
    """What the native goal says beyond the goal, as a patch for `native_goal`."""
    kept: dict[str, Any] = patch_between({"goal": native_goal(goal)}, {"goal": native}).get("goal", {})
    return kept


def _reads_as(native: dict[str, Any], goal: Goal) -> bool:
    try:
        return goal_of(native) == goal
    except TypeError:
        return False


def _domain_goal(domain: str, native: dict[str, Any]) -> DomainGoal:
    requested = native.get("reqt")
    book = native.get("book")
    return DomainGoal(
        inform=_constraints(domain, native.get("info"), "semi"),
        request=[
            canonical_slot(domain, slot, "request")
            for slot in (requested if isinstance(requested, list | dict) else ())
            if isinstance(slot, str)
        ],
        book=_constraints(domain, book, "book") if isinstance(book, dict) else None,
        fail_inform=_constraints(domain, native.get("fail_info"), "semi"),
        fail_book=_constraints(domain, native.get("fail_book"), "book"),
    )


def _constraints(domain: str, native: Any, place: Place) -> dict[str, str]:
    if not isinstance(native, dict):
        return {}
    return {
        canonical_slot(domain, name, place): value
        for name, value in native.items()
        if isinstance(value, str) and name not in _NATIVE_ONLY
    }


def _native_domain(domain: str, goal: DomainGoal) -> dict[str, Any]:
    native: dict[str, Any] = {
        "info": {native_slot(domain, slot, "semi"): value for slot, value in goal.inform.items()},
        "fail_info": {native_slot(domain, slot, "semi"): value for slot, value in goal.fail_inform.items()},
    }
    if goal.request:
        native["reqt"] = [native_slot(domain, slot, "request") for slot in goal.request]
    if goal.book is not None:
        native["book"] = {native_slot(domain, slot, "book"): value for slot, value in goal.book.items()}
        native["book"]["invalid"] = False
    if goal.book is not None or goal.fail_book:
        native["fail_book"] = {native_slot(domain, slot, "book"): value for slot, value in goal.fail_book.items()}
    return native
