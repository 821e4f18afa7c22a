"""Conversations that a policy carries to its answer with a simulated user: sample, judge the action, reply, go on.

    roles = Roles(policy, RuleActions(), GoldUser(intents), score)
    for each in await roll_out(list(instances(dialogues)), roles, max_turns=3): print(each.rollout.final)

Steps 1 to 3 of Algorithm 2 of ACT (Chen et al. 2025) for a whole batch of states, turn by turn: the policy's replies of
all states, their actions, the user's replies, the policy's next replies. What comes of a state depends on it alone as
long as the policy's replies do, so batches, their order and who else fails change nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from duologue.corpora.actions import CLARIFY
from duologue.corpora.clarification_points import Instance
from duologue.dialogue import Turn
from duologue.measures.sql_execution import UnusableGold
from duologue.models.failure import ModelFailure
from duologue.models.request import Message
from duologue.operators.clarifying.classifiers import ActionClassifier
from duologue.operators.clarifying.faults import Role, RoleFault
from duologue.operators.clarifying.users import UserSimulator
from duologue.prompts.ask import AskFor, Rendered, Sampling
from duologue.prompts.clarify import PROMPT
from duologue.views.preference import Rollout

POLICY = "policy"
EMPTY = "empty-reply"
SILENT = f"{POLICY}: {EMPTY}"
"""The failure of a rollout whose policy said nothing."""

_CHAT = {"system": "assistant", "user": "user"}


class Asked(NamedTuple):
    """What a policy is to go on.

    Attributes:
        instance: the state.
        after: turns of this conversation since then; the last is the user's. Empty at first.
        draw: which sample of the state.
    """

    instance: Instance
    after: tuple[Turn, ...]
    draw: int


class Said(NamedTuple):
    """A policy's reply.

    Attributes:
        text: what it says.
        tokens: how many it has by the policy's own count.
        cut: it was stopped at its most tokens.
    """

    text: str
    tokens: int = 0
    cut: bool = False


Policy: TypeAlias = Callable[[Sequence[Asked]], Awaitable[Sequence[Said | ModelFailure]]]
"""Replies of one turn; called once a turn even where no conversation goes on, so that every rank of a distributed
training makes the same number of calls."""
Score: TypeAlias = Callable[[str, Instance], float]
"""How good a final answer is, 0 to 1; raises UnusableGold for a goal that nothing can be compared with."""


class Roles(NamedTuple):
    """Who does what.

    Attributes:
        policy: replies.
        classifier: names the actions of replies.
        user: answers questions; None ends a conversation with its first reply (no simulation).
        score: of the final answers.
    """

    policy: Policy
    classifier: ActionClassifier
    user: UserSimulator | None
    score: Score


class Fault(NamedTuple):
    """What ended a conversation early: whose fault, and what it was."""

    role: Role
    error: RoleFault | ModelFailure

    @property
    def kind(self) -> str:
        """The same for all such faults: `user: message-loop`, `policy: timeout`."""
        return f"{self.role}: {self.error.kind}"


class Simulated(NamedTuple):
    """A state, what became of it, and the fault that ended it early, where one did."""

    instance: Instance
    rollout: Rollout
    fault: Fault | None = None


async def roll_out(
    instances: Sequence[Instance], roles: Roles, *, max_turns: int = 2, samples: int = 1, gated: bool = False
) -> list[Simulated]:
    """Carry conversations on from their states.

    A conversation ends with the first reply that does not ask, with the last reply that is allowed, or with a fault: a
    helper that gave nothing usable, or a model without an answer. Such a one has no score and is nobody's example.

    Args:
        instances: the states.
        roles: who does what.
        max_turns: most replies of the policy in one conversation; 2 is the published question and answer.
        samples: conversations of each state.
        gated: one that begins with another action than the gold one ends there, as in Algorithm 2.

    Returns:
        The conversations of the first state, then those of the second, …

    Raises:
        ModelFailure: one that concerns every request, such as a dead server.
    """
    talks = [_Talk(instance, draw) for instance in instances for draw in range(samples)]
    for number in range(1 if roles.user is None else max_turns):
        going = [talk for talk in talks if talk.goes_on]
        said = await roles.policy([Asked(talk.instance, tuple(talk.turns), talk.draw) for talk in going])
        for talk, reply in zip(going, said, strict=True):
            talk.hear(reply)
        await asyncio.gather(*(talk.judge(roles.classifier) for talk in going if talk.fault is None))
        for talk in going:
            talk.goes_on = talk.fault is None and talk.actions[-1] == CLARIFY
            if gated and talk.actions[:1] != [talk.instance.action]:
                talk.goes_on = False
        if roles.user is not None and number + 1 < max_turns:
            await asyncio.gather(*(talk.answer(roles.user) for talk in going if talk.goes_on))
    return [talk.ended(roles.score) for talk in talks]


def asking_policy(
    ask_for: AskFor, prompt: Callable[[Instance, Sequence[Turn]], tuple[Message, ...]], sampling: Sampling
) -> Policy:
    """A policy behind a desk, in the role `policy`; all replies of a turn are asked for at once.

    Args:
        ask_for: who is asked about a state.
        prompt: `prompts.clarify.asking`, or with a limit.
        sampling: how replies are drawn; samples of a state are its draws.
    """

    async def one(asked: Asked) -> Said | ModelFailure:
        rendered = Rendered(PROMPT, prompt(asked.instance, asked.after))
        ask = ask_for(asked.instance.id)
        try:
            answer = await ask(rendered, role=POLICY, draw=asked.draw, sampling=sampling)
        except ModelFailure as failure:
            if failure.fatal:
                raise
            return Said("") if failure.kind == "empty_reply" else failure
        return Said(answer.text.strip(), answer.tokens, answer.finish_reason == "length")

    async def policy(asked: Sequence[Asked]) -> Sequence[Said | ModelFailure]:
        return await asyncio.gather(*(one(each) for each in asked))

    return policy


@dataclass
class _Talk:
    """One conversation on its way."""

    instance: Instance
    draw: int
    turns: list[Turn] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    cut: list[int] = field(default_factory=list)
    fault: Fault | None = None
    goes_on: bool = True

    def hear(self, reply: Said | ModelFailure) -> None:
        if isinstance(reply, ModelFailure):
            self.fault = Fault("policy", reply)
        elif not reply.text.strip():
            self.fault = Fault("policy", RoleFault("policy", EMPTY))
        else:
            self.turns.append(Turn("system", reply.text))
            if reply.cut:
                self.cut.append(len(self.tokens))
            self.tokens.append(reply.tokens)

    async def judge(self, classifier: ActionClassifier) -> None:
        reply, before = self.turns[-1].text, self.turns[:-1]
        try:
            judged = await classifier.classify(reply, self.instance, before)
        except (RoleFault, ModelFailure) as error:
            self._fail("classifier", error)
        else:
            self.actions.append(judged.action)

    async def answer(self, user: UserSimulator) -> None:
        try:
            self.turns.append(Turn("user", await user.reply(self.instance, self.turns)))
        except (RoleFault, ModelFailure) as error:
            self._fail("user", error)

    def ended(self, score: Score) -> Simulated:
        final = reached = None
        if self.fault is None and self.actions[-1] != CLARIFY:
            final = self.turns[-1].text
            if self.instance.goal is not None:
                try:
                    reached = score(final, self.instance)
                except UnusableGold as error:
                    self.fault = Fault("score", RoleFault("score", "unusable-goal", str(error)))
        rollout = Rollout(
            instance_id=self.instance.id,
            turns=tuple(Message(_CHAT[turn.speaker], turn.text) for turn in self.turns),
            actions=tuple(self.actions),
            final=final,
            score=reached,
            failures=() if self.fault is None else (self.fault.kind,),
            tokens_by_turn=tuple(self.tokens),
            draw=self.draw,
            cut=tuple(self.cut),
        )
        return Simulated(self.instance, rollout, self.fault)

    def _fail(self, role: Role, error: RoleFault | ModelFailure) -> None:
        if isinstance(error, ModelFailure) and error.fatal:
            raise error
        self.goes_on = False
        self.fault = Fault(error.role if isinstance(error, RoleFault) else role, error)
