"""A model judges single answers by criteria, each from 1 to 5.

    rows = await judge_answers(answers, read_criteria(), lambda _: ModelAsk(desk, seed=0))
    score_rubric(rows, judge="openai:NAME").criteria["empathy"].mean

A criterion whose score cannot be read in the judge's answer is counted as unparsable, never guessed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from importlib import resources
from pathlib import Path

import msgspec

from duologue.errors import InputError
from duologue.evaluation.asking import JUDGE, answer_of, side_by_side
from duologue.evaluation.bootstrap import Figure
from duologue.evaluation.comparisons.answered import Answered
from duologue.evaluation.grouped import grouped_ratio
from duologue.evaluation.judge.pairwise import DEFAULT, NAMES
from duologue.models.failure import ModelFailure
from duologue.prompts.ask import Ask, AskFor, Sampling

PROMPT = "judge/rubric"


class Criteria(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What answers are judged by: name -> what a 5 means.

    Attributes:
        strategy: those that count where a strategy was asked for.
        always: the others.
    """

    always: dict[str, str] = {}
    strategy: dict[str, str] = {}


class RubricRow(msgspec.Struct, frozen=True):
    """One answer: criterion -> 1 to 5, or None where the judge's answer does not tell.

    `failed` says why there is no answer of the judge, where there is none.
    """

    id: str
    conversation: str
    strategy: str | None
    scores: dict[str, int | None]
    said: str
    key: str
    failed: bool = False


class CriterionScore(msgspec.Struct, frozen=True):
    """Of one criterion: the mean over answers with a score, how many have none, and how often each score was given."""

    mean: Figure
    answers: int
    unparsable: int
    given: dict[int, int]


class RubricScore(msgspec.Struct, frozen=True):
    """What a judge said of one system; intervals are over conversations.

    `overall` is the mean of the answers' own means, over answers with every score; `failed` counts requests.
    """

    judge: str
    answers: int
    overall: Figure
    criteria: dict[str, CriterionScore]
    failed: int
    rows: list[RubricRow]


def read_criteria(path: Path | None = None) -> Criteria:
    """The criteria that come with Duologue, or a user's own: YAML with `always` and, if wanted, `strategy`.

    Raises:
        InputError: the file cannot be read, or names no criterion.
    """
    source = resources.files("duologue").joinpath("prompts", "judge", "criteria.yaml") if path is None else path
    mend = "write `always:` and below it a line a criterion, `name: what a 5 means`"
    try:
        found = msgspec.yaml.decode(source.read_bytes(), type=Criteria)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        told = error.strerror or "cannot be read" if isinstance(error, OSError) else str(error)
        raise InputError(told, where=str(path), mend=mend) from None
    if not {**found.always, **found.strategy}:
        raise InputError("names no criterion", where=str(path), mend=mend)
    return found


async def judge_answers(
    answers: Sequence[Answered],
    criteria: Criteria,
    ask_for: AskFor,
    *,
    sampling: Sampling = DEFAULT,
    on_row: Callable[[], object] = lambda: None,
) -> list[RubricRow]:
    """Ask about every answer.

    Raises:
        ModelFailure: a fatal one, e.g. no server.
    """
    return await side_by_side(answers, lambda each: _judged(each, criteria, ask_for(each.id), sampling), on_row)


def scores_in(answer: str, criteria: Sequence[str]) -> dict[str, int | None]:
    """The score of each criterion, from the last line that gives it one; None where no line does."""
    found: dict[str, int | None] = {}
    for name in criteria:
        given = re.findall(rf"^\W*{re.escape(name)}\W+([1-5])(?:\s*/\s*5)?\W*$", answer, re.IGNORECASE | re.MULTILINE)
        found[name] = int(given[-1]) if given else None
    return found


def score_rubric(rows: Sequence[RubricRow], *, judge: str, seed: int = 0) -> RubricScore:
    """The means of the criteria; at least one row."""
    judged = [row for row in rows if not row.failed]
    criteria = {}
    for name in dict.fromkeys(name for row in judged for name in row.scores):
        asked = [row for row in judged if name in row.scores]
        values = {row.id: row.scores[name] for row in asked}
        criteria[name] = CriterionScore(
            _mean(asked, {key: value for key, value in values.items() if value is not None}, seed),
            len(asked),
            sum(value is None for value in values.values()),
            {value: count for value, count in sorted(Counter(values.values()).items(), key=str) if value is not None},
        )
    own = {
        row.id: sum(known) / len(known)
        for row in judged
        if len(known := [value for value in row.scores.values() if value is not None]) == len(row.scores)
    }
    return RubricScore(judge, len(rows), _mean(judged, own, seed), criteria, len(rows) - len(judged), list(rows))


async def _judged(each: Answered, criteria: Criteria, ask: Ask, sampling: Sampling) -> RubricRow:
    asked = {**(criteria.strategy if each.strategy else {}), **criteria.always}
    answer = await answer_of(
        ask(
            PROMPT,
            role=JUDGE,
            sampling=sampling,
            strategy=each.strategy,
            turns=each.history,
            names=NAMES | each.roles,
            answer=each.text,
            criteria=asked,
        )
    )
    strategy = each.strategy.name if each.strategy else None
    if isinstance(answer, ModelFailure):
        return RubricRow(each.id, each.conversation, strategy, {}, str(answer), "", failed=True)
    scores = scores_in(answer.text, list(asked))
    return RubricRow(each.id, each.conversation, strategy, scores, answer.text, answer.key)


def _mean(rows: Sequence[RubricRow], values: Mapping[str, float], seed: int) -> Figure:
    known = ((row.conversation, values[row.id], 1) for row in rows if row.id in values)
    return grouped_ratio(known, percent=False, seed=seed)
