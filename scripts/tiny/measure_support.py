"""The card's figures on support conversations: does a reply follow its strategy, and is a strategy recognised?

Points, names and a third of the phrases are those of the split `test`; each is asked for with one strategy, in turn. A
classifier (TF-IDF of words and pairs, logistic regression) that learnt from the world's training replies names the
strategy of what was written; beside it, the same classifier on the world's own test replies to the same questions.

support_figures(generator, 200)
"""

from __future__ import annotations

import random
from typing import Any

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from duologue.corpora.strategies import EXTENDED
from duologue.prompts.steering import Layout, Wording
from scripts.tiny.generate import Generator
from scripts.tiny.support import Place, SupportTasks
from scripts.tiny.tokenizer import END

LAYOUTS: tuple[Layout, ...] = ("standard", "c1_hf", "c1_hl")
_WORDING: Wording = "training"
_TAUGHT = 2000


def support_figures(generator: Generator, count: int) -> dict[str, Any]:
    """Figures on so many points, each with one strategy."""
    taught = SupportTasks(random.Random("measure support, taught"), "train")
    model = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LogisticRegression(C=10, max_iter=1000)
    )
    replies = [(_reply(taught, name), name) for name in EXTENDED for _ in range(_TAUGHT // len(EXTENDED))]
    model.fit([text for text, _ in replies], [name for _, name in replies])
    tasks = SupportTasks(random.Random("measure support"), "test")
    asked = [(_extended(tasks), name) for name in _round(count)]
    names = [name for _, name in asked]
    figures: dict[str, Any] = {}
    for layout in LAYOUTS:
        texts = [tasks.steered_at(place, EXTENDED[name], layout, _WORDING) for place, name in asked]
        written = generator.answer([text.prompt for text in texts], most=120)
        figures[f"strategy followed, {layout}"] = _right(list(model.predict(written)), names)
        figures[f"replies distinct, {layout}"] = round(len(set(written)) / count, 3)
    own = [place.one.reply(place.at, name, tasks.rng) for place, name in asked]
    figures["strategy followed, world's own"] = _right(list(model.predict(own)), names)
    drills = [tasks.recognised() for _ in range(count)]
    told = generator.answer([drill.prompt for drill in drills], most=20)
    figures["strategy recognised"] = _right(
        [each.strip() for each in told], [drill.answer.removesuffix(END).strip() for drill in drills]
    )
    return figures


def _extended(tasks: SupportTasks) -> Place:
    place = tasks.place()
    return place if place.one.collection == "extended" else _extended(tasks)


def _reply(tasks: SupportTasks, name: str) -> str:
    place = _extended(tasks)
    return place.one.reply(place.at, name, tasks.rng)


def _round(count: int) -> list[str]:
    """The strategies in turn, so often that each comes about equally often."""
    names = list(EXTENDED)
    return [names[at % len(names)] for at in range(count)]


def _right(found: list[str], gold: list[str]) -> float:
    return round(sum(a == b for a, b in zip(found, gold, strict=True)) / len(gold), 3)
