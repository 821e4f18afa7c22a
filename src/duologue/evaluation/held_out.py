"""A text classifier that is tested on groups which it has not seen: every text once, by a model of the other groups.

    held_out(["lol sure", …], ["sarcastic", …], ["seed1", …])[0].predicted

TF-IDF of words, pairs of words, and runs of two to four characters within words, then logistic regression
(scikit-learn). Groups go to folds so that each fold has about the same share of every label.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from duologue.evaluation.bootstrap import Floats
from duologue.evaluation.grouped_folds import grouped_folds

_SHOWN = 3
_WORDS = "words"
Labels = NDArray[np.str_]


class HeldOut(NamedTuple):
    """What a text was taken for.

    Attributes:
        predicted: the label.
        margin: the probability of the true label minus that of the best other one: above 0 where it was recognised,
            -1 to 1.
        evidence: the words and pairs of words that spoke most for the predicted label, at most three.
    """

    predicted: str
    margin: float
    evidence: list[str]


class HeldOutClassifier:
    """The folds of some texts, ready to be labelled; features depend on the texts only, so they are made once."""

    def __init__(self, texts: Sequence[str], labels: Sequence[str], groups: Sequence[str], *, seed: int = 0) -> None:
        """Divide and vectorise.

        Args:
            texts: one or more per group.
            labels: of the texts; at least two different ones.
            groups: no group is in two folds; at least `FOLDS`.
            seed: of the division.

        Raises:
            MissingExtra: scikit-learn is not installed.
        """
        self.labels: Labels = np.array(labels)
        self._folds = [_Fold.of(texts, train, test) for train, test in grouped_folds(self.labels, groups, seed=seed)]

    def predict(self) -> list[HeldOut]:
        """What each text is taken for."""
        found: list[HeldOut | None] = [None] * len(self.labels)
        for fold in self._folds:
            model = _trained(fold.train_features, self.labels[fold.train])
            if model is None:
                only = str(self.labels[fold.train[0]])
                for place in fold.test:
                    found[place] = HeldOut(only, 1.0 if self.labels[place] == only else -1.0, [])
                continue
            probabilities = model.predict_proba(fold.test_features)
            for row, place in enumerate(fold.test):
                predicted = int(probabilities[row].argmax())
                found[place] = HeldOut(
                    str(model.classes_[predicted]),
                    _margin(probabilities[row], model.classes_, self.labels[place]),
                    _evidence(model, fold, row, predicted),
                )
        return [each for each in found if each is not None]

    def accuracy(self, labels: Labels) -> float:
        """Percent right with these labels in the place of the true ones."""
        right = 0
        for fold in self._folds:
            model = _trained(fold.train_rotated, labels[fold.train])
            predicted = labels[fold.train[:1]] if model is None else model.predict(fold.test_rotated)
            right += int(np.sum(predicted == labels[fold.test]))
        return 100 * right / len(labels)


def held_out(texts: Sequence[str], labels: Sequence[str], groups: Sequence[str], *, seed: int = 0) -> list[HeldOut]:
    """What each text is taken for by a model that has not seen its group; see `HeldOutClassifier`."""
    return HeldOutClassifier(texts, labels, groups, seed=seed).predict()


class _Fold(NamedTuple):
    """One division. `rotated` are the features in the space that the training texts span, where the weights of a model
    with an L2 penalty lie anyway: as many columns as texts in place of tens of thousands, and the same predictions.
    """

    train: NDArray[np.int64]
    test: NDArray[np.int64]
    train_features: Any
    test_features: Any
    train_rotated: Floats
    test_rotated: Floats
    names: NDArray[np.object_]

    @classmethod
    def of(cls, texts: Sequence[str], train: NDArray[np.int64], test: NDArray[np.int64]) -> _Fold:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.pipeline import FeatureUnion

        features = FeatureUnion(
            [
                (_WORDS, TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"(?u)\b\w+(?:'\w+)?\b")),
                ("characters", TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)),
            ]
        )
        learnt = features.fit_transform([texts[place] for place in train])
        seen = features.transform([texts[place] for place in test])
        values, vectors = np.linalg.eigh((learnt @ learnt.T).toarray())
        spanned = values > 1e-10 * values.max()
        across = vectors[:, spanned] / np.sqrt(values[spanned])
        return cls(
            train=train,
            test=test,
            train_features=learnt.tocsr(),
            test_features=seen.tocsr(),
            train_rotated=vectors[:, spanned] * np.sqrt(values[spanned]),
            test_rotated=(seen @ learnt.T).toarray() @ across,
            names=features.get_feature_names_out(),
        )


def _trained(features: Any, labels: Labels) -> Any:
    """The fitted model; None where all labels are the same."""
    from sklearn.linear_model import LogisticRegression

    if len(set(labels.tolist())) < 2:
        return None
    return LogisticRegression(C=10.0, max_iter=300, tol=1e-3).fit(features, labels)


def _margin(probabilities: NDArray[np.float64], classes: Labels, true: str) -> float:
    own = float(probabilities[classes == true].sum())  # 0 where the label was not among those learnt
    others = probabilities[classes != true]
    return own - float(others.max()) if len(others) else own


def _evidence(model: Any, fold: _Fold, row: int, predicted: int) -> list[str]:
    weights = model.coef_[predicted] if len(model.coef_) > 1 else model.coef_[0] * (1 if predicted else -1)
    features = fold.test_features[row]
    spoke = (-features.data * weights[features.indices]).tolist()  # the strongest first when sorted
    names = fold.names[features.indices].tolist()
    known = sorted((weight, name) for weight, name in zip(spoke, names, strict=True) if name.startswith(f"{_WORDS}__"))
    return [name.removeprefix(f"{_WORDS}__") for weight, name in known[:_SHOWN] if weight < 0]
