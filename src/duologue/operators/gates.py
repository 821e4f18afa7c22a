"""Gates: what an answer must pass before it becomes data. Each is a small pure function that returns a `Verdict`.

The six published ones (user and system structure, requestable leak, token overlap, fuzzy ratio, original in the
reaction) keep the published thresholds, with the train ids that the published code meant to catch. The others check
what it did not: that the original was repeated unchanged, and that the added text is whole, clean and no question.
`constraints` has the gate against wishes that contradict the dialogue.

    first_failure([not_empty("backstory", text), no_loop("backstory", text)])     # a failed Verdict, or None
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from rapidfuzz.fuzz import ratio

from duologue.prompts.ask import Answer

_SHOWN = 80
_STREETS = "street|avenue|road|drive|lane|boulevard|court|square|parkway|circle|highway|passage"
_LEAKS = {
    "phone number": re.compile(r"\d{10,11}"),
    "address": re.compile(f" (?:{_STREETS}) "),
    "postcode": re.compile(r"[a-z]{2}\d{2,3}[a-z]{2}"),
    "reference": re.compile(r"\breference\b"),
    "train id": re.compile(r"tr\d{4}"),
}
_MARKUP = re.compile(
    r"[<>\[\]{}|#`_]|\*|\+\s|\n|\b(?:backstory|reaction|situation|utterance|response|context|answer|user|system)\s*:",
    re.IGNORECASE,
)


class Verdict(NamedTuple):
    """What a gate says: its name, whether the answer passed, and a short string that shows why not."""

    gate: str
    passed: bool
    evidence: str = ""


def first_failure(verdicts: Iterable[Verdict]) -> Verdict | None:
    """The first verdict that failed; later gates are not looked at when the iterable is lazy."""
    return next((verdict for verdict in verdicts if not verdict.passed), None)


def quote(text: str) -> str:
    """A text as evidence: quoted, shortened in the middle."""
    if len(text) > _SHOWN:
        text = f"{text[: _SHOWN // 2].rstrip()} … {text[-_SHOWN // 2 :].lstrip()}"
    return repr(text)


# The published gates.


def token_overlap(original: str, reaction: str) -> Verdict:
    """Jaccard index of the whitespace tokens (case counts) at most .25."""
    ours, theirs = set(original.split()), set(reaction.split())
    index = len(ours & theirs) / len(ours | theirs) if ours | theirs else 0.0
    shared = ", ".join(sorted(ours & theirs))
    return Verdict("token-overlap", index <= 0.25, f"Jaccard {index:.2f} > 0.25 with the response (shared: {shared})")


def fuzzy_ratio(original: str, reaction: str) -> Verdict:
    """Similarity of the strings at most 50 of 100, rounded (the normalised Indel ratio, as fuzzywuzzy's)."""
    value = round(ratio(original, reaction))
    return Verdict("fuzzy-ratio", value <= 50, f"ratio {value} > 50 between the response and {quote(reaction)}")


def original_in_reaction(original: str, reaction: str) -> Verdict:
    """The response does not stand in the reaction word for word."""
    return Verdict("original-in-reaction", original not in reaction, f"the reaction contains {quote(original)}")


def requestable_leak(reaction: str) -> Verdict:
    """No phone number, address, postcode, booking reference or train id."""
    for what, pattern in _LEAKS.items():
        found = pattern.search(reaction.lower())
        if found:
            return Verdict("requestable-leak", False, f"{what}: {quote(found.group().strip())} in {quote(reaction)}")
    return Verdict("requestable-leak", True)


# What the published gates leave out.


def unchanged(gate: str, original: str, repeated: str) -> Verdict:
    """The text that was to be repeated is the original one, but for outer whitespace."""
    same = original.strip() == repeated.strip()
    return Verdict(gate, same, "" if same else _first_difference(original.strip(), repeated.strip()))


def whole(answer: Answer, complete: bool = False) -> Verdict:
    """The answer was not cut by its length, or only after what was asked for was `complete`."""
    evidence = f"the answer was cut; raise --answer-tokens unless it runs in circles: {quote(answer.text)}"
    return Verdict("cut-by-length", complete or answer.finish_reason != "length", evidence)


def not_empty(kind: str, text: str) -> Verdict:
    """There is at least one word."""
    return Verdict(f"empty-{kind}", bool(re.search(r"\w", text)), f"the {kind} is {quote(text)}")


def clean(kind: str, text: str) -> Verdict:
    """No leftover of the answer's markup: tags, stars, labels, a new line."""
    found = _MARKUP.search(text)
    return Verdict(f"{kind}-markup", found is None, f"{quote(found.group())} in {quote(text)}" if found else "")


def no_question(kind: str, text: str) -> Verdict:
    """Nothing is asked: the other side would have to answer it."""
    return Verdict(f"{kind}-question", "?" not in text, f"asks {quote(text)}")


def no_loop(kind: str, text: str) -> Verdict:
    """No words go round in circles: one word four times running, two or three words thrice, four or more twice."""
    words = re.findall(r"\w+(?:'\w+)?", text.lower())
    for size in range(1, len(words) // 2 + 1):
        times = 4 if size == 1 else 3 if size < 4 else 2
        for start in range(len(words) - size * times + 1):
            if words[start] != words[start + size]:
                continue  # spares most of the slicing
            unit = words[start : start + size]
            if words[start : start + size * times] == unit * times:
                return Verdict(f"{kind}-loop", False, f"{quote(' '.join(unit))} {times} times running in {quote(text)}")
    return Verdict(f"{kind}-loop", True)


def _first_difference(original: str, repeated: str) -> str:
    at = next((i for i, (a, b) in enumerate(zip(original, repeated, strict=False)) if a != b), None)
    at = min(len(original), len(repeated)) if at is None else at
    start = max(0, at - 20)
    return f"at character {at}: {quote(original[start : at + 40])} became {quote(repeated[start : at + 40])}"
