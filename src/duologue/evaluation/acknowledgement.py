"""Acknowledgement: does the reply react to the user's backstory?

Three figures per augmented turn, none of which needs a person or a large model:

- how near the reply is in meaning to the backstory, by its nearest sentence (a reply also answers the request);
- how near it is to the reference reaction, in the same way;
- the share of the backstory's content words that it takes up.

The bare figures have no natural zero, so `own_first` says how often the reply is nearer to its own backstory than to
another dialogue's: 50 % is chance, i.e. a reply that ignores what it was told.

    score_acknowledgement(pair(predictions, references)).own_first
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from duologue.evaluation.bootstrap import Floats, Interval, bootstrap
from duologue.evaluation.pairing import Pairing
from duologue.measures.embeddings import Embedder
from duologue.measures.words import content_overlap

_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_OTHERS = 5
COLUMNS = ("backstory_similarity", "reaction_similarity", "overlap", "own_first")


class AcknowledgementRow(msgspec.Struct, frozen=True):
    """One augmented turn: its figures, and the sentence of the reply that is nearest to the backstory."""

    id: str
    turn: int
    backstory_similarity: float
    reaction_similarity: float | None
    overlap: float
    own_first: float
    nearest: str


class AcknowledgementScore(msgspec.Struct, frozen=True):
    """Acknowledgement over the augmented turns.

    Attributes:
        backstory_similarity: mean cosine of the reply's nearest sentence with the backstory.
        reaction_similarity: the same with the reference reaction, over the turns that have one.
        overlap: mean share of the backstory's content words in the reply, 0 to 1.
        own_first: percent of comparisons in which the reply is nearer to its own backstory than to another's.
        turns: number of augmented turns.
        model: the embedding model.
        intervals: over dialogues.
        rows: per turn.
    """

    backstory_similarity: float
    reaction_similarity: float | None
    overlap: float
    own_first: float
    turns: int
    model: str
    intervals: dict[str, Interval]
    rows: list[AcknowledgementRow]


class _Case(NamedTuple):
    dialogue: int
    id: str
    turn: int
    reply: str
    backstory: str
    reaction: str | None


class Nearest(NamedTuple):
    """The sentence of a reply that is nearest to a text, and how near it is."""

    sentence: str
    similarity: float


def score_acknowledgement(
    pairing: Pairing, embedder: Embedder | None = None, *, seed: int = 0
) -> AcknowledgementScore | None:
    """Score the replies to turns with a backstory; None where there are none.

    Args:
        pairing: predictions beside references whose user turns carry insertions of the kind `backstory`, and whose
            system turns carry the reference `reaction`.
        embedder: the packaged MiniLM by default.
        seed: of the choice of other backstories, and of the bootstrap.
    """
    cases = _cases(pairing)
    if not cases:
        return None
    embedder = embedder or Embedder()
    own = nearest_sentences([case.reply for case in cases], [case.backstory for case in cases], embedder)
    reacted = [case for case in cases if case.reaction]
    to_reaction = nearest_sentences(
        [case.reply for case in reacted], [case.reaction or "" for case in reacted], embedder
    )
    reaction_of = {id(case): found.similarity for case, found in zip(reacted, to_reaction, strict=True)}
    wins = _own_first(cases, own, embedder, seed)
    rows = [
        AcknowledgementRow(
            id=case.id,
            turn=case.turn,
            backstory_similarity=found.similarity,
            reaction_similarity=reaction_of.get(id(case)),
            overlap=content_overlap(case.reply, case.backstory),
            own_first=win,
            nearest=found.sentence,
        )
        for case, found, win in zip(cases, own, wins, strict=True)
    ]
    return _total(rows, [case.dialogue for case in cases], len(pairing.dialogues), embedder.model, seed)


def nearest_sentences(replies: Sequence[str], texts: Sequence[str], embedder: Embedder) -> list[Nearest]:
    """For each reply and its text, the sentence of the reply that is nearest to it; an empty reply is at 0."""
    sentences = [[part for part in _SENTENCE.split(reply.strip()) if part] for reply in replies]
    flat = [(part, text) for parts, text in zip(sentences, texts, strict=True) for part in parts]
    scores = iter(embedder.similarity([part for part, _ in flat], [text for _, text in flat]).tolist())
    found = [[Nearest(part, next(scores)) for part in parts] for parts in sentences]
    return [max(each, key=lambda near: near.similarity, default=Nearest("", 0.0)) for each in found]


def _cases(pairing: Pairing) -> list[_Case]:
    cases = []
    for number, dialogue in enumerate(pairing.dialogues):
        for each in dialogue.pairs:
            backstory = each.before.inserted("backstory") if each.before is not None else None
            if backstory:
                reaction = each.turn.inserted("reaction")
                cases.append(_Case(number, dialogue.id, each.position, each.response, backstory, reaction))
    return cases


def _own_first(cases: list[_Case], own: list[Nearest], embedder: Embedder, seed: int) -> list[float]:
    """Per case, the share of a few other dialogues' backstories that are further away than its own; a tie is half."""
    wins = []
    for case, found in zip(cases, own, strict=True):
        rng = random.Random(f"{seed}:{case.id}:{case.turn}")
        pool = [other.backstory for other in rng.sample(cases, min(len(cases), _OTHERS + 1)) if other.id != case.id]
        others = nearest_sentences([case.reply] * len(pool), pool, embedder)
        beaten = [(found.similarity > each.similarity) + 0.5 * (found.similarity == each.similarity) for each in others]
        wins.append(float(np.mean(beaten)) if beaten else float("nan"))
    return wins


def _total(
    rows: list[AcknowledgementRow], dialogue_of: list[int], dialogues: int, model: str, seed: int
) -> AcknowledgementScore:
    table = np.array([[_number(getattr(row, name)) for name in COLUMNS] for row in rows])
    table[:, 3] *= 100
    present = ~np.isnan(table)
    means = {name: _mean(table[:, column]) for column, name in enumerate(COLUMNS)}
    sums = np.zeros((dialogues, 2 * len(COLUMNS)))
    np.add.at(sums, dialogue_of, np.hstack([np.nan_to_num(table), present]))
    intervals = {}
    for column, name in enumerate(COLUMNS):
        if present[:, column].any():
            columns = sums[:, [column, column + len(COLUMNS)]]
            intervals[name] = bootstrap(columns, _ratio_of_sums, seed=seed)
    return AcknowledgementScore(
        backstory_similarity=means["backstory_similarity"],
        reaction_similarity=means["reaction_similarity"] if present[:, 1].any() else None,
        overlap=means["overlap"],
        own_first=means["own_first"],
        turns=len(rows),
        model=model,
        intervals=intervals,
        rows=rows,
    )


def _ratio_of_sums(total: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return total[:, 0] / total[:, 1]


def _mean(column: NDArray[np.float64]) -> float:
    known = column[~np.isnan(column)]
    return float(known.mean()) if len(known) else float("nan")


def _number(value: float | None) -> float:
    return float("nan") if value is None else value
