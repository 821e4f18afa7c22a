"""The utterances that stand for a cluster: those nearest to its centroid, no two the same.

nearest(utterances, vectors, np.flatnonzero(labels == 3), centroids[3])[0].text
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from duologue.evaluation.bootstrap import Floats
from duologue.evaluation.flow.utterances import Utterance
from duologue.measures.words import normalised

SHOWN = 5


class Example(msgspec.Struct, frozen=True):
    """An utterance near a cluster's centroid.

    Attributes:
        dialogue: the dialogue's id.
        turn: its index among the dialogue's turns.
        speaker: who said it.
        text: what was said.
        similarity: its vector's cosine with the centroid, -1 to 1.
    """

    dialogue: str
    turn: int
    speaker: str
    text: str
    similarity: float


def nearest(
    utterances: Sequence[Utterance],
    vectors: Floats,
    members: NDArray[np.int64],
    centroid: Floats,
    *,
    shown: int = SHOWN,
) -> list[Example]:
    """The members nearest to a centroid; of texts that differ in case and punctuation only, the first one.

    Args:
        utterances: of all clusters.
        vectors: their unit vectors, shape [utterances, dimensions].
        members: the cluster's utterances, as indices.
        centroid: shape [dimensions].
        shown: most examples.
    """
    length = float(np.linalg.norm(centroid))
    cosines = vectors[members] @ centroid / (length or 1.0)
    found: dict[str, Example] = {}
    for at in np.lexsort((members, -cosines)):
        each = utterances[members[at]]
        text = normalised(each.text)
        if text not in found:
            similarity = round(float(cosines[at]), 4)
            found[text] = Example(each.dialogue, each.turn, each.speaker, each.text, similarity)
        if len(found) == shown:
            break
    return list(found.values())
