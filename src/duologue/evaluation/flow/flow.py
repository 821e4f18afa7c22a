"""The flow of conversations: embed the utterances, cluster them, count what follows what, name the clusters by words.

    flow = measure_flow(dialogues)
    flow.corpora[0].transitions.probabilities, flow.clusters[0].words["counted"]
    measure_flow(styled, against=plain, paired=True).comparison.divergence["transitions"]

The JSALT 2023 dialogue lab's notebook (part 2: cluster and visualise) as a function. `flow.json` of `duologue flow` is
this structure. Same dialogues and seed, same figures, whatever the order of the dialogues. On another machine, or with
another number of threads, embeddings differ in their last digit: figures may, and an utterance that lies between two
clusters may change sides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from duologue.dialogue import Dialogue
from duologue.errors import InputError
from duologue.evaluation.bootstrap import Figure, Floats
from duologue.evaluation.estimate import Estimate
from duologue.evaluation.flow.cluster_words import Word, count_words, counted_words
from duologue.evaluation.flow.clusters import Clustering, cluster, unit
from duologue.evaluation.flow.comparison import Clustered, FlowComparison, compare, pairs
from duologue.evaluation.flow.divergence import PERMUTATIONS
from duologue.evaluation.flow.events import Events
from duologue.evaluation.flow.examples import Example, nearest
from duologue.evaluation.flow.log_linear import LogLinearFit, fit_log_linear, log_linear_words
from duologue.evaluation.flow.number_of_clusters import ChoiceOfClusters, choose
from duologue.evaluation.flow.selection import combinations
from duologue.evaluation.flow.transitions import Transitions, steps_of, transitions
from duologue.evaluation.flow.utterances import Spoken, Utterance, is_utterance, spoken_in, with_context
from duologue.measures.embeddings import Embedder


class Cluster(msgspec.Struct, frozen=True):
    """One cluster, over all corpora.

    Attributes:
        number: from 1, in the order in which their utterances stand in dialogues on average.
        utterances: how many are in it.
        position: where they stand on average, 0 (first of its dialogue) to 1 (last).
        speakers: speaker -> share of the cluster's utterances, 0 to 1.
        words: `counted` (by P(cluster | word)) and `log_linear` (by the log-linear model).
        examples: the utterances nearest to the centroid.
    """

    number: int
    utterances: int
    position: float
    speakers: dict[str, float]
    words: dict[str, list[Word]]
    examples: list[Example]


class DialoguePath(msgspec.Struct, frozen=True):
    """A dialogue as the numbers of its utterances' clusters."""

    id: str
    clusters: list[int]


class CorpusFlow(msgspec.Struct, frozen=True):
    """One corpus in the clusters.

    Attributes:
        name: of the corpus.
        dialogues: with utterances.
        utterances: in them.
        left_out: turns of tools and turns without text.
        mean_utterances: of a dialogue.
        services: combination of services, e.g. `restaurant_taxi` -> dialogues.
        shares: of the clusters, in percent of the utterances, in order of number.
        last: of the clusters, in percent of the dialogues: where dialogues end. (Where they begin is the first row of
            the transitions.)
        transitions: which cluster follows which.
        paths: the dialogues.
    """

    name: str
    dialogues: int
    utterances: int
    left_out: int
    mean_utterances: float
    services: dict[str, int]
    shares: list[Figure]
    last: list[float]
    transitions: Transitions
    paths: list[DialoguePath]


class Flow(msgspec.Struct, frozen=True):
    """Everything that was measured.

    Attributes:
        model: the embedding model.
        context: utterances before that are embedded with each.
        seed: of all random choices.
        choice: how the number of clusters came about.
        clusters: found on all corpora together.
        word_model: how well the log-linear model fits; None where there are no words.
        corpora: ours, then the reference where there is one.
        comparison: None without a reference.
    """

    model: str
    context: int
    seed: int
    choice: ChoiceOfClusters
    clusters: list[Cluster]
    word_model: LogLinearFit | None
    corpora: list[CorpusFlow]
    comparison: FlowComparison | None


