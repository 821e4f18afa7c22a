"""Which action a reply is: a rule, a model that says yes or no, a trained classifier, or several that vote.

    judged = await RuleActions().classify("In which year?", instance)
    judged.action, judged.confidence                                     # "clarify", 1.0

Whoever judges a training should not judge its evaluation alone; how often each is right on gold turns is told by
`duologue evaluate actions`.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple, Protocol

from duologue.corpora.actions import ACTIONS, ANSWER, CLARIFY
from duologue.corpora.clarification_points import Instance
from duologue.corpora.strategy_replies import StrategyReply
from duologue.dialogue import Turn
from duologue.errors import InputError
from duologue.measures.naming import the_one_named
from duologue.models.batching import Batcher
from duologue.models.request import TokenLogprob
from duologue.models.text_classifier import TextClassifier
from duologue.operators.clarifying.faults import RoleFault
from duologue.operators.gates import quote
from duologue.prompts.ask import AskFor, Sampling
from duologue.views.classification import classified_text

CLASSIFIER = "classifier"
PROMPT = "clarify/classify"
_MODELS = ("model", "probabilities")
_SHOWN = 2  # turns before the reply that a model is shown
_ALTERNATIVES = 20
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|“[^”]*”")


class Judged(NamedTuple):
    """The action of a reply, and how sure that is, 0 to 1."""

    action: str
    confidence: float = 1.0


class ActionClassifier(Protocol):
    """Who names the action of a reply."""

    async def classify(self, reply: str, instance: Instance, after: Sequence[Turn] = ()) -> Judged:
        """Name it.

        Args:
            reply: of the policy.
            instance: the state that it was in.
            after: turns of a simulated conversation since then, before the reply.

        Raises:
            RoleFault: the classifier said something that is no action.
            ModelFailure: it said nothing.
        """
        ...


class RuleActions:
    """A reply with a question mark outside of quotes asks; any other answers."""

    async def classify(self, reply: str, instance: Instance, after: Sequence[Turn] = ()) -> Judged:
        """See `ActionClassifier`."""
        return Judged(CLARIFY if "?" in _QUOTED.sub("", reply) else ANSWER)


class RandomActions:
    """Any action, drawn by the state's id: what is left of a method when its actions mean nothing (an ablation)."""

    async def classify(self, reply: str, instance: Instance, after: Sequence[Turn] = ()) -> Judged:
        """See `ActionClassifier`."""
        return Judged(random.Random(f"action\0{instance.id}\0{len(after)}").choice(list(ACTIONS)), 1 / len(ACTIONS))


class ModelActions:
    """A language model that is asked whether the reply asks back, yes or no."""

    def __init__(self, ask_for: AskFor, *, probabilities: bool = False) -> None:
        """Ask a model.

        Args:
            ask_for: who is asked, in the role `classifier`.
            probabilities: go by the probabilities of yes and no as its first word rather than by what it writes; the
                confidence is then theirs. The model must give log-probabilities.
        """
        self._ask_for = ask_for
        self._sampling = Sampling(max_tokens=8, logprobs=_ALTERNATIVES if probabilities else None)

    async def classify(self, reply: str, instance: Instance, after: Sequence[Turn] = ()) -> Judged:
        """See `ActionClassifier`."""
        turns = [*instance.history, *after][-_SHOWN:]
        ask = self._ask_for(instance.id)
        answer = await ask(PROMPT, role=CLASSIFIER, sampling=self._sampling, turns=turns, reply=reply)
        if self._sampling.logprobs is not None and answer.logprobs:
            yes = _chance_of_yes(answer.logprobs)
            if yes is not None:
                return Judged(CLARIFY, yes) if yes >= 0.5 else Judged(ANSWER, 1 - yes)
        else:
            said = the_one_named(answer.text, ("yes", "no"))
            if said is not None:
                return Judged(CLARIFY if said == "yes" else ANSWER)
        raise RoleFault("classifier", "no-verdict", f"expected yes or no, found {quote(answer.text)}")


