"""The whole measure, on conversations whose utterances are of known kinds."""

from __future__ import annotations

import json
import random

import msgspec
import pytest
from planted_talk import TALK, kinds_of, planted, shuffled

from duologue.dialogue import Dialogue, Origin
from duologue.errors import InputError
from duologue.evaluation.flow.comparison import pairs
from duologue.evaluation.flow.flow import Flow, measure_flow
from duologue.measures.embeddings import Embedder

pytest.importorskip("sentence_transformers")
metrics = pytest.importorskip("sklearn.metrics")


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder()


@pytest.fixture(scope="module")
def talk() -> list[Dialogue]:
    return [planted(number) for number in range(24)]


@pytest.fixture(scope="module")
def flow(talk: list[Dialogue], embedder: Embedder) -> Flow:
    return measure_flow(talk, embedder, clusters=5)


def test_the_planted_kinds_are_found_in_their_order(flow: Flow, talk: list[Dialogue]) -> None:
    corpus = flow.corpora[0]
    labels = [number for path in corpus.paths for number in path.clusters]
    assert metrics.adjusted_rand_score(kinds_of(talk), labels) == 1
    assert corpus.paths[0].clusters == [1, 2, 3, 4, 5]
    matrix = corpus.transitions.probabilities
    assert [row.index(1.0) for row in matrix] == [0, 1, 2, 3, 4, 5]  # BEGIN -> 1 -> … -> 5 -> END
    assert [figure.value for figure in corpus.shares] == [20.0] * 5
    assert corpus.last == [0, 0, 0, 0, 100]
    said = {"snow": "user", "pizza": "system", "tooth": "user", "train": "system", "thanks": "user"}
    for cluster, (word, speaker) in zip(flow.clusters, said.items(), strict=True):
        assert cluster.speakers == {speaker: 1.0}
        for method in ("counted", "log_linear"):
            assert word in [each.word for each in cluster.words[method]]
    assert {each.text.split()[0] for each in flow.clusters[4].examples} <= {"Thank", "Thanks", "Many"}
    assert flow.word_model is not None
    assert flow.word_model.final < flow.word_model.unigram - 0.5


def test_the_same_bytes_whatever_the_order(flow: Flow, talk: list[Dialogue]) -> None:
    other = random.Random(5).sample(talk, len(talk))
    assert msgspec.json.encode(measure_flow(other, clusters=5)) == msgspec.json.encode(flow)


def test_the_number_is_chosen_when_it_is_not_given(talk: list[Dialogue], embedder: Embedder) -> None:
    choice = measure_flow(talk, embedder).choice
    assert choice.criterion == "silhouette, one standard error"
    assert list(choice.silhouettes) == list(range(3, 11))
    assert choice.clusters >= 5


def test_context_tells_the_same_words_apart(embedder: Embedder) -> None:
    """Thanks after a pizza and thanks after a train are the same words; with the turn before they are not."""
    talk = [planted(number, ("weather", "pizza", "thanks"), "p") for number in range(12)]
    talk += [planted(number, ("dentist", "train", "thanks"), "t") for number in range(12)]
    kinds = [
        f"{dialogue.id[0]} {kind}"
        for dialogue in sorted(talk, key=lambda each: each.id)
        for kind in kinds_of([dialogue])
    ]

    def index(context: int) -> float:
        found = measure_flow(talk, embedder, clusters=6, context=context)
        labels = [number for path in found.corpora[0].paths for number in path.clusters]
        thanks = [at for at, kind in enumerate(kinds) if kind.endswith("thanks")]
        return float(metrics.adjusted_rand_score([kinds[at] for at in thanks], [labels[at] for at in thanks]))

    assert index(1) > index(0) + 0.5


def test_the_same_kinds_in_another_order_differ_in_transitions_not_in_shares(
    talk: list[Dialogue], embedder: Embedder
) -> None:
    other = [shuffled(number) for number in range(24)]
    found = measure_flow(talk, embedder, against=other, clusters=5, permutations=99)
    assert found.comparison is not None
    apart = found.comparison.divergence
    assert apart["transitions"].interval.low > 0.2
    assert apart["transitions"].p == 0.01
    assert apart["shares"].value == 0
    assert apart["shares"].interval.low == 0
    assert [corpus.dialogues for corpus in found.corpora] == [24, 24]
    for each in found.comparison.shares.values():
        assert (each.ours.value, each.reference.value, each.difference.difference) == (20, 20, 0)
    first = found.comparison.transitions[0]
    matrices = [corpus.transitions for corpus in found.corpora]
    row, column = matrices[0].rows.index(first.source), matrices[0].columns.index(first.target)
    assert first.probability.ours.value == pytest.approx(100 * matrices[0].probabilities[row][column])
    assert first.probability.reference.value == pytest.approx(100 * matrices[1].probabilities[row][column])
    assert sum(each.bits for each in found.comparison.transitions) <= apart["transitions"].observed
    interval = first.probability.difference.interval
    assert interval.low > 0 or interval.high < 0


def test_a_corpus_beside_itself_and_beside_what_was_made_of_it(talk: list[Dialogue], embedder: Embedder) -> None:
    same = measure_flow(talk, embedder, against=talk, paired=True, clusters=5, permutations=20).comparison
    assert same is not None
    assert same.transitions == []
    assert (same.divergence["transitions"].value, same.divergence["transitions"].interval.high) == (0, 0)
    made = [
        msgspec.structs.replace(
            planted(at, TALK[:3] if at < 12 else TALK, "d"),
            id=f"{each.id}~0123abcd",
            origin=Origin("cut", parent=each.id),
        )
        for at, each in enumerate(talk[:20])
    ]
    silent = msgspec.structs.replace(made[3], turns=[])
    found = measure_flow(
        [*made[:3], silent, *made[4:]], embedder, against=talk, paired=True, clusters=5, permutations=99
    )
    assert found.comparison is not None
    assert [corpus.dialogues for corpus in found.corpora] == [19, 19]  # the others have no counterpart that talks
    assert found.comparison.divergence["transitions"].interval.low > 0
    assert json.loads(msgspec.json.encode(found))["comparison"]["paired"] is True
    with pytest.raises(InputError, match="two dialogues of ours come from one"):
        pairs([*made, talk[0]], talk)
    with pytest.raises(InputError, match="no dialogue in common"):
        pairs(made, [shuffled(1)])


def test_too_little_is_refused(embedder: Embedder) -> None:
    with pytest.raises(InputError, match="no dialogue has an utterance"):
        measure_flow([Dialogue("d", [])], embedder)
    with pytest.raises(InputError, match="fewer than three different utterances"):
        measure_flow([planted(1, ("pizza", "train"))] * 3, embedder)
