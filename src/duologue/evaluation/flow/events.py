"""What happens in the dialogues of a corpus, as counts that can be resampled: each event has a kind and a dialogue.

events = Events(np.array([0, 2, 2]), np.array([0, 0, 1]), kinds=3, dialogues=2)
events.totals()         # [1, 0, 2]
events.drawn(seed=0)    # the totals of each bootstrap draw of dialogues, shape [draws, 3]
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from duologue.evaluation.bootstrap import Floats, draws


class Events(NamedTuple):
    """Events of a corpus.

    Attributes:
        kind: of each event, 0 to `kinds` - 1; shape [events].
        dialogue: in which each happened, 0 to `dialogues` - 1; shape [events].
        kinds: how many there are.
        dialogues: how many there are.
    """

    kind: NDArray[np.int64]
    dialogue: NDArray[np.int64]
    kinds: int
    dialogues: int

    def totals(self, weights: Floats | None = None) -> Floats:
        """How often each kind happened, dialogues weighted by `weights` [dialogues]; shape [kinds]."""
        each = np.ones(len(self.kind)) if weights is None else weights[self.dialogue]
        return np.bincount(self.kind, each, self.kinds).astype(np.float64)

    def drawn(self, seed: int = 0) -> Floats:
        """The totals of each bootstrap draw of dialogues; shape [draws, kinds]."""
        return np.array([self.totals(weights) for piece in draws(self.dialogues, seed=seed) for weights in piece])

    def beside(self, other: Events) -> Events:
        """Both as one corpus; the dialogues of `other` come last."""
        return Events(
            np.concatenate([self.kind, other.kind]),
            np.concatenate([self.dialogue, other.dialogue + self.dialogues]),
            self.kinds,
            self.dialogues + other.dialogues,
        )
