"""The embedded model's examples of conversations that need a question are what the clarify prompts ask."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from duologue.corpora import formats
from duologue.corpora.actions import ANSWER, CLARIFY
from duologue.corpora.worlds.clarify import KINDS, sample
from duologue.corpora.worlds.clarify.write import FILES, FOLDERS, write
from duologue.prompts.clarify import asking
from scripts.tiny.clarify import ClarifyTasks, Point, dialogue_of, points
from scripts.tiny.examples import chat_prompt, encode
from scripts.tiny.losing import losing
from scripts.tiny.mixture import SHARES, ChunkMaker
from scripts.tiny.packing import LENGTHS
from scripts.tiny.tokenizer import END, ROLES

PACKAGE = Path(__file__).resolve().parents[2] / "src/duologue/models/tiny"
FORMATS = {"tables": "pacific", "stories": "abg-coqa", "databases": "spider"}


@pytest.fixture
def tasks() -> ClarifyTasks:
    return ClarifyTasks(random.Random(7), "train")


def test_examples_are_prompted_as_the_files_are_when_they_are_read(tmp_path: Path) -> None:
    write(tmp_path, n=30, seed=4)
    for kind in KINDS:
        path = tmp_path / FOLDERS[kind] / FILES[kind]["train"]
        read = [*formats.read(path, FORMATS[kind])]
        for item in sample(24, 4, "train", kind):
            made = dialogue_of(item)
            said = [turn.said for turn in made.turns]
            about = [
                [turn.said for turn in one.turns]
                for one in read
                if (one.instruction, one.grounding) == (made.instruction, made.grounding)
            ]
            if kind == "stories":  # a row's reader has its own questions, asked by other annotators
                said, about = said[:-3], [turns[: len(said) - 3] for turns in about]
            assert said in about


def test_every_step_is_a_point() -> None:
    for kind in KINDS:
        for item in sample(30, 4, "train", kind):
            found = [*points(item)]
            assert [point.instance.action for point in found] == [step.action for step in item.steps]
            assert [point.instance.history[-1].said for point in found] == [step.user for step in item.steps]


def test_answers_and_questions_in_turn(tasks: ClarifyTasks) -> None:
    texts = [tasks.turn() for _ in range(150)]
    asks = Counter("?" in text.answer for text in texts)
    assert 40 < asks[True] < 80
    known = {chat_prompt(asking(point.instance)) for point in _points_again()}
    assert all(text.prompt in known for text in texts)


def test_a_whole_conversation_teaches_every_reply_and_nothing_that_the_user_says(tasks: ClarifyTasks) -> None:
    tokenizer = Tokenizer.from_file(str(PACKAGE / "tokenizer.json"))
    texts = [tasks.whole() for _ in range(60)]
    assert {text.prompt.split("\n")[0].count("SQLite") for text in texts} == {0, 1}
    rows = encode(tokenizer, texts)
    assert max(len(row.tokens) for row in rows) <= LENGTHS[-1]
    for text, row in zip(texts, rows, strict=True):
        replies = [part.split(END)[0] for part in f"{ROLES['assistant']} {text.answer}".split(ROLES["assistant"])[1:]]
        learnt = tokenizer.decode([int(token) for token in row.tokens[row.weights >= 1]], skip_special_tokens=True)
        assert "".join(learnt.split()) == "".join("".join(replies).split())


def test_told_to_do_the_other_thing_it_does(tasks: ClarifyTasks) -> None:
    for _ in range(80):
        text = tasks.told()
        assert ("do not answer it in your next turn" in text.prompt) == ("?" in text.answer)


def test_a_losing_reply_does_the_other_action() -> None:
    rng = random.Random(3)
    for kind in KINDS:
        for item in sample(40, 8, "test", kind):
            for at, step in enumerate(item.steps):
                said = losing(rng, item, at)
                assert ("?" in step.system) == (step.action == CLARIFY)
                assert ("?" in said) == (step.action == ANSWER)
                if step.action == CLARIFY:
                    assert said in [reading.answer for reading in step.readings]


def test_the_user_knows_what_was_meant_and_says_no_answer(tasks: ClarifyTasks) -> None:
    for _ in range(40):
        text = tasks.user()
        meant = text.prompt.split("which the assistant cannot see:\n")[1].split("\n")[0]
        assert meant
        assert text.answer.removesuffix(END) != meant
        assert "SELECT" not in text.answer
    assert tasks.meant().answer.startswith("The user wants to know")


def test_whether_a_turn_asks_is_said_in_a_word(tasks: ClarifyTasks) -> None:
    for _ in range(60):
        text = tasks.judged()
        said = text.prompt.split("The assistant's next turn:\n")[1].split("\n")[0]
        assert text.answer == ("yes" if "?" in said else "no") + END


def test_prompts_fit_the_context(tasks: ClarifyTasks) -> None:
    tokenizer = Tokenizer.from_file(str(PACKAGE / "tokenizer.json"))
    makers = (tasks.whole, tasks.turn, tasks.told, tasks.user, tasks.judged, tasks.meant)
    texts = [make() for make in makers for _ in range(40)]
    assert max(len(row.tokens) for row in encode(tokenizer, texts)) <= LENGTHS[-1]


def test_the_mixture_has_a_share_of_each() -> None:
    maker = ChunkMaker(PACKAGE / "tokenizer.json", texts=300, shares={name: 1.0 for name in SHARES})
    kinds = {text.kind for text in maker.texts_of("3")}
    assert {"clarify", "clarify turn", "clarify told", "clarify user", "clarify judged", "clarify meant"} <= kinds


def _points_again() -> list[Point]:
    """The points that tasks from the same source of chance draw."""
    tasks = ClarifyTasks(random.Random(7), "train")
    return [tasks.point() for _ in range(150)]
