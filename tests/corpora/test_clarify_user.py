"""The simulated user of the clarify world: to the point in either manner, never more than was asked for."""

from __future__ import annotations

import random
from pathlib import Path
from statistics import mean

import pytest

from duologue.corpora import formats
from duologue.corpora.actions import CLARIFY
from duologue.corpora.clarification_points import instances
from duologue.corpora.worlds.clarify import KINDS, Kind, sample
from duologue.corpora.worlds.clarify.difference import missing, words
from duologue.corpora.worlds.clarify.phrases import load_voice
from duologue.corpora.worlds.clarify.question import offered, subject
from duologue.corpora.worlds.clarify.user import MANNERS, Manner, reply
from duologue.corpora.worlds.clarify.write import write

ASKED = "How high was the fee at Velka?"
MEANT = "How high was the winter fee at Velka Hill in 2019?"
MANNER: tuple[Manner, ...] = ("terse", "talkative")


def answered(question: str, manner: Manner = "terse", *, meant: str = MEANT, said: str = ASKED, seed: int = 1) -> str:
    return reply(random.Random(seed), load_voice("train"), manner, meant, question, said=[said])


def test_what_the_intent_says_more_than_the_request() -> None:
    assert [chunk.text for chunk in missing(MEANT, [ASKED])] == ["winter fee", "Velka Hill", "2019"]
    assert [chunk.text for chunk in missing(MEANT, [ASKED, "2019, please."])] == ["winter fee", "Velka Hill"]


def test_options_and_subjects_of_questions() -> None:
    assert offered("Do you mean Velka Hill or Velka Harbour?") == ["Velka Hill", "Velka Harbour"]
    assert offered("Is it 2018, 2019 or 2020 you mean?") == ["2018", "2019", "2020"]
    assert offered("You mean the winter fee?") == ["the winter fee"]
    assert offered("In which year?") == []
    assert [subject(text) for text in ("For which year?", "Who is it about?", "Which figure?", "Which fee?")] == [
        "when", "who", "what", None,
    ]  # fmt: skip


@pytest.mark.parametrize("manner", MANNER)
@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("In which year?", "2019"),
        ("Which museum do you mean?", "Velka Hill"),
        ("Velka Harbour or Velka Hill?", "Velka Hill"),
        ("Which fee do you mean?", "winter fee"),
        ("Do you mean the summer fee?", "winter fee"),
        ("Do you mean 2018?", "2019"),
    ],
)
def test_the_value_that_is_asked_for_and_no_other(manner: Manner, question: str, value: str) -> None:
    for seed in range(20):
        said = answered(question, manner, seed=seed).lower()
        assert value.lower() in said
        for other in {"2019", "velka hill", "winter fee"} - {value.lower()}:
            assert other not in said


@pytest.mark.parametrize("manner", MANNER)
def test_a_yes_and_what_is_off_the_point(manner: Manner) -> None:
    voice = load_voice("train")
    for seed in range(20):
        affirmed = answered("Do you mean the winter fee?", manner, seed=seed)
        assert "2019" not in affirmed
        off = answered("What colour is your car?", manner, meant=ASKED, seed=seed)
        assert off in voice.phrases[f"{manner}.off"]


NIGHT = "How high was the number of night passengers at Velka in 2019?"


@pytest.mark.parametrize("manner", MANNER)
@pytest.mark.parametrize(
    ("said", "meant", "question", "value"),
    [
        (
            "What was the garden known for?",
            "What was the garden of Dorn known for?",
            "Is it the garden of Mira?",
            "Dorn",
        ),
        ("How high was the number of passengers?", NIGHT, "Which of the figures?", "night passengers"),
        ("How high was the number of passengers?", NIGHT, "Of which year?", "2019"),
        ("And for the number of tours?", "Where do we stand on the number of day tours?", "Which figure?", "day tours"),
        (
            "And for the wage bill?",
            "What was the shop wage bill?",
            "What exactly do you want to know?",
            "shop wage bill",
        ),
        (
            "The average delay?",
            "The average longest delay?",
            "The average delay or the longest delay?",
            "longest delay",
        ),
    ],
)
def test_the_value_is_found_whatever_stands_around_it(
    manner: Manner, said: str, meant: str, question: str, value: str
) -> None:
    for seed in range(20):
        told = answered(question, manner, meant=meant, said=said, seed=seed)
        assert value.lower() in told.lower()


@pytest.mark.parametrize("manner", MANNER)
def test_the_same_offered_twice_is_one_option(manner: Manner) -> None:
    assert offered("Which one, the winter fee or the winter fee?") == ["the winter fee"]
    assert answered("Which one, the winter fee or the winter fee?", manner).startswith("Yes")
    assert "winter fee" in answered("Which one, the summer fee or the summer fee?", manner)


def test_a_question_with_its_reply_is_an_intent_too() -> None:
    asked = "What did she buy?"
    for meant in (
        "Do you mean Mira or Dorn? Dorn, please.",
        "Do you mean Mira? No, Dorn.",
        "Do you mean Dorn? Yes.",
        'Who is "she"? I believe it was Dorn that I wanted.',
    ):
        assert "Dorn" in answered("Who do you mean?", meant=meant, said=asked)
        assert "Dorn" in answered("Dorn or Mira?", meant=meant, said=asked)
        assert "Dorn" in answered("Do you mean Mira?", meant=meant, said=asked)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("manner", MANNER)
def test_replies_to_gold_questions_settle_what_was_open(kind: Kind, manner: Manner) -> None:
    voice = load_voice(next(split for split, own in MANNERS.items() if own == manner))
    rng = random.Random(3)
    settled = []
    for item in sample(200, 9, "train", kind):
        for at, step in enumerate(item.steps[:-1]):
            if step.action != CLARIFY:
                continue
            after = item.steps[at + 1].readings
            said = [item.steps[at].user] if at == 0 or item.steps[at - 1].action != CLARIFY else None
            if said is None or len(after) > 1:
                continue
            told = reply(rng, voice, manner, step.intent, step.system, said=said)
            options = offered(step.system)
            affirmed = len(options) == 1 and words(options[0]) <= words(step.intent)
            ruled_out = [
                words(step.intent) - words(other.intent) for other in step.readings if other.intent != step.intent
            ]
            settled.append(affirmed or all(own & words(told) for own in ruled_out))
            assert step.readings[0].answer not in told or step.readings[0].answer in step.intent
    assert len(settled) > 25
    assert mean(settled) > 0.97


def test_the_manners_differ_in_kind() -> None:
    lengths = {
        split: mean(
            len(after.user.split())
            for item in sample(150, 9, split, "tables")
            for step, after in zip(item.steps, item.steps[1:], strict=False)
            if step.action == CLARIFY
        )
        for split in ("train", "test")
    }
    assert lengths["train"] < 4 < 8 < lengths["test"]


def test_it_can_play_the_user_of_what_was_written(tmp_path: Path) -> None:
    write(tmp_path, n=120, seed=6)
    voice = load_voice("test")
    for file, name in (
        ("pacific/train.json", "pacific"),
        ("abg_coqa/coqa_abg_train.json", "abg-coqa"),
        ("spider/train_spider.json", "spider"),
    ):
        for instance in instances(formats.read(tmp_path / file, name)):
            if instance.action == CLARIFY and instance.intent is not None:
                asked = [instance.history[-1].said]
                for manner in MANNER:
                    told = reply(random.Random(1), voice, manner, instance.intent, instance.gold.said, said=asked)
                    assert told not in voice.phrases[f"{manner}.off"], (instance.intent, instance.gold.said)
