"""The card's figures on conversations: what the readers of the operators say, and whether control can be told.

Messages, names, paraphrases and two thirds of the phrases are those of the split `test`. Control: a classifier (TF-IDF
of words and pairs, logistic regression) learns from what users say in the world's training conversations, and is asked
about the generated ones; beside it, the same classifier on the world's own test conversations.

talk_figures(generator, 200, seed=990_001)
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from duologue.corpora.conversation_text.speakers import NAMES, aliases
from duologue.corpora.worlds.seeds.sample import sample
from duologue.dialogue import Speaker, Turn
from duologue.measures.kept import changed_numbers, lost_names
from duologue.operators.conversation_reading import read_conversation
from duologue.operators.gates import Verdict
from duologue.operators.message import read_message
from duologue.prompts.ask import Answer
from scripts.tiny.examples import Text
from scripts.tiny.generate import Generator
from scripts.tiny.talk import TalkTasks
from scripts.tiny.tokenizer import END

_TAUGHT = 1000


def talk_figures(generator: Generator, count: int, seed: int) -> dict[str, Any]:
    """Figures on so many messages of the split `test`."""
    tasks = TalkTasks(random.Random("measure talk"), "test", vary=False)
    samples = list(sample(count, seed=seed, split="test"))
    texts = generator.answer([tasks.whole_of(one).prompt for one in samples], most=1200)
    read = [read_conversation(Answer(text, "", "stop"), speakers=aliases(NAMES), least=5) for text in texts]
    made = [(one, [Turn(each.speaker, each.text) for each in found]) for one, found in zip(samples, read, strict=True)
            if not isinstance(found, Verdict)]  # fmt: skip
    said = [_user(turns) for _, turns in made]
    figures: dict[str, Any] = {
        "conversations passed": _share(len(made), count),
        "conversations distinct": _share(len({tuple(turn.text for turn in turns) for _, turns in made}), len(made)),
    }
    taught = list(sample(_TAUGHT, seed=seed, split="train"))
    own = [_user([Turn(line.speaker, line.text) for line in one.lines]) for one in samples]
    for trait in ("disposition", "motivation"):
        model = make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LogisticRegression(C=10, max_iter=1000)
        )
        model.fit(
            [_user([Turn(x.speaker, x.text) for x in one.lines]) for one in taught], [getattr(o, trait) for o in taught]
        )
        figures[f"{trait} told"] = _right(model, said, [getattr(one, trait) for one, _ in made])
        figures[f"{trait} told, world's own"] = _right(model, own, [getattr(one, trait) for one in samples])
    figures |= _single(generator, tasks, count)
    return figures


def _single(generator: Generator, tasks: TalkTasks, count: int) -> dict[str, Any]:
    """Single messages: of user and SocBot, restyled, and the moderator's answer."""
    figures: dict[str, Any] = {}
    parts: list[tuple[str, Speaker, Callable[[], Text]]] = [
        ("user", "user", tasks.user_turn),
        ("SocBot", "system", tasks.system_turn),
    ]
    for name, speaker, make in parts:
        texts = generator.answer([make().prompt for _ in range(count)], most=120)
        passed = [read_message(Answer(text, "", "stop"), speaker=speaker, names=NAMES, earlier=()) for text in texts]
        figures[f"{name} messages passed"] = _share(sum(isinstance(each, str) for each in passed), count)
    asked = [tasks.moderator() for _ in range(count)]
    told = generator.answer([each.prompt for each in asked], most=4)
    right = {"yes": [0, 0], "no": [0, 0]}
    for each, answer in zip(asked, told, strict=True):
        gold = each.answer.removesuffix(END).strip()
        right[gold][0] += answer.strip() == gold
        right[gold][1] += 1
    figures["moderator right, mean of both"] = round(sum(_share(*pair) for pair in right.values()) / 2, 3)
    drawn = [(one, tasks.rng.randrange(len(one.lines) + 1)) for one in (tasks.draw() for _ in range(count))]
    styled = generator.answer([tasks.restyle_of(one, at).prompt for one, at in drawn], most=160)
    before = [[one.message, *(line.text for line in one.lines)][at] for one, at in drawn]
    kept = [not lost_names(a, b) and not changed_numbers(a, b) for a, b in zip(before, styled, strict=True)]
    figures["restyled, names and numbers kept"] = _share(sum(kept), count)
    figures["restyled, changed"] = _share(sum(a != b for a, b in zip(before, styled, strict=True)), count)
    return figures


def _user(turns: Sequence[Turn]) -> str:
    return " ".join(turn.text for turn in turns if turn.speaker == "user")


def _right(model: Any, texts: Sequence[str], labels: Sequence[str]) -> float:
    return _share(int((model.predict(texts) == labels).sum()), len(texts)) if texts else 0.0


def _share(part: int, whole: int) -> float:
    return round(part / whole, 3) if whole else 0.0
