"""The parts of the control report together, and conversations beside a reference corpus."""

from __future__ import annotations

import msgspec
import pytest
from grown_talk import grown
from msgspec.structs import replace

from duologue.dialogue import Dialogue, Turn
from duologue.errors import InputError
from duologue.evaluation.contamination import HeldOutRuns
from duologue.evaluation.conversations import ConversationsScore, score_conversations
from duologue.evaluation.corpus_comparison import compare_corpora
from duologue.evaluation.grown import seed_of
from duologue.measures.embeddings import Embedder

pytest.importorskip("sentence_transformers")
pytest.importorskip("datasketch")
TOWN = ["baker", "river", "garden", "doctor", "violin", "harbour", "winter", "lantern", "tailor", "meadow"]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder()


def dull(number: int) -> list[Dialogue]:
    return [grown(at, ["Tell me more.", "It is what it is.", "I see.", "Bye."]) for at in range(number)]


def lively(number: int) -> list[Dialogue]:
    return [
        grown(at, [f"Was the {one} near the {TOWN[at * 3 % 10]}?", f"Number {at}, {TOWN[at * 7 % 10]} street!"])
        for at, one in zip(range(number), TOWN * 10, strict=False)
    ]


def test_the_seed_of_a_conversation_is_that_of_its_restyled_form() -> None:
    conversation = grown(3, ["Oh?"], seed="tweet~17")
    turns = [replace(turn, source=(conversation.id, at)) for at, turn in enumerate(conversation.turns)]
    restyled = replace(conversation, id=f"{conversation.id}~00ff00ff", turns=turns)
    assert seed_of(conversation) == seed_of(restyled) == "tweet~17"
    assert seed_of(Dialogue("d", [Turn("user", "Hi")])) == "d"


def test_the_dull_corpus_is_the_less_varied_one(embedder: Embedder) -> None:
    found = compare_corpora(dull(30), lively(30), embedder)
    assert found.diversity["distinct_1"].difference.interval.high < 0
    assert found.diversity["self_bleu"].difference.interval.low > 0
    assert (
        found.diversity["distinct_conversations"].ours.value < found.diversity["distinct_conversations"].reference.value
    )
    messages = found.turn_taking["messages"]
    assert (messages.ours.value, messages.reference.value, messages.difference.difference) == (5, 3, 2)


def test_diversity_is_compared_on_as_much_text(embedder: Embedder) -> None:
    """A corpus beside five times as much of the same kind is not called more varied for being small."""
    found = compare_corpora(dull(40), dull(8), embedder)
    ours, theirs = found.our_diversity, found.reference_diversity
    assert ours.words == theirs.words
    assert ours.compared == theirs.compared == 8
    assert found.diversity["distinct_2"].difference.difference == 0
    assert found.turn_taking["messages"].difference.p == 1


def test_all_parts_together(embedder: Embedder) -> None:
    talk = [
        grown(at, [*turn.said.split("|")], disposition=["amiable", "passive"][at % 2], motivation="venting")
        for at, turn in enumerate(Turn("system", f"So?|The {TOWN[at % 10]} is {at}") for at in range(12))
    ]
    restyled = [
        replace(
            each,
            id=f"{each.id}~0000000a",
            turns=[replace(turn, text=turn.text.lower(), source=(each.id, at)) for at, turn in enumerate(each.turns)],
        )
        for each in talk
    ]
    tests = HeldOutRuns.of({"held": ["the baker is 0", "message s1"]}, run=4)
    score = score_conversations(
        talk, embedder, restyled=restyled, reference=lively(12), tests=tests, permutations=1, limit=280
    )
    assert score.conversations == 12
    assert score.control["disposition"].accuracy is not None
    assert score.control["motivation"].verdict.startswith("too few")
    assert score.restyled_control["disposition"].seeds == 12
    assert score.restyle is not None
    assert score.restyle.figures["aligned"].value == 100
    assert score.contamination is not None
    assert [row.id for row in score.contamination.rows] == [talk[0].id, restyled[0].id]
    assert score.comparison is not None
    back = msgspec.json.decode(msgspec.json.encode(score), type=ConversationsScore, strict=False)
    assert back.turn_taking == score.turn_taking


def test_parts_that_are_not_asked_for_are_absent(embedder: Embedder) -> None:
    score = score_conversations(dull(3), embedder)
    assert (score.control, score.restyle, score.contamination, score.comparison) == ({}, None, None, None)


def test_seeds_alone_are_no_conversations(embedder: Embedder) -> None:
    with pytest.raises(InputError, match="no dialogue has more than one message"):
        score_conversations([grown(0, [])], embedder)
