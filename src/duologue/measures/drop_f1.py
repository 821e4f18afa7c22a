"""Token F1 of answers as DROP defines it, with the numbers of PACIFIC (TAT-QA): texts, lists of spans, amounts.

    drop_f1("1,496.5 million", "$1,496.5 million").f1           # 1.0
    drop_f1("2019; 2018", "2019; 2018; 2017").f1                 # 0.67
    best_f1("44.1-56.7 = -12.6 million", ["-12.6 million"])      # 1.0: what is worked out counts by its outcome

An answer is one or several spans (a text is split at `; `, as the reader of PACIFIC joins them). A span's tokens are
what stands between spaces: in lower case, without punctuation and without a, an, the; a number is its value (thousands
separators, currency signs and brackets left out, brackets around it meaning minus, a percent sign a hundredth, and
`thousand`, `million`, … multiplied in), to four decimals. Two spans are compared as sets of tokens; spans are paired
one to one so that the sum of their F1 is largest, and the mean is over the longer list, rounded to two decimals. An
empty prediction has precision 1.

Sources: Dua and others, 2019, "DROP", and the evaluation of PACIFIC (Deng and others, 2022), which took its numbers
from TAT-QA. PACIFIC's looks for `million` inside of a word only, so that `5 million` shares a token with every other
amount in millions, and tells 2019 from 2019.0; ours does not.
"""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from duologue.corpora.pacific_answers import EQUALS, SPANS
from duologue.errors import MissingExtra

_SCALES = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "percent": 1e-2}
_DECIMALS = 4
_ARTICLES = frozenset({"a", "an", "the"})
_PUNCTUATION = str.maketrans("", "", string.punctuation)
_AROUND_NUMBERS = str.maketrans("", "", "'\"\\$€£¥%(),[]")
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)")
_NEGATIVE = re.compile(r"\([^()]*\d[^()]*\)")


class DropScore(NamedTuple):
    """Whether the spans are all the same (1 or 0), and the F1 of their tokens, 0 to 1 with two decimals."""

    exact_match: float
    f1: float


def drop_f1(predicted: str | Sequence[str], gold: str | Sequence[str]) -> DropScore:
    """Compare an answer with the gold one.

    Args:
        predicted: a text, or its spans.
        gold: a text, or its spans.

    Raises:
        MissingExtra: both have several spans, and scipy is not installed.
    """
    ours, golds = ([_tokens(span) for span in spans(answer)] for answer in (predicted, gold))
    f1 = _paired([[_f1(set(one), set(other)) for one in ours] for other in golds]) / max(len(ours), len(golds))
    same = len(ours) == len(golds) and set(map(tuple, ours)) == set(map(tuple, golds))
    return DropScore(float(same), round(f1, 2))


def best_f1(predicted: str, references: Sequence[str]) -> float:
    """The largest F1 over several accepted answers, of the whole prediction and of what follows its last ` = `."""
    outcome = predicted.rsplit(EQUALS, 1)[-1]
    return max(drop_f1(answer, gold).f1 for gold in references for answer in dict.fromkeys((predicted, outcome)))


def spans(answer: str | Sequence[str]) -> list[str]:
    """The spans of an answer; at least one, which may be empty."""
    if isinstance(answer, str):
        answer = answer.split(SPANS)
    return [span for span in answer if span.strip()] or [""]


def _tokens(span: str) -> list[str]:
    """The normalised tokens of a span, in their order."""
    found: list[str] = []
    amount: float | None = None
    for word in span.lower().split():
        plain = word.translate(_PUNCTUATION)
        if amount is not None and plain in _SCALES:
            amount *= _SCALES[plain]
            found[-1] = _written(amount)
            continue
        amount = _number(word)
        token = plain if amount is None else _written(amount)
        if token and token not in _ARTICLES:
            found.append(token)
    return found


def _number(word: str) -> float | None:
    """The value of a word that is a number, e.g. -134 of `(134)` and .12 of `12%`; None of others."""
    bare = word.translate(_AROUND_NUMBERS).rstrip(".?!:;")
    if not _NUMBER.fullmatch(bare):
        return None
    value = float(bare)
    return value * (-1 if _NEGATIVE.search(word) else 1) * (0.01 if "%" in word else 1)


def _written(amount: float) -> str:
    return f"{round(amount, _DECIMALS) + 0.0:.{_DECIMALS}f}".rstrip("0").rstrip(".")


def _f1(ours: set[str], gold: set[str]) -> float:
    common = len(ours & gold)
    precision = common / len(ours) if ours else 1.0
    recall = common / len(gold) if gold else 1.0
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _paired(scores: list[list[float]]) -> float:
    """The largest sum of a one-to-one pairing, of scores [gold spans, predicted spans]."""
    if len(scores) == 1 or len(scores[0]) == 1:
        return max(score for row in scores for score in row)
    try:
        from scipy.optimize import linear_sum_assignment
    except ImportError:
        raise MissingExtra("evaluate", "pairing spans") from None
    table = np.array(scores)
    return float(table[linear_sum_assignment(table, maximize=True)].sum())
