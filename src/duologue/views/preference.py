"""Preference pairs of ACT, and how what a policy just did changes one: action-based contrastive self-training.

    decided = decide(pair, [rollout], PairOptions(tolerance=0.9))
    decided.pair, decided.outcome, decided.reasons      # Pair(...), "demoted", ("wrong action",)

A `Pair` is one state of a conversation with a gold continuation (`chosen`) and a contrasting one (`rejected`). In
training the policy answers the state, a classifier names the action of each reply, a simulated user goes on, and the
last answer is scored: a `Rollout`. `decide` is steps 2 to 4 of Algorithm 2 of Chen et al. 2025 (Learning to Clarify,
arXiv 2406.00222), with their explicit check of the action: a lucky guess where a question was due loses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from duologue.corpora.goal_tolerance import tolerance_of
from duologue.models.request import Message

Reason = Literal[
    "wrong action",
    "reached the goal",
    "missed the goal",
    "no answer",
    "right action",
    "failed",
    "cut",
    "no goal",
    "equal texts",
    "unusable",
]
"""`failed`: a classifier or a simulated user; `cut`: the goal was reached, but a reply had no end, which is not to be
preferred; `no goal`: nothing to compare an answer with; `unusable`: the new pair is too long, its history had to be
cut, or the template refuses it."""
Outcome = Literal["promoted", "demoted", "both", "kept", "skipped"]
"""The sample became chosen, rejected, two samples became both; the pair stayed as it was; nothing to learn from."""


class Pair(msgspec.Struct, frozen=True, omit_defaults=True):
    """A state and two ways to go on; on disk one row of TRL's conversational preference format with metadata.

    Attributes:
        id: of the state (`Instance.id`).
        prompt: instruction, context and conversation, the last message the user's.
        chosen: what is preferred: a reply, or a trajectory (question, the user's reply, answer).
        rejected: what is not; user messages in either are nobody's loss.
        action: the gold action of the state.
        rejected_action: the action of `rejected`.
        rejected_cut: which of the replies of `rejected` (0 is the first) the policy did not end itself.
        goal: the gold final answer.
        goal_type: how an answer is compared with it: `drop`, `similarity`, `sql`.
        references: more accepted answers.
    """

    id: str
    prompt: tuple[Message, ...]
    chosen: tuple[Message, ...]
    rejected: tuple[Message, ...]
    action: str = ""
    rejected_action: str = ""
    rejected_cut: tuple[int, ...] = ()
    goal: str = ""
    goal_type: str = ""
    references: tuple[str, ...] = ()


class Rollout(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a policy did in one state, up to its answer.

    Attributes:
        instance_id: of the state.
        turns: the policy's replies (`assistant`) and the simulated user's (`user`), in turn; the first is a reply.
        actions: the action of each reply, as a classifier saw it.
        final: the final answer; None where the policy only asked.
        score: of the final answer, 0 to 1 (`measures`); None where there is none.
        failures: what went wrong, e.g. `user: timeout`; where that leads is not known.
        tokens_by_turn: tokens the policy wrote for each of its replies.
        draw: which sample of the state.
        cut: which of the policy's replies (0 is the first) were stopped at their most tokens, not ended by it.
    """

    instance_id: str
    turns: tuple[Message, ...]
    actions: tuple[str, ...]
    final: str | None = None
    score: float | None = None
    failures: tuple[str, ...] = ()
    tokens_by_turn: tuple[int, ...] = ()
    draw: int = 0
    cut: tuple[int, ...] = ()

    @property
    def questions(self) -> int:
        """Replies before the final answer; one whose action nobody could name is none."""
        return len(self.actions) - (self.final is not None)


Roll: TypeAlias = Callable[[Any, Any, Sequence[Pair], int], Sequence[Sequence[Rollout]]]
"""How a policy in training is sampled: model (in eval mode, without wrappers), tokenizer, states and step -> the
samples of each state."""


class PairOptions(BaseModel):
    """How samples are judged."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tolerance: Annotated[float | None, Field(ge=0, lt=1)] = None
    """An answer that scores above it has reached the goal; None goes by the kind of goal (`goal_tolerance`)."""
    question_cost: Annotated[float, Field(ge=0)] = 0.0
    """Taken off the score for each question; the rest must still be above the tolerance."""
    simulated: bool = True
    """Questions are judged by where they led; without, by the action alone (ablation)."""
    uninformative: Literal["keep", "skip"] = "keep"
    """Where a sample says what the other side says: train on the pair as it was, or not at all."""
    failed: Literal["keep", "skip"] = "skip"
    """The same where no sample can be used: a helper failed, a good reply was cut, there is no goal."""


class Decided(NamedTuple):
    """What a state is trained on, and why.

    Attributes:
        pair: None where there is nothing to train on.
        outcome: what became of the samples.
        reasons: one for each sample, and `equal texts` where that decided.
    """

    pair: Pair | None
    outcome: Outcome
    reasons: tuple[Reason, ...]


def judge(pair: Pair, rollout: Rollout, options: PairOptions) -> Reason:
    """How a sample did; good are `reached the goal` and `right action`.

    The action of the first reply is judged before anything that comes later can fail.
    """
    if not rollout.actions or not rollout.turns:
        return "failed"
    if rollout.actions[0] != pair.action:
        return "wrong action"
    if rollout.failures:
        return "failed"
    if rollout.final is None and options.simulated:
        return "no answer"
    if rollout.final is not None:
        if rollout.score is None:
            return "no goal"
        if worth(rollout, options) <= tolerance_of(pair.goal_type, options.tolerance):
            return "missed the goal"
    if rollout.cut:
        return "cut"
    return "right action" if rollout.final is None else "reached the goal"


def worth(rollout: Rollout, options: PairOptions) -> float:
    """The score of the outcome less the price of its questions; an outcome without an answer is worth 0 less that."""
    return (rollout.score or 0.0) - options.question_cost * rollout.questions


def decide(pair: Pair, rollouts: Sequence[Rollout], options: PairOptions) -> Decided:
    """The pair that the samples of a state make of its pair.

    The best good sample becomes `chosen`, the worst bad one `rejected` (a wrong action is worse than any score, and its
    reply alone is rejected: what came after it may be right); what no sample replaces stays. One sample is the
    published algorithm.

    Args:
        pair: of gold and contrasting continuation, as `contrast` makes them.
        rollouts: samples of this state.
        options: see PairOptions.
    """
    reasons = tuple(judge(pair, each, options) for each in rollouts)
    good: list[tuple[float, Rollout]] = []
    bad: list[tuple[bool, float, Rollout]] = []
    for reason, each in zip(reasons, rollouts, strict=True):
        if reason in ("reached the goal", "right action"):
            good.append((worth(each, options), each))
        elif reason in ("wrong action", "no answer", "missed the goal"):
            bad.append((reason != "wrong action", worth(each, options), each))
    if not good and not bad:
        return _unchanged(pair, options.failed if rollouts else "keep", reasons)
    changed = pair
    if good:
        best = max(good, key=lambda each: each[0])[1]
        changed = msgspec.structs.replace(changed, chosen=best.turns)
    if bad:
        has_right_action, _, worst = min(bad, key=lambda each: each[:2])
        said, cut = worst.turns, worst.cut
        if not has_right_action:
            said, cut = said[:1], tuple(number for number in cut if number == 0)
        changed = msgspec.structs.replace(changed, rejected=said, rejected_action=worst.actions[0], rejected_cut=cut)
    if same_texts(changed.chosen, changed.rejected):
        return _unchanged(pair, options.uninformative, (*reasons, "equal texts"))
    return Decided(changed, "both" if good and bad else "promoted" if good else "demoted", reasons)


def same_texts(one: Sequence[Message], other: Sequence[Message]) -> bool:
    """Whether two continuations say the same, case and white space aside."""
    return _folded(one) == _folded(other)


def _folded(messages: Sequence[Message]) -> list[tuple[str, str]]:
    return [(message.role, " ".join(message.content.casefold().split())) for message in messages]


def _unchanged(pair: Pair, rule: Literal["keep", "skip"], reasons: tuple[Reason, ...]) -> Decided:
    if same_texts(pair.chosen, pair.rejected):
        return Decided(None, "skipped", reasons if "equal texts" in reasons else (*reasons, "equal texts"))
    return Decided(pair, "kept", reasons) if rule == "keep" else Decided(None, "skipped", reasons)