class TrainedActions:
    """A text classifier whose labels are actions (`duologue train classifier --label action`)."""

    def __init__(self, classifier: TextClassifier, *, name: str = "classifier") -> None:
        """Classify with it; replies that come together are read together, in a thread.

        Args:
            classifier: the model.
            name: of it, for messages.

        Raises:
            InputError: a label is no action.
        """
        strange = [label for label in classifier.labels if label not in ACTIONS]
        if strange:
            raise InputError(
                f"expected the labels {', '.join(ACTIONS)}, found {', '.join(classifier.labels)}",
                where=name,
                mend="train one on actions: duologue train classifier DATA --format FORMAT --label action",
            )
        self._reading = classifier.reading
        self._labels = classifier.labels
        self._batcher: Batcher[str, str, list[float]] = Batcher(
            prepare=str,
            order=lambda texts: sorted(range(len(texts)), key=lambda at: len(texts[at])),
            work=lambda texts: [list(map(float, row)) for row in classifier.probabilities(texts)],
            max_batch=32,
        )

    async def classify(self, reply: str, instance: Instance, after: Sequence[Turn] = ()) -> Judged:
        """See `ActionClassifier`."""
        before = [*instance.history, *after]
        shown = StrategyReply(instance.id, instance.dialogue.id, "", reply, before, instance.dialogue.roles)
        text = classified_text(shown, context=self._reading.context, speaker_tokens=self._reading.speaker_tokens)
        chances = await self._batcher.submit(text)
        best = max(range(len(chances)), key=chances.__getitem__)
        return Judged(self._labels[best], chances[best])


class VotingActions:
    """Several classifiers: the action with the larger sum of confidences, of equal ones the first one's."""

    def __init__(self, classifiers: Sequence[ActionClassifier]) -> None:
        """Let them vote; a fault of one is a fault of all."""
        self._classifiers = list(classifiers)

    async def classify(self, reply: str, instance: Instance, after: Sequence[Turn] = ()) -> Judged:
        """See `ActionClassifier`."""
        votes: dict[str, float] = {}
        for each in self._classifiers:
            judged = await each.classify(reply, instance, after)
            votes[judged.action] = votes.get(judged.action, 0.0) + judged.confidence
        best = max(votes, key=votes.__getitem__)
        return Judged(best, votes[best] / sum(votes.values()))


def classifier_of(names: str, ask_for: AskFor) -> ActionClassifier:
    """The classifier of its name.

    Args:
        names: `rule`, `random`, `model`, `probabilities` (the same by log-probabilities), the folder of a trained
            classifier; or several of these joined by commas, which vote.
        ask_for: who is asked where a model judges.

    Raises:
        InputError: there is no such classifier.
    """
    found = [_one(name.strip(), ask_for) for name in names.split(",")]
    return found[0] if len(found) == 1 else VotingActions(found)


def asks_model(names: str) -> int:
    """How many questions the classifier of a name asks a language model about each reply."""
    return sum(name.strip() in _MODELS for name in names.split(","))


def _one(name: str, ask_for: AskFor) -> ActionClassifier:
    if name in ("rule", "random"):
        return RuleActions() if name == "rule" else RandomActions()
    if name in _MODELS:
        return ModelActions(ask_for, probabilities=name == "probabilities")
    return _trained(name)


@cache
def _trained(folder: str) -> TrainedActions:
    return TrainedActions(TextClassifier.load(folder), name=folder)


def _chance_of_yes(tokens: Sequence[TokenLogprob]) -> float | None:
    """The probability of yes against no as the first word of an answer; None where neither may come."""
    first = next((each for each in tokens if _bare(each.token)), None)
    if first is None:
        return None
    weights = {"yes": 0.0, "no": 0.0}
    for token, logprob in first.top or ((first.token, first.logprob),):
        word = _bare(token)
        if word in weights:
            weights[word] += math.exp(logprob)
    total = sum(weights.values())
    return weights["yes"] / total if total else None


def _bare(token: str) -> str:
    return token.strip(" \n\t▁Ġ*\"'.").lower()
