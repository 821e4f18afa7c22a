"""What was put into dialogues: is it about the user's situation, is it varied, does it make names up?

For every kind of insertion (`backstory`, `reaction`, …), over the dialogues of a file:

- `distinct`: percent of the inserted texts that differ from all before them;
- `own_first`: percent of comparisons in which a text is nearer in meaning to its own dialogue's situation than to
  another dialogue's; 50 is chance;
- `names_known`: percent of the names in the texts that stand in the situation.

    score_insertions(read("runs/val/dialogues.jsonl"))["backstory"].own_first
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import NamedTuple

import msgspec
import numpy as np

from duologue.dialogue import Dialogue
from duologue.evaluation.bootstrap import Interval, bootstrap, ratio
from duologue.measures.embeddings import Embedder
from duologue.measures.names import names, unknown_names

_OTHERS = 5
FIGURES = ("distinct", "own_first", "names_known")


class InsertionRow(msgspec.Struct, frozen=True):
    """One inserted text and how it fared; `own_first` is None where there is no other situation to compare with."""

    id: str
    turn: int
    text: str
    situation: str
    repeats: bool
    own_first: float | None
    names: list[str]
    unknown: list[str]


class InsertionScore(msgspec.Struct, frozen=True):
    """The texts of one kind; figures in percent, NaN where there is nothing to count.

    Attributes:
        texts: how many there are.
        distinct: how many of them differ from those before.
        own_first: see the module.
        names_known: see the module.
        names: how many names the texts have.
        intervals: of `own_first` and `names_known`, over dialogues.
        model: the embedding model.
        rows: one per text.
    """

    texts: int
    distinct: float
    own_first: float
    names_known: float
    names: int
    intervals: dict[str, Interval]
    model: str
    rows: list[InsertionRow]


class _Inserted(NamedTuple):
    dialogue: int
    id: str
    turn: int
    text: str
    situation: str


def score_insertions(
    dialogues: Iterable[Dialogue], embedder: Embedder | None = None, *, seed: int = 0
) -> dict[str, InsertionScore]:
    """Score the insertions of each kind; dialogues without a fact `situation` are left out.

    Args:
        dialogues: with insertions, e.g. what `synthesize interference` made.
        embedder: the packaged MiniLM by default.
        seed: of the choice of other situations, and of the bootstrap.
    """
    embedder = embedder or Embedder()
    found: dict[str, list[_Inserted]] = {}
    number = 0
    for dialogue in dialogues:
        situation = dialogue.facts.get("situation")
        if not isinstance(situation, str):
            continue
        for position, turn in enumerate(dialogue.turns):
            for each in turn.insertions:
                inserted = _Inserted(number, dialogue.id, position, each.text, situation)
                found.setdefault(each.kind, []).append(inserted)
        number += 1
    return {kind: _score(texts, number, embedder, seed) for kind, texts in found.items()}


def _score(texts: list[_Inserted], dialogues: int, embedder: Embedder, seed: int) -> InsertionScore:
    wins = _own_first(texts, embedder, seed)
    rows, seen, sums = [], set[str](), np.zeros((dialogues, 4))
    for each, win in zip(texts, wins, strict=True):
        plain = " ".join(each.text.lower().split())
        said, unknown = names(each.text), unknown_names(each.text, each.situation)
        row = InsertionRow(each.id, each.turn, each.text, each.situation, plain in seen, win, said, unknown)
        seen.add(plain)
        rows.append(row)
        sums[each.dialogue] += (win or 0.0, win is not None, len(said) - len(unknown), len(said))
    total = sums.sum(axis=0)
    columns = {"own_first": sums[:, :2], "names_known": sums[:, 2:]}
    return InsertionScore(
        texts=len(rows),
        distinct=100 * len(seen) / len(rows),
        own_first=float(ratio(total[:1], total[1:2])[0]),
        names_known=float(ratio(total[2:3], total[3:])[0]),
        names=int(total[3]),
        intervals={
            name: bootstrap(both, lambda drawn: ratio(drawn[:, 0], drawn[:, 1]), seed=seed)
            for name, both in columns.items()
        },
        model=embedder.model,
        rows=rows,
    )


def _own_first(texts: list[_Inserted], embedder: Embedder, seed: int) -> list[float | None]:
    """Per text, the share of a few other situations that are further away than its own; a tie is half."""
    own = embedder.similarity([each.text for each in texts], [each.situation for each in texts])
    wins: list[float | None] = []
    for each, near in zip(texts, own.tolist(), strict=True):
        rng = random.Random(f"{seed}:{each.id}:{each.turn}")
        drawn = rng.sample(texts, min(len(texts), _OTHERS + 1))
        others = [other.situation for other in drawn if other.situation != each.situation][:_OTHERS]
        far = embedder.similarity([each.text] * len(others), others).tolist()
        wins.append(float(np.mean([(near > other) + 0.5 * (near == other) for other in far])) if far else None)
    return wins
