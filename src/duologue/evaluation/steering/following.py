"""Following: is the strategy that a classifier recognises in a reply the one that was asked for?

    rows = recognise(replies, classifier)
    score = score_following(rows)
    score.accuracy, score.layouts["c1_hf"].accuracy, score.depths[11].accuracy

Accuracy of prompted against recognised strategy, as in the published tables of ESConv-SRA, in percent; in total, per
strategy, per layout, and per depth, the number of utterances before the reply. Intervals are over conversations. A
classifier that learnt from the same prompts agrees with the prompt more than a person would.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import numpy as np

from duologue.corpora.strategy_replies import StrategyReply
from duologue.errors import InputError
from duologue.evaluation.bootstrap import Figure, Floats, bootstrap, ratio
from duologue.measures.classification import (
    ClassificationScore,
    accuracy,
    classification_score,
    confusion_matrix,
    macro_f1,
)
from duologue.models.text_classifier import TextClassifier
from duologue.views.classification import classified_text


class FollowingRow(msgspec.Struct, frozen=True):
    """One reply.

    Attributes:
        id: of the branch.
        conversation: that it belongs to.
        strategy: that was asked for.
        recognised: that the classifier takes it for.
        probability: of the recognised strategy, 0 to 1.
        asked_probability: of the one asked for.
        depth: utterances before the reply.
        layout: of the prompt, where it is known.
    """

    id: str
    conversation: str
    strategy: str
    recognised: str
    probability: float
    asked_probability: float
    depth: int
    layout: str | None = None

    @property
    def followed(self) -> bool:
        """Whether the strategy asked for was recognised."""
        return self.strategy == self.recognised


class Share(msgspec.Struct, frozen=True):
    """Some of the replies: how many, and the percent that follow their strategy."""

    replies: int
    accuracy: Figure


class FollowingScore(msgspec.Struct, frozen=True):
    """All replies.

    Attributes:
        replies, conversations: how many.
        accuracy: percent of replies that follow their strategy.
        macro_f1: mean F1 of the strategies, asked for against recognised, percent.
        score: precision, recall and F1 of each strategy, and the confusion matrix [asked for][recognised].
        strategies, layouts, depths: replies of one strategy, layout, depth.
        layout_depths: layout -> depth -> its replies.
        classifier: what identifies it.
    """

    replies: int
    conversations: int
    accuracy: Figure
    macro_f1: Figure
    score: ClassificationScore
    strategies: dict[str, Share]
    layouts: dict[str, Share]
    depths: dict[int, Share]
    layout_depths: dict[str, dict[int, Share]]
    classifier: str = ""


def recognise(replies: Sequence[StrategyReply], classifier: TextClassifier) -> list[FollowingRow]:
    """What a classifier takes replies for.

    Raises:
        InputError: a reply was asked for with a strategy that the classifier does not know.
    """
    place = {label: at for at, label in enumerate(classifier.labels)}
    for reply in replies:
        if reply.strategy not in place:
            raise InputError(
                f"the classifier does not know the strategy {reply.strategy!r}",
                where=reply.id,
                mend=f"it knows {', '.join(classifier.labels)}",
            )
    reading = classifier.reading
    found = classifier.probabilities(
        [classified_text(each, context=reading.context, speaker_tokens=reading.speaker_tokens) for each in replies]
    )
    return [
        FollowingRow(
            id=reply.id,
            conversation=reply.conversation,
            strategy=reply.strategy,
            recognised=classifier.labels[row.argmax()],
            probability=float(row.max()),
            asked_probability=float(row[place[reply.strategy]]),
            depth=reply.depth,
            layout=reply.layout,
        )
        for reply, row in zip(replies, found, strict=True)
    ]


def score_following(rows: Sequence[FollowingRow], *, classifier: str = "", seed: int = 0) -> FollowingScore:
    """Score replies.

    Args:
        rows: at least one.
        classifier: what identifies it.
        seed: of the bootstrap.
    """
    labels = sorted({label for row in rows for label in (row.strategy, row.recognised)})

    def shares(chosen: Sequence[FollowingRow], key: Callable[[FollowingRow], Any]) -> dict[Any, Share]:
        return {name: _share(own, seed) for name, own in _grouped(chosen, key).items()}

    by_layout = _grouped([row for row in rows if row.layout is not None], lambda row: row.layout)
    sums = _confusions(rows, labels)
    square = (-1, len(labels), len(labels))
    score = classification_score([row.strategy for row in rows], [row.recognised for row in rows], labels)
    return FollowingScore(
        replies=len(rows),
        conversations=len(sums),
        accuracy=Figure(score.accuracy, bootstrap(sums, lambda total: accuracy(total.reshape(square)), seed=seed)),
        macro_f1=Figure(score.macro_f1, bootstrap(sums, lambda total: macro_f1(total.reshape(square)), seed=seed)),
        score=score,
        strategies=shares(rows, lambda row: row.strategy),
        layouts={name: _share(own, seed) for name, own in by_layout.items()},
        depths=shares(rows, lambda row: row.depth),
        layout_depths={name: shares(own, lambda row: row.depth) for name, own in by_layout.items()},
        classifier=classifier,
    )


def _grouped(rows: Sequence[FollowingRow], key: Callable[[FollowingRow], Any]) -> dict[Any, list[FollowingRow]]:
    found: dict[Any, list[FollowingRow]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return dict(sorted(found.items()))


def _share(rows: Sequence[FollowingRow], seed: int) -> Share:
    """The replies that follow among some, with the interval over their conversations."""
    own = _grouped(rows, lambda row: row.conversation).values()
    sums = np.array([[sum(row.followed for row in each), len(each)] for each in own], dtype=np.float64)
    value = 100 * float(sums[:, 0].sum() / sums[:, 1].sum())
    interval = bootstrap(sums, lambda total: ratio(total[:, 0], total[:, 1]), seed=seed)
    return Share(len(rows), Figure(value, interval))


def _confusions(rows: Sequence[FollowingRow], labels: list[str]) -> Floats:
    """Each conversation's confusion matrix as a row, [conversations, labels * labels]."""
    own = _grouped(rows, lambda row: row.conversation).values()
    return np.array(
        [
            confusion_matrix([row.strategy for row in each], [row.recognised for row in each], labels).ravel()
            for each in own
        ]
    )
