"""Prompts that begin with one another, as the turns of one dialogue do: each is read once, with the longest.

shared([(1, 2), (1, 2, 3), (7,)])            # Shared(read=[(7,), (1, 2, 3)], place=[1, 1, 0])
by_family([(1, 2), (7, 7, 7, 7), (1, 2, 3)])  # [0, 2, 1]: those that can be read together lie side by side
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

Prompt = tuple[int, ...]


class Shared(NamedTuple):
    """The prompts to be read, and for each prompt the number of the one that begins with it."""

    read: list[Prompt]
    place: list[int]


def shared(prompts: Sequence[Prompt]) -> Shared:
    """The prompts that no other one begins with."""
    read: list[Prompt] = []
    place = [0] * len(prompts)
    # In this order a prompt comes right before those that begin with it, so it is compared with one only.
    for index in sorted(range(len(prompts)), key=prompts.__getitem__, reverse=True):
        prompt = prompts[index]
        if not read or read[-1][: len(prompt)] != prompt:
            read.append(prompt)
        place[index] = len(read) - 1
    return Shared(read, place)


def by_family(prompts: Sequence[Prompt]) -> list[int]:
    """The prompts' indices: by the length of the longest in each family, within a family by length."""
    read, place = shared(prompts)
    return sorted(range(len(prompts)), key=lambda index: (len(read[place[index]]), place[index], len(prompts[index])))
