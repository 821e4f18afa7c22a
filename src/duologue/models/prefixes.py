"""Prompts that begin alike: what several of them share is read once.

A prompt that another begins with, as the turns of one dialogue do, is read with the longest (`shared`). Prompts that
begin alike and then part, as one history with several instructions after it, have a common stem (`stems_of`).

    shared([(1, 2), (1, 2, 3), (7,)])            # Shared(read=[(7,), (1, 2, 3)], place=[1, 1, 0])
    alike([(8, 1, 2), (8, 1, 3), (7, 7)])        # Stems(lengths=[2, 1], of=[0, 0, 1])
    by_family([(1, 2), (7, 7, 7, 7), (1, 2, 3)])  # [0, 2, 1]: those that can be read together lie side by side
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

Prompt = tuple[int, ...]

_ALIKE = 0.5
"""Neighbours are alike when they share this part of the longer one."""
_WORTH = 0.75
"""Stems are read by themselves when that leaves at most this part of the tokens to be read."""


class Shared(NamedTuple):
    """The prompts to be read, and for each prompt the number of the one that begins with it."""

    read: list[Prompt]
    place: list[int]


class Stems(NamedTuple):
    """What prompts begin with: the length of each stem, and for each prompt the number of its stem."""

    lengths: list[int]
    of: list[int]


def shared(prompts: Sequence[Prompt]) -> Shared:
    """The prompts that no other one begins with, those that begin alike side by side."""
    read: list[Prompt] = []
    place = [0] * len(prompts)
    # In this order a prompt comes right before those that begin with it, so it is compared with one only.
    for index in sorted(range(len(prompts)), key=prompts.__getitem__, reverse=True):
        prompt = prompts[index]
        if not read or read[-1][: len(prompt)] != prompt:
            read.append(prompt)
        place[index] = len(read) - 1
    return Shared(read, place)


def alike(prompts: Sequence[Prompt]) -> Stems:
    """What prompts that lie side by side begin with in common; each has at least one token more."""
    lengths: list[int] = []
    of: list[int] = []
    before: Prompt = ()
    for prompt in prompts:
        together = common(before, prompt)
        if of and together >= _ALIKE * max(len(before), len(prompt)):
            lengths[-1] = min(lengths[-1], together, len(prompt) - 1)
        else:
            lengths.append(len(prompt) - 1)
        of.append(len(lengths) - 1)
        before = prompt
    return Stems(lengths, of)


def stems_of(read: Sequence[Prompt], prompts: Sequence[Prompt], place: Sequence[int]) -> Stems | None:
    """The stems that are worth reading by themselves; None where they are not.

    Args:
        read: the prompts to be read, as `shared` gives them.
        prompts: all of them, each longer than its stem.
        place: see `Shared`.
    """
    lengths, of = alike(read)
    for prompt, where in zip(prompts, place, strict=True):
        lengths[of[where]] = min(lengths[of[where]], len(prompt) - 1)
    rest = max(len(prompt) - lengths[stem] for prompt, stem in zip(read, of, strict=True))
    apart = len(lengths) * max(lengths) + len(read) * rest
    worth = min(lengths) > 0 and apart <= _WORTH * len(read) * max(map(len, read))
    return Stems(lengths, of) if worth else None


def common(one: Prompt, other: Prompt) -> int:
    """How many tokens two prompts begin with in common."""
    low, high = 0, min(len(one), len(other))
    while low < high:  # slices are compared far faster than tokens one by one
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[low:middle] == other[low:middle] else (low, middle - 1)
    return low


def by_family(prompts: Sequence[Prompt]) -> list[int]:
    """The prompts' indices: by the length of the longest in each family, within a family by length."""
    read, place = shared(prompts)
    family = alike(read).of
    longest = [0] * len(read)
    for number, prompt in zip(family, read, strict=True):
        longest[number] = max(longest[number], len(prompt))

    def key(index: int) -> tuple[int, ...]:
        number = family[place[index]]
        return longest[number], number, len(read[place[index]]), place[index], len(prompts[index])

    return sorted(range(len(prompts)), key=key)
