"""The gate against new wishes: a backstory must not contradict what the user wants from the system.

It looks only at slots with closed or plainly written values, and only at phrases that state such a value as a wish
would (`in the north`, `table for five`, `3 nights`, `at 18:30`), so a sister who *lives up north* is no constraint. A
value is a conflict when the dialogue's goal or states have a value for that slot, in any domain, and the mentioned
one is none of them. A slot that the dialogue leaves open
is not looked at: nothing there can be contradicted.

    no_new_constraint("We are five, a table for five it is.", values(dialogue))
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from duologue.dialogue import Dialogue
from duologue.operators.gates import Verdict, quote

_NUMBERS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
_NUMBER = rf"(\d{{1,2}}|{'|'.join(_NUMBERS)})"
_FOODS = re.split(
    r"\s+",
    "african american asian british caribbean chinese cuban english european french fusion german greek halal indian "
    "irish italian jamaican japanese korean lebanese mediterranean mexican moroccan persian polish portuguese russian "
    "seafood spanish swedish swiss thai turkish vegan vegetarian vietnamese",
)
_PHRASES: dict[str, list[str]] = {
    "area": [r"\b(?:in|on|to|at|near) the (north|south|east|west|centre|center)\b(?! of (?!the (?:city|town)|town))"],
    "pricerange": [
        r"\b(cheap|inexpensive|moderate|moderately|expensive|upscale)(?:ly)?(?: priced)? "
        r"(?:hotel|guesthouse|guest house|place|restaurant|room|meal|food|somewhere|price)",
        r"\bsomewhere (cheap|inexpensive|moderate|expensive|upscale)\b",
    ],
    "day": [r"(?<!last )(?<!since )\b(monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b"],
    "people": [
        rf"\b(?:table|rooms?|seats|tickets|reservation|booking) for {_NUMBER}\b(?! (?:nights?|days?|weeks?|hours?))",
        rf"\b(?:party|group) of {_NUMBER}\b",
        rf"\b(?:the )?{_NUMBER} of us\b",
    ],
    "stay": [rf"\b{_NUMBER} nights?\b"],
    "stars": [rf"\b{_NUMBER}[- ]stars?\b"],
    "food": [rf"\b({'|'.join(_FOODS)}) (?:food|restaurant|cuisine|place|dishes|meal)\b"],
    "time": [r"\b(?:at|by|after|before|around|for) (\d{1,2}:\d{2})\b"],
}
_MENTIONS = {slot: [re.compile(phrase) for phrase in phrases] for slot, phrases in _PHRASES.items()}
_KINDS = {
    "bookday": "day",
    "bookpeople": "people",
    "bookstay": "stay",
    "booktime": "time",
    "arriveby": "time",
    "leaveat": "time",
}
_SAME = {
    "center": "centre",
    "inexpensive": "cheap",
    "moderately": "moderate",
    "upscale": "expensive",
    **{word: str(number) for number, word in enumerate(_NUMBERS, 1)},
}


def values(dialogue: Dialogue) -> dict[str, set[str]]:
    """Every value that the dialogue's goal and states have for the slots this gate knows, by kind of slot."""
    found: dict[str, set[str]] = {kind: set() for kind in _MENTIONS}
    for turn in dialogue.turns:
        for slots in (turn.state or {}).values():
            for slot, alternatives in slots.items():
                _add(found, slot, alternatives)
    for goal in (dialogue.goal.domains if dialogue.goal else {}).values():
        for constraints in (goal.inform, goal.book or {}, goal.fail_inform, goal.fail_book):
            for slot, value in constraints.items():
                _add(found, slot, [value])
    return found


def no_new_constraint(backstory: str, known: Mapping[str, set[str]]) -> Verdict:
    """No value in the backstory contradicts those of the dialogue."""
    text = backstory.lower()
    for kind, patterns in _MENTIONS.items():
        wanted = known.get(kind, set())
        if not wanted or "dontcare" in wanted:
            continue
        for mention in (found for pattern in patterns for found in pattern.finditer(text)):
            value = _plain(mention.group(1))
            if value not in wanted:
                evidence = f"{kind} {quote(mention.group())}, but the dialogue has {', '.join(sorted(wanted))}"
                return Verdict("new-constraint", False, evidence)
    return Verdict("new-constraint", True)


def _add(found: dict[str, set[str]], slot: str, alternatives: list[str]) -> None:
    slot = slot.lower().replace(" ", "")
    kind = _KINDS.get(slot, _KINDS.get(f"book{slot}", slot))
    if kind in found:
        found[kind].update(_plain(value) for alternative in alternatives for value in alternative.split("|"))


def _plain(value: str) -> str:
    value = value.strip().lower()
    value = _SAME.get(value, value)
    hours, colon, minutes = value.partition(":")
    return f"{int(hours):02d}:{minutes}" if colon and hours.isdecimal() else value