def measure_flow(
    dialogues: Iterable[Dialogue],
    embedder: Embedder | None = None,
    *,
    against: Iterable[Dialogue] | None = None,
    paired: bool = False,
    names: Sequence[str] = ("ours", "reference"),
    clusters: int | None = None,
    context: int = 0,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
) -> Flow:
    """Measure.

    Args:
        dialogues: a corpus.
        embedder: the packaged MiniLM by default.
        against: another corpus to compare with; the clusters are then found on both together.
        paired: compare the dialogues that both have, before and after.
        names: of the corpora.
        clusters: how many; by default chosen between half and twice the mean number of utterances.
        context: utterances before that are embedded with each.
        permutations: how often dialogues are dealt out in the comparison.
        seed: of all random choices.

    Raises:
        InputError: fewer than three different utterances, or fewer than clusters; no pairs.
        MissingExtra: the extra `evaluate` is not installed.
    """
    embedder = embedder or Embedder()
    given = [_talking(dialogues)] if against is None else [_talking(dialogues), _talking(against)]
    if paired and len(given) == 2:
        given = list(pairs(*given))
    spoken = [_spoken(each, name) for each, name in zip(given, names, strict=False)]
    utterances = [utterance for each in spoken for utterance in each.utterances]
    texts = [text for each in spoken for text in with_context(each, context, embedder.fits)]
    vectors = unit(embedder.embed(texts))
    if len(np.unique(vectors, axis=0)) < 3:
        raise InputError("fewer than three different utterances", where=" and ".join(names[: len(given)]))
    positions = np.concatenate([each.positions() for each in spoken])
    mean = len(utterances) / sum(len(each.dialogues) for each in spoken)
    choice = choose(vectors, mean, seed=seed) if clusters is None else ChoiceOfClusters(clusters, "given")
    found = cluster(vectors, choice.clusters, positions, seed=seed)
    counted = count_words([each.text for each in utterances])
    model = fit_log_linear(counted, vectors, seed=seed)
    words = {"counted": counted_words(counted, found.labels, choice.clusters)}
    if model is not None:
        words["log_linear"] = log_linear_words(model, counted, vectors, found.labels, choice.clusters)
    labels = np.split(found.labels, np.cumsum([len(each.utterances) for each in spoken])[:-1])
    clustered = [_clustered(each, own, choice.clusters) for each, own in zip(spoken, labels, strict=True)]
    return Flow(
        model=embedder.model,
        context=context,
        seed=seed,
        choice=choice,
        clusters=_clusters(utterances, vectors, positions, found, words),
        word_model=None if model is None else model.fit,
        corpora=[
            _corpus(name, each, combinations(own), label, events, seed)
            for name, each, own, label, events in zip(names, spoken, given, labels, clustered, strict=False)
        ],
        comparison=compare(*clustered, paired=paired, permutations=permutations, seed=seed)
        if len(clustered) == 2
        else None,
    )


def _talking(dialogues: Iterable[Dialogue]) -> list[Dialogue]:
    """Those with utterances, in order of id, and of what is said where two have one id: the order of a file changes
    nothing.
    """
    talking = [dialogue for dialogue in dialogues if any(map(is_utterance, dialogue.turns))]
    return sorted(talking, key=lambda dialogue: (dialogue.id, [turn.said for turn in dialogue.turns]))


def _spoken(dialogues: Sequence[Dialogue], name: str) -> Spoken:
    found = spoken_in(dialogues)
    if not found.utterances:
        raise InputError("no dialogue has an utterance", where=name, mend="check file and format")
    return found


def _clustered(spoken: Spoken, labels: NDArray[np.int64], clusters: int) -> Clustered:
    dialogue = np.repeat(np.arange(len(spoken.lengths)), spoken.lengths)
    visits = Events(labels, dialogue, clusters, len(spoken.lengths))
    return Clustered(visits, steps_of(labels, spoken.lengths, clusters))


def _clusters(
    utterances: Sequence[Utterance],
    vectors: Floats,
    positions: Floats,
    found: Clustering,
    words: dict[str, list[list[Word]]],
) -> list[Cluster]:
    cards = []
    for label in range(len(found.centroids)):
        own = np.flatnonzero(found.labels == label)
        speakers = Counter(utterances[at].speaker for at in own.tolist())
        cards.append(
            Cluster(
                number=label + 1,
                utterances=len(own),
                position=round(float(positions[own].mean()), 4),
                speakers={name: round(count / len(own), 4) for name, count in sorted(speakers.items())},
                words={method: lists[label] for method, lists in words.items()},
                examples=nearest(utterances, vectors, own, found.centroids[label]),
            )
        )
    return cards


def _corpus(
    name: str,
    spoken: Spoken,
    services: dict[str, int],
    labels: NDArray[np.int64],
    clustered: Clustered,
    seed: int,
) -> CorpusFlow:
    visits, clusters = clustered.visits, clustered.visits.kinds
    totals, drawn = visits.totals(), visits.drawn(seed)
    drawn = 100 * drawn / drawn.sum(axis=1, keepdims=True)
    ends = np.cumsum(spoken.lengths) - 1
    dialogues = np.split(labels + 1, ends[:-1] + 1)
    return CorpusFlow(
        name=name,
        dialogues=len(spoken.dialogues),
        utterances=len(labels),
        left_out=spoken.left_out,
        mean_utterances=round(float(spoken.lengths.mean()), 4),
        services=services,
        shares=[Estimate(float(100 * totals[at] / totals.sum()), drawn[:, at]).figure() for at in range(clusters)],
        last=(100 * np.bincount(labels[ends], minlength=clusters) / len(ends)).tolist(),
        transitions=transitions(clustered.steps, clusters, seed=seed),
        paths=[DialoguePath(id, own.tolist()) for id, own in zip(spoken.dialogues, dialogues, strict=True)],
    )
