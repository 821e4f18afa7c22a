"""The utterances of a corpus, dialogue by dialogue, and the texts by which they are embedded.

    spoken = spoken_in(dialogues)
    texts = with_context(spoken, 1, embedder.fits)      # each utterance after the one before it

An utterance is a turn of the user or the system with its insertions; turns of tools, and turns without text, are none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from duologue.dialogue import Dialogue, Turn


class Utterance(NamedTuple):
    """One utterance.

    Attributes:
        dialogue: the dialogue's id.
        turn: its index among the dialogue's turns.
        speaker: `user` or `system`.
        text: what was said.
        place: how many utterances of the dialogue came before it.
    """

    dialogue: str
    turn: int
    speaker: str
    text: str
    place: int


class Spoken(NamedTuple):
    """The utterances of a corpus.

    Attributes:
        utterances: those of one dialogue stand together, in order.
        dialogues: ids of the dialogues that have utterances, in the same order.
        lengths: utterances of each dialogue; shape [dialogues].
        left_out: turns that are no utterances.
    """

    utterances: list[Utterance]
    dialogues: list[str]
    lengths: NDArray[np.int64]
    left_out: int

    def positions(self) -> NDArray[np.float64]:
        """Where each utterance stands in its dialogue: 0 for the first, 1 for the last; shape [utterances]."""
        places = np.array([each.place for each in self.utterances], dtype=np.float64)
        positions: NDArray[np.float64] = places / np.repeat(np.maximum(self.lengths - 1, 1), self.lengths)
        return positions


def is_utterance(turn: Turn) -> bool:
    """Whether the user or the system says something in this turn."""
    return turn.speaker != "tool" and bool(turn.said.strip())


def spoken_in(dialogues: Iterable[Dialogue]) -> Spoken:
    """The utterances of dialogues (of their trunks), in the order given."""
    utterances: list[Utterance] = []
    ids: list[str] = []
    lengths: list[int] = []
    left_out = 0
    for dialogue in dialogues:
        before = len(utterances)
        for index, turn in enumerate(dialogue.turns):
            if is_utterance(turn):
                place = len(utterances) - before
                utterances.append(Utterance(dialogue.id, index, turn.speaker, turn.said.strip(), place))
            else:
                left_out += 1
        if len(utterances) > before:
            ids.append(dialogue.id)
            lengths.append(len(utterances) - before)
    return Spoken(utterances, ids, np.array(lengths, dtype=np.int64), left_out)


def with_context(spoken: Spoken, turns: int, fits: Callable[[Sequence[str]], NDArray[np.bool_]]) -> list[str]:
    """Each utterance after the utterances before it, one a line.

    An embedding model cuts a long text at its end, where the utterance itself stands: so the oldest turns are left out
    until the rest fits, or the utterance is alone.

    Args:
        spoken: the utterances.
        turns: how many of the utterances before.
        fits: tells of texts whether the model reads them whole.
    """
    own = [each.text for each in spoken.utterances]
    taken = [min(turns, each.place) for each in spoken.utterances]
    texts = ["\n".join(own[at - count : at + 1]) for at, count in enumerate(taken)]
    unsure = [at for at, count in enumerate(taken) if count]
    while unsure:
        fitting = fits([texts[at] for at in unsure])
        unsure = [at for at, fit in zip(unsure, fitting, strict=True) if not fit]
        for at in unsure:
            taken[at] -= 1
            texts[at] = "\n".join(own[at - taken[at] : at + 1])
        unsure = [at for at in unsure if taken[at]]
    return texts
