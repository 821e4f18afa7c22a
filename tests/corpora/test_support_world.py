"""The support world: readable, varied, held out by split, and no trivial task for a classifier."""

from __future__ import annotations

import random
import re
from collections import Counter
from pathlib import Path

import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.pipeline import make_pipeline

from duologue.corpora import formats
from duologue.corpora.continuation_points import merged, points
from duologue.corpora.strategies import ESCONV, EXTENDED
from duologue.corpora.worlds.names import split_of
from duologue.corpora.worlds.phrases import expand
from duologue.corpora.worlds.splits import SPLITS, Split
from duologue.corpora.worlds.support.case import other_side
from duologue.corpora.worlds.support.moves import COLLECTIONS, Collection
from duologue.corpora.worlds.support.phrases import LISTS, PROBLEMS, load_voice, pools
from duologue.corpora.worlds.support.sample import sample
from duologue.corpora.worlds.support.write import write
from duologue.dialogue import check

NAMES: dict[Collection, list[str]] = {"extended": list(EXTENDED), "esconv": list(ESCONV)}


def gold(split: Split, n: int, collection: Collection = "extended") -> tuple[list[str], list[str]]:
    """Messages of the supporter and their strategies."""
    said = [m for one in sample(n, 11, split, collection=collection) for m in one.messages if m.strategy]
    return [message.text for message in said], [message.strategy for message in said]


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_words_tell_a_strategy_mostly_but_not_always(collection: Collection) -> None:
    texts, labels = gold("train", 500, collection)
    held_texts, held_labels = gold("test", 250, collection)
    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LogisticRegression(max_iter=300))
    model.fit(texts, labels)
    score = f1_score(held_labels, model.predict(held_texts), average="macro")
    assert 0.6 <= score <= 0.9


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_every_strategy_occurs(collection: Collection) -> None:
    counts = Counter(gold("train", 200, collection)[1])
    assert set(counts) == set(NAMES[collection])
    assert min(counts.values()) > 20


def test_a_written_corpus_is_esconv(tmp_path: Path) -> None:
    written = write(tmp_path, n=40, seed=3)
    assert written.dialogues == {"train": 32, "val": 4, "test": 4}
    dialogues = list(formats.read(tmp_path / "ESConv.json", "esconv"))
    assert len({dialogue.id for dialogue in dialogues}) == 40
    assert [problem for dialogue in dialogues for problem in check(dialogue)] == []
    parts = [dialogue for split in SPLITS for dialogue in formats.read(tmp_path / f"{split}.json", "esconv")]
    assert parts == dialogues
    for dialogue in dialogues:
        assert dialogue.facts["problem_type"] in PROBLEMS
        assert dialogue.facts["situation"]
        assert len(dialogue.facts["survey_score"]["seeker"]) >= 2
    scores = [dialogue.facts["survey_score"]["seeker"].get("final_emotion_intensity") for dialogue in dialogues]
    assert None in scores
    openings = {dialogue.turns[0].speaker for dialogue in dialogues}
    assert openings == {"user", "system"}
    assert any(len(merged(dialogue).turns) < len(dialogue.turns) for dialogue in dialogues)
    lengths = [len(merged(dialogue).turns) for dialogue in dialogues]
    assert max(lengths) >= 21
    assert sum(1 for _ in points(dialogues, min_turn=3, max_turn=12)) > 100


def test_an_item_does_not_depend_on_the_slice() -> None:
    assert list(sample(3, 5, "val", start=4)) == list(sample(8, 5, "val"))[4:7]


def test_held_out_phrases_are_said_in_their_split_only() -> None:
    for name in pools():
        if name in LISTS:
            continue
        told = {split: set(load_voice(split).phrases[name]) for split in SPLITS}
        assert told["test"] - told["train"] - told["val"], name
        assert told["train"], name


def test_every_pool_has_something_to_say_before_anything_came_up() -> None:
    late = {"person", "friend", "place", "brand", "subject", "said", "thought", "saying"}
    for split in SPLITS:
        for name, phrases in load_voice(split).phrases.items():
            if name in LISTS or name.endswith((".event", ".detail")) or name.startswith("seeker"):
                continue
            assert any(not late & set(re.findall(r"{(\w+)}", phrase)) for phrase in phrases), (split, name)


def test_every_phrase_can_be_filled() -> None:
    for name, phrases in pools().items():
        for phrase in phrases:
            for variant in expand(phrase):
                text = "".join(variant[::2])
                assert not re.search(r"[{}()|]", text), (name, phrase)


def test_conversations_leave_no_slot_open_and_no_blank() -> None:
    for split in SPLITS:
        for one in sample(150, 2, split):
            for message in one.messages:
                assert not re.search(
                    r"[<>{}|]|  | [.,?!]|^\W*$|\.\.|\b(of|with|about|to|in|at) [.,?!]", message.text
                ), message


def test_the_other_side() -> None:
    assert other_side("I am not enough for my boss") == "you are not enough for your boss"
    assert other_side("I was late and I can't tell my mother") == "you were late and you can't tell your mother"
    assert other_side("call somebody that you trust") == "call somebody that I trust"


def test_a_reply_with_any_strategy_anywhere() -> None:
    rng = random.Random(1)
    for one in sample(20, 4, "train"):
        assert set(one.heard) == {
            at for at, message in enumerate(one.messages)
            if message.speaker == "system" and (at == 0 or one.messages[at - 1].speaker == "user")
        }  # fmt: skip
        for at in one.heard:
            replies = {strategy: one.reply(at, strategy, rng) for strategy in EXTENDED}
            assert len(set(replies.values())) == len(EXTENDED)


def test_what_the_supporter_names_was_named_before() -> None:
    for one in sample(60, 6, "test"):
        slots, said = one.case.slots, ""
        for message in one.messages:
            if message.speaker == "system":
                for slot in ("person", "friend", "place", "brand"):
                    assert slots[slot].lower() not in message.text.lower() or slots[slot].lower() in said, message
            said += " " + message.text.lower()


def test_a_test_name_is_no_training_name() -> None:
    for one in sample(40, 9, "test"):
        assert split_of(one.case.slots["person"].lower()) == "test"
