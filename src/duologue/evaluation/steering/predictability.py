"""How far a strategy can be read off the text of a reply: logistic regression on n-grams or sentence embeddings.

    found = predictability(replies, NGrams(lowest=2, highest=3, stop_words=True))
    found.accuracy, found.chance, found.words["Question"]

Every reply is told by a model that has seen nothing of its conversation (folds by conversation); the published figures
split at random, so that replies to one history are on both sides. Percent, with intervals over conversations.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np

from duologue.corpora.strategy_replies import StrategyReply
from duologue.errors import InputError, MissingExtra
from duologue.evaluation.bootstrap import Figure, bootstrap
from duologue.evaluation.grouped_folds import FOLDS, grouped_folds
from duologue.measures.classification import (
    ClassificationScore,
    accuracy,
    classification_score,
    confusion_matrix,
    macro_f1,
)
from duologue.measures.embeddings import Embedder

SHOWN = 5


class NGrams(NamedTuple):
    """Counts of runs of words.

    Attributes:
        lowest, highest: words of the shortest and the longest.
        stop_words: whether English stop words are left out first.
        most: those in a larger share of the replies are left out.
    """

    lowest: int = 1
    highest: int = 3
    stop_words: bool = False
    most: float = 0.9


class Predictability(msgspec.Struct, frozen=True):
    """How well strategies were told, in percent.

    Attributes:
        features: from what: `1-3-grams`, `embeddings (minilm)`.
        replies, conversations: how many.
        accuracy, macro_f1: of the strategies told.
        chance: accuracy of always telling the most frequent one.
        score: each strategy, and the confusion matrix.
        words: for each strategy the n-grams that speak most for it; empty for embeddings.
    """

    features: str
    replies: int
    conversations: int
    accuracy: Figure
    macro_f1: Figure
    chance: float
    score: ClassificationScore
    words: dict[str, list[str]]


def predictability(
    replies: Sequence[StrategyReply], features: NGrams | Embedder, *, seed: int = 0, shown: int = SHOWN
) -> Predictability:
    """Tell the strategy of each reply from its text.

    Args:
        replies: of at least five conversations and two strategies.
        features: what the model sees.
        seed: of the folds and the bootstrap.
        shown: words of each strategy.

    Raises:
        InputError: too few conversations or strategies.
        MissingExtra: scikit-learn is not installed.
    """
    labels = sorted({reply.strategy for reply in replies})
    conversations = sorted({reply.conversation for reply in replies})
    if len(labels) < 2 or len(conversations) < FOLDS:
        raise InputError(
            f"{len(conversations)} conversations with {len(labels)} strategies",
            where="predictability",
            mend=f"give at least {FOLDS} conversations and two strategies",
        )
    given = np.array([reply.strategy for reply in replies])
    told = np.empty(len(replies), dtype=object)
    for train, test in grouped_folds(given, [reply.conversation for reply in replies], seed=seed):
        model = _pipeline(features).fit([replies[at].text for at in train], given[train])
        told[test] = model.predict([replies[at].text for at in test])
    of = {name: at for at, name in enumerate(conversations)}
    sums = np.zeros((len(of), len(labels) ** 2))
    for reply, label in zip(replies, told, strict=True):
        sums[of[reply.conversation]] += confusion_matrix([reply.strategy], [label], labels).ravel()
    score = classification_score(given.tolist(), told.tolist(), labels)
    square = (-1, len(labels), len(labels))
    named = f"{features.lowest}-{features.highest}-grams" if isinstance(features, NGrams) else features.model
    return Predictability(
        features=named if isinstance(features, NGrams) else f"embeddings ({named})",
        replies=len(replies),
        conversations=len(conversations),
        accuracy=Figure(score.accuracy, bootstrap(sums, lambda total: accuracy(total.reshape(square)), seed=seed)),
        macro_f1=Figure(score.macro_f1, bootstrap(sums, lambda total: macro_f1(total.reshape(square)), seed=seed)),
        chance=100 * max(Counter(given.tolist()).values()) / len(replies),
        score=score,
        words=_words(replies, features, shown) if isinstance(features, NGrams) else {},
    )


def _pipeline(features: NGrams | Embedder) -> Any:
    try:
        from sklearn.feature_extraction.text import CountVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import FunctionTransformer
    except ImportError:
        raise MissingExtra("evaluate", "predicting strategies") from None
    model = LogisticRegression(max_iter=1000)
    if isinstance(features, Embedder):
        return make_pipeline(FunctionTransformer(features.embed), model)
    counts = CountVectorizer(
        ngram_range=(features.lowest, features.highest),
        stop_words="english" if features.stop_words else None,
        max_df=features.most,
        token_pattern=r"(?u)\b\w+(?:'\w+)?\b|\?",  # a question mark tells more than most words
    )
    return make_pipeline(counts, model)


def _words(replies: Sequence[StrategyReply], features: NGrams, shown: int) -> dict[str, list[str]]:
    """The n-grams with the largest coefficients of a model of all replies."""
    counts, model = _pipeline(features).fit([each.text for each in replies], [each.strategy for each in replies])
    names = counts.get_feature_names_out()
    weights = model.coef_ if len(model.coef_) > 1 else np.vstack([-model.coef_[0], model.coef_[0]])
    return {
        str(label): [str(names[at]) for at in np.argsort(-own, kind="stable")[:shown] if own[at] > 0]
        for label, own in zip(model.classes_, weights, strict=True)
    }
