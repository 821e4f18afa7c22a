"""Control: can a conversation's disposition (or motivation) be told from what its user says?

A classifier learns from the conversations of some seeds and is tested on those of others (`held_out`), over the user's
messages without the first, which is the seed. Words of the profiles' names and texts are removed (`label_words`).

    score = score_control(dialogues, "disposition")
    score.accuracy, score.chance, score.verdict

"Above chance" means that the interval's low end (95 %, over seeds) is above what guessing reaches: always the most
frequent label, or each equally often. Two more figures keep that honest: what the classifier reaches on shuffled
labels, and what one reaches who guesses from the other trait, for not every disposition goes with every motivation.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple, TypeAlias

import msgspec
import numpy as np

from duologue.dialogue import Dialogue
from duologue.evaluation import estimate
from duologue.evaluation.bootstrap import Figure
from duologue.evaluation.grouped_folds import FOLDS
from duologue.evaluation.grown import by_id, grown_turns, seed_of
from duologue.evaluation.held_out import HeldOutClassifier
from duologue.evaluation.label_words import FACTS, LabelWords, trait_of
from duologue.measures.words import words

Kind: TypeAlias = Literal["motivation", "disposition"]
KINDS: tuple[Kind, ...] = ("disposition", "motivation")
ABOVE, NOT_ABOVE = "above chance", "not above chance"
LEAST_SEEDS = 2 * FOLDS
PERMUTATIONS = 100


class ControlRow(msgspec.Struct, frozen=True):
    """One conversation.

    Attributes:
        id: the conversation's.
        seed: the id of its seed.
        true: its label.
        predicted: what it was taken for; None where a judge gave no usable answer.
        margin: see `held_out.HeldOut`; None with a judge.
        evidence: words that spoke for the predicted label, or what the judge answered.
    """

    id: str
    seed: str
    true: str
    predicted: str | None
    margin: float | None
    evidence: list[str]


class Permuted(msgspec.Struct, frozen=True):
    """Accuracy in percent with labels shuffled over conversations: what the procedure gives where there is nothing.

    `p` is how often shuffled labels do as well as the true ones, (1 + times) / (1 + runs).
    """

    mean: float
    highest: float
    p: float
    runs: int


class ControlScore(msgspec.Struct, frozen=True):
    """How well one trait is recovered; figures in percent.

    Attributes:
        kind: which trait.
        by: who tells: `classifier`, or the judge's model.
        conversations: how many have the trait.
        seeds: how many seeds they come from.
        accuracy: share of conversations that were recognised; None where there are too few.
        chance: `most_frequent` (always the same label), `uniform` (one of k), `other_trait` (the most frequent
            label of those with the same other trait; NaN where there is no other).
        permuted: None with a judge, or where there are too few.
        recall: label -> share of its conversations that were recognised.
        confusion: label -> what its conversations were taken for -> how many; no usable answer is ``.
        verdict: `above chance`, `not above chance`, or why there is no figure.
        rows: one per conversation, in order of id.
    """

    kind: Kind
    by: str
    conversations: int
    seeds: int
    accuracy: Figure | None
    chance: dict[str, float]
    permuted: Permuted | None
    recall: dict[str, float]
    confusion: dict[str, dict[str, int]]
    verdict: str
    rows: list[ControlRow]


class Case(NamedTuple):
    """A conversation that has the trait; `text` is what its user says, without label words."""

    dialogue: Dialogue
    seed: str
    label: str
    other: str | None
    text: str


def score_control(
    dialogues: Iterable[Dialogue], kind: Kind, *, permutations: int = PERMUTATIONS, seed: int = 0
) -> ControlScore:
    """Train on some seeds, test on others.

    Args:
        dialogues: with `facts[kind]`; others are left out.
        kind: which trait.
        permutations: how often labels are shuffled; each costs as much as the figure itself.
        seed: of folds, shuffling and bootstrap.

    Raises:
        MissingExtra: scikit-learn is not installed.
    """
    cases = cases_of(dialogues, kind)
    if lacking := _lacking(cases):
        return score_rows(kind, "classifier", cases, None, lacking=lacking, seed=seed)
    labels = [case.label for case in cases]
    classifier = HeldOutClassifier([case.text for case in cases], labels, [case.seed for case in cases], seed=seed)
    rows = [
        ControlRow(case.dialogue.id, case.seed, case.label, found.predicted, found.margin, found.evidence)
        for case, found in zip(cases, classifier.predict(), strict=True)
    ]
    score = score_rows(kind, "classifier", cases, rows, seed=seed)
    return msgspec.structs.replace(score, permuted=_permuted(classifier, rows, permutations, seed))


def cases_of(dialogues: Iterable[Dialogue], kind: Kind) -> list[Case]:
    """The conversations that have the trait, in order of id."""
    every = by_id(dialogues)
    labels = LabelWords.of(every)
    other = next(fact for fact in FACTS if fact != kind)
    return [
        Case(
            dialogue,
            seed_of(dialogue),
            trait[0],
            beside[0] if (beside := trait_of(dialogue, other)) else None,
            "\n".join(labels.removed(turn.said) for turn in grown_turns(dialogue) if turn.speaker == "user"),
        )
        for dialogue in every
        if (trait := trait_of(dialogue, kind))
    ]


def score_rows(
    kind: Kind, by: str, cases: Sequence[Case], rows: Sequence[ControlRow] | None, *, lacking: str = "", seed: int = 0
) -> ControlScore:
    """The figures of who was taken for what; without rows only what guessing reaches, and what is lacking."""
    labels = Counter(case.label for case in cases)
    chance = _chance(cases, labels)
    known = rows or []
    confusion = {
        label: dict(sorted(Counter(row.predicted or "" for row in known if row.true == label).items()))
        for label in sorted(labels)
    }
    accuracy = None if rows is None else _accuracy(rows, seed)
    guessed = max(chance["most_frequent"], chance["uniform"])
    above = accuracy is not None and accuracy.interval is not None and accuracy.interval.low > guessed
    return ControlScore(
        kind=kind,
        by=by,
        conversations=len(cases),
        seeds=len({case.seed for case in cases}),
        accuracy=accuracy,
        chance=chance,
        permuted=None,
        recall={label: 100 * found.get(label, 0) / labels[label] for label, found in confusion.items() if known},
        confusion=confusion,
        verdict=lacking or (ABOVE if above else NOT_ABOVE),
        rows=list(known),
    )


def _accuracy(rows: Sequence[ControlRow], seed: int) -> Figure:
    seeds = {name: at for at, name in enumerate(sorted({row.seed for row in rows}))}
    sums = np.zeros((len(seeds), 2))
    for row in rows:
        sums[seeds[row.seed]] += (row.predicted == row.true, 1)
    return estimate.share(sums[:, 0], sums[:, 1], seed=seed).figure()


def _chance(cases: Sequence[Case], labels: Counter[str]) -> dict[str, float]:
    if not cases:
        return dict.fromkeys(("most_frequent", "uniform", "other_trait"), math.nan)
    together = Counter((case.other, case.label) for case in cases if case.other is not None)
    best: Counter[str | None] = Counter()
    for (other, _), count in together.items():
        best[other] = max(best[other], count)
    return {
        "most_frequent": 100 * max(labels.values()) / len(cases),
        "uniform": 100 / len(labels),
        "other_trait": 100 * best.total() / together.total() if together else math.nan,
    }


def _lacking(cases: Sequence[Case]) -> str:
    """Why these are too few to train and test on; empty where they are enough."""
    seeds = {case.seed for case in cases if words(case.text)}
    if len(seeds) < LEAST_SEEDS:
        return f"too few conversations: of {len(seeds)} seeds, at least {LEAST_SEEDS} are needed"
    of_label: dict[str, set[str]] = {}
    for case in cases:
        of_label.setdefault(case.label, set()).add(case.seed)
    if sum(len(found) >= FOLDS for found in of_label.values()) < 2:
        return f"too few conversations: fewer than two labels with at least {FOLDS} seeds"
    return ""


def _permuted(
    classifier: HeldOutClassifier, rows: Sequence[ControlRow], permutations: int, seed: int
) -> Permuted | None:
    if permutations < 1:
        return None
    rng = np.random.default_rng(seed)
    found = np.array([classifier.accuracy(rng.permutation(classifier.labels)) for _ in range(permutations)])
    reached = 100 * sum(row.predicted == row.true for row in rows) / len(rows)
    as_well = int(np.sum(found >= reached))
    return Permuted(float(found.mean()), float(found.max()), (1 + as_well) / (1 + permutations), permutations)
