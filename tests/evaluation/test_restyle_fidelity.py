"""Restyle fidelity, against counts by hand."""

from __future__ import annotations

import pytest
from grown_talk import grown
from msgspec.structs import replace

from duologue.dialogue import Dialogue, Turn
from duologue.evaluation.restyle_fidelity import score_restyle_fidelity
from duologue.measures.embeddings import Embedder

pytest.importorskip("sentence_transformers")
SAID = ["Did you ask Ana about the 12 keys?", "No, she was away today.", "Try again at 3 then.", "Fine."]


def styled(dialogue: Dialogue, texts: list[str]) -> Dialogue:
    turns = [
        replace(turn, text=text, source=(dialogue.id, at))
        for at, (turn, text) in enumerate(zip(dialogue.turns, texts, strict=True))
    ]
    return replace(dialogue, id=f"{dialogue.id}~0000000f", turns=turns)


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder()


def test_figures_are_what_one_counts(embedder: Embedder) -> None:
    original = grown(0, SAID)
    texts = [original.turns[0].text, "u ask about the 12 keys??", "no, she was away today.", "try again l8r", "Fine."]
    score = score_restyle_fidelity([styled(original, texts)], [original], embedder, limit=23)
    row = score.rows[0]
    assert row.kept == [0]  # the seed, which was kept, is not counted as unchanged
    assert [each.lost_names for each in row.messages] == [["Ana"], [], [], []]
    assert [each.changed_numbers for each in row.messages] == [[], [], ["3"], []]
    assert [each.unchanged for each in row.messages] == [False, False, False, True]
    values = {name: figure.value for name, figure in score.figures.items()}
    assert values["aligned"] == values["wholly_aligned"] == 100
    assert values["names_kept"] == values["numbers_kept"] == 75
    assert values["unchanged"] == values["over_limit"] == 25
    assert values["length_ratio"] == pytest.approx((6 + 5 + 3 + 1) / (8 + 5 + 5 + 1))
    expected = embedder.similarity(texts[1:], SAID).mean()
    assert values["similarity"] == pytest.approx(float(expected), abs=1e-5)


def test_a_message_at_another_place_is_not_aligned(embedder: Embedder) -> None:
    original = grown(0, SAID)
    copy = styled(original, [turn.text for turn in original.turns])
    swapped = replace(copy, turns=[*copy.turns[:1], copy.turns[3], copy.turns[2], *copy.turns[1:2]])
    row = score_restyle_fidelity([swapped], [original], embedder).rows[0]
    assert (row.aligned, row.places) == (2, 5)
    other_speaker = replace(copy, turns=[*copy.turns[:4], replace(copy.turns[4], speaker="system")])
    score = score_restyle_fidelity([other_speaker, copy], [original], embedder)
    assert score.figures["wholly_aligned"].value == 50
    assert score.figures["aligned"].value == 90


def test_a_conversation_without_its_source_is_named(embedder: Embedder) -> None:
    score = score_restyle_fidelity([Dialogue("x", [Turn("user", "Hi")])], [grown(0, SAID)], embedder)
    assert (score.conversations, score.unmatched, score.rows) == (0, ["x"], [])


def test_the_order_changes_nothing(embedder: Embedder) -> None:
    talk = [grown(at, [f"Message {at}", "Oh"]) for at in range(5)]
    restyled = [styled(each, [turn.text.lower() for turn in each.turns]) for each in talk]
    ours = score_restyle_fidelity(restyled, talk, embedder)
    assert score_restyle_fidelity(restyled[::-1], talk[::-1], embedder) == ours
