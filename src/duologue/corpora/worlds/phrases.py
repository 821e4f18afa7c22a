"""Pools of phrases as the worlds keep them: read, partitioned by split, their choices resolved.

A pool is a section of a text file: a line `== name`, then one phrase a line. Two marks make a phrase many: `(a|b|)` is
a choice and `{slot}` a value. Some phrases of every pool belong to the test split alone, some to validation alone, so a
held-out user says what no training user ever said.

    >>> expand("I (love|like) the {area}.")
    [('I love the ', 'area', '.'), ('I like the ', 'area', '.')]
"""

from __future__ import annotations

import random
import re
import zlib

from duologue.corpora.worlds.splits import Split

Variant = tuple[str, ...]
"""A phrase without choices: literal, slot, literal, slot, ..., literal."""

_SLOT = re.compile(r"\{(\w+)\}")
_INNER = re.compile(r"\(([^()]*)\)")
_MOST_VARIANTS = 96


def expand(phrase: str, most: int = _MOST_VARIANTS) -> list[Variant]:
    """Resolve the choices of a phrase; beyond ``most`` combinations, a fixed sample of them."""
    found = [phrase]
    rng = random.Random(zlib.crc32(phrase.encode()))
    while any("(" in text for text in found):
        grown: list[str] = []
        for text in found:
            match = _INNER.search(text)
            if match is None:
                grown.append(text)
                continue
            for option in match.group(1).split("|"):
                grown.append(text[: match.start()] + option + text[match.end() :])
        found = grown if len(grown) <= most else rng.sample(grown, most)
    tidy = {re.sub(r" +([,.?!])", r"\1", re.sub(r"\s+", " ", text)).strip(): None for text in found}
    tidy = {re.sub(r" +('(?:ve|s|re|d|ll|m)\b)", r"\1", text): None for text in tidy}
    tidy = {re.sub(r"([.?!] )([a-z])", lambda m: m[1] + m[2].upper(), text): None for text in tidy}
    return [tuple(_SLOT.split(text)) for text in tidy]


def partition(phrases: list[str]) -> dict[Split, list[str]]:
    """Give each split its phrases of a pool, by checksum.

    A sixth is said in the test split only, a sixth in validation only, the rest in training. Of what validation or
    test says, two thirds are training phrases: a held-out user is partly new, not from another country.
    """
    order = sorted(phrases, key=lambda phrase: zlib.crc32(phrase.encode()))
    held = max(1, round(len(order) / 6))
    test, val, train = order[:held], order[held : 2 * held], order[2 * held :]
    return {"train": train, "val": val + train[: 2 * held], "test": test + train[-2 * held :]}


def sections(text: str) -> dict[str, list[str]]:
    """Read the pools of a text: `== name` opens one, each line is a phrase, `#` begins a comment."""
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in text.splitlines():
        if line.startswith("== "):
            current = found.setdefault(line[3:].strip(), [])
        elif line.strip() and not line.startswith("#"):
            current.append(line.strip())
    return found
