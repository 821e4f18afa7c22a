"""Who names actions: the rule, a model's words and probabilities, a trained head, votes; and what is no verdict."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from clarify_talk import ClarifyServer, table_talk
from command_line import duologue

from duologue.corpora.clarification_points import instances
from duologue.dialogue import write
from duologue.models.failure import ModelFailure
from duologue.models.request import Choice, Reply, Request, TokenLogprob
from duologue.operators.clarifying.classifiers import (
    ActionClassifier,
    Judged,
    ModelActions,
    RuleActions,
    VotingActions,
    classifier_of,
)
from duologue.operators.clarifying.faults import RoleFault
from duologue.prompts.ask import ModelAsk

STATE = next(instances([table_talk(0)]))


class Says:
    """A desk whose model says one thing, with these probabilities of its first token."""

    def __init__(self, text: str, chances: dict[str, float] | None = None) -> None:
        self.text, self.chances = text, chances
        self.asked: list[Request] = []

    async def complete(self, role: str, request: Request) -> Reply:
        self.asked.append(request)
        if not self.text:
            raise ModelFailure("timeout", "no answer")
        top = tuple((token, math.log(chance)) for token, chance in (self.chances or {}).items())
        tokens = (TokenLogprob("\n", -0.1, (("\n", -0.1),)), TokenLogprob(self.text, -1.0, top))
        first = tokens if self.chances and request.logprobs else None
        return Reply((Choice(self.text, logprobs=first),))


def judged(classifier: ActionClassifier, reply: str) -> Judged:
    return asyncio.run(classifier.classify(reply, STATE))


def by_model(desk: Says, **how: Any) -> ModelActions:
    return ModelActions(lambda _: ModelAsk(desk, seed=0), **how)


@pytest.mark.parametrize(
    ("reply", "action"),
    [
        ("Which year do you mean?", "clarify"),
        ("Which year? 2018 or 2019.", "clarify"),
        ("41 million", "answer"),
        ("SELECT name FROM town WHERE label = 'why?'", "answer"),
        ("She asked “Why me?” and left.", "answer"),
    ],
)
def test_the_rule_looks_for_a_question_outside_of_quotes(reply: str, action: str) -> None:
    assert judged(RuleActions(), reply) == (action, 1.0)


def test_a_model_says_yes_or_no_and_anything_else_is_a_fault() -> None:
    assert judged(by_model(Says("Yes, it does.")), "Which?") == ("clarify", 1.0)
    assert judged(by_model(Says("No.")), "Which?") == ("answer", 1.0)
    for told in ("Perhaps", "yes and no"):
        with pytest.raises(RoleFault, match="expected yes or no") as caught:
            judged(by_model(Says(told)), "Which?")
        assert (caught.value.role, caught.value.kind) == ("classifier", "no-verdict")
    with pytest.raises(ModelFailure):
        judged(by_model(Says("")), "Which?")


def test_probabilities_of_the_first_token_decide_and_are_the_confidence() -> None:
    desk = Says("No", {"No": 0.3, " yes": 0.4, "Yes": 0.2, "Well": 0.1})
    action, confidence = judged(by_model(desk, probabilities=True), "Which?")
    assert (action, confidence) == ("clarify", pytest.approx(0.6 / 0.9))
    assert desk.asked[0].logprobs == 20
    with pytest.raises(RoleFault):
        judged(by_model(Says("Well", {"Well": 0.9}), probabilities=True), "Which?")


def test_votes_weigh_by_confidence() -> None:
    sure, unsure = by_model(Says("No", {"No": 0.9, "Yes": 0.1}), probabilities=True), RuleActions()
    doubtful = by_model(Says("No", {"No": 0.55, "Yes": 0.45}), probabilities=True)
    assert judged(VotingActions([unsure, doubtful]), "Which?") == ("clarify", pytest.approx(1 / 1.55))
    assert judged(VotingActions([unsure, doubtful, sure]), "Which?").action == "answer"
    assert isinstance(classifier_of("rule,model", lambda _: ModelAsk(Says("No"), seed=0)), VotingActions)


@pytest.fixture
def server() -> Iterator[ClarifyServer]:
    with ClarifyServer() as server:
        yield server


def test_how_often_a_classifier_is_right_on_gold_turns_is_told(
    server: ClarifyServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "talks.jsonl", [table_talk(number) for number in range(2)])
    named = ["--model", "openai:sage", "--base-url", server.url, "--out", tmp_path / "out"]
    # who is not asked is not opened
    assert duologue("evaluate", "actions", tmp_path / "talks.jsonl", "--model", "hf:/nowhere") == 0
    assert "rule: accuracy 100 %, macro F1 100 %" in capsys.readouterr().out
    assert duologue("evaluate", "actions", tmp_path / "talks.jsonl", "--classifier", "model", *named) == 0
    assert len(server.log) == 6
    assert duologue("evaluate", "actions", tmp_path / "talks.jsonl", "--classifier", "model", *named) == 0
    assert len(server.log) == 6


def test_a_trained_classifier_is_a_role(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus = tmp_path / "talks.jsonl"
    write(corpus, [table_talk(number) for number in range(12)])
    trained = tmp_path / "classifier"
    how = ("--format", "duologue", "--label", "action", "--max-steps", 2, "--validation-share", 0.3)
    assert duologue("train", "classifier", corpus, *how, "--out", trained) == 0
    capsys.readouterr()
    assert duologue("evaluate", "actions", corpus, "--classifier", trained) == 0
    assert "24" in capsys.readouterr().out
