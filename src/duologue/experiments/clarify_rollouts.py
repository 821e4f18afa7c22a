"""Conversations of a policy in training: what `train_act` is handed as `roll`.

    with OwnLoop() as loop:
        roll = roller(states, helpers, options.sampling, seed=0, loop=loop)
        train_act(pairs, roll, model="runs/sft", out="runs/act")

The policy is the model in memory (`models.live`), asked with exactly the prompts that its pairs are trained on; who
classifies, plays the user and scores is what `synthesize simulate` has, too. A reply is drawn by seed, step, state,
sample and turn, so nothing else changes it.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from duologue.corpora.clarification_points import Instance
from duologue.errors import InputError
from duologue.experiments.own_loop import OwnLoop
from duologue.models.failure import ModelFailure
from duologue.models.live import LiveModel
from duologue.models.request import Message, Request
from duologue.operators.clarifying.classifiers import ActionClassifier
from duologue.operators.clarifying.rollouts import Asked, Roles, Said, Score, roll_out
from duologue.operators.clarifying.users import UserSimulator
from duologue.training.preference_options import SamplingOptions
from duologue.views.preference import Pair, Roll, Rollout

_ROLES = {"system": "assistant", "user": "user"}


class Helpers(NamedTuple):
    """Who helps a policy in training.

    Attributes:
        classifier: names the actions of replies.
        user: answers questions; None ends a conversation with its first reply (no simulation).
        score: of the final answers.
    """

    classifier: ActionClassifier
    user: UserSimulator | None
    score: Score


def roller(
    states: Iterable[Instance],
    helpers: Helpers,
    sampling: SamplingOptions,
    *,
    seed: int,
    loop: OwnLoop,
    gated: bool = False,
) -> Roll:
    """Make what samples conversations.

    Args:
        states: of the pairs; a pair's id is its state's; a copy's has a `#` and a number behind it.
        helpers: who helps.
        sampling: of the policy.
        seed: of its replies.
        loop: where the helpers' models were opened.
        gated: a conversation that begins with another action than its pair's ends there (ACT's training).
    """
    known = {state.id: state for state in states}

    def roll(model: Any, tokenizer: Any, pairs: Sequence[Pair], step: int) -> Sequence[Sequence[Rollout]]:
        return loop.run(_rolled(model, tokenizer, pairs, step))

    async def _rolled(model: Any, tokenizer: Any, pairs: Sequence[Pair], step: int) -> list[list[Rollout]]:
        live = LiveModel(model, tokenizer, name="the model in training", keep_prompts=True)
        asked = [_state(pair, known)._replace(id=pair.id, action=pair.action) for pair in pairs]
        try:
            policy = _Policy(live, {pair.id: pair.prompt for pair in pairs}, sampling, f"{seed}\0{step}")
            roles = Roles(policy, *helpers)
            done = await roll_out(asked, roles, max_turns=sampling.max_turns, samples=sampling.samples, gated=gated)
        finally:
            await live.close()
        each = [simulated.rollout for simulated in done]
        return [each[at : at + sampling.samples] for at in range(0, len(each), sampling.samples)]

    return roll


def _state(pair: Pair, known: Mapping[str, Instance]) -> Instance:
    # Abg-CoQA's own ids have a `#`, too.
    state = known.get(pair.id) or known.get(pair.id.rpartition("#")[0])
    if state is None:
        raise InputError(
            "its conversation is not there, so it cannot go on",
            where=f"pair {pair.id}",
            mend="give the dialogues that the pairs were made of (synthesize contrast)",
        )
    return state


class _Policy:
    """The model in memory, asked for all replies of a turn at once."""

    def __init__(
        self, live: LiveModel, prompts: Mapping[str, tuple[Message, ...]], sampling: SamplingOptions, seed: str
    ) -> None:
        self._live, self._prompts, self._sampling, self._seed = live, prompts, sampling, seed

    async def __call__(self, asked: Sequence[Asked]) -> Sequence[Said | ModelFailure]:
        return await asyncio.gather(*map(self._reply, asked))

    async def _reply(self, asked: Asked) -> Said | ModelFailure:
        after = tuple(Message(_ROLES[turn.speaker], turn.said) for turn in asked.after)
        digest = hashlib.blake2b(
            f"{self._seed}\0{asked.instance.id}\0{asked.draw}\0{len(after)}".encode(), digest_size=4
        )
        request = Request(
            (*self._prompts[asked.instance.id], *after),
            max_tokens=self._sampling.max_new_tokens,
            temperature=self._sampling.temperature,
            top_p=self._sampling.top_p,
            seed=int.from_bytes(digest.digest(), "big") >> 1,
        )
        try:
            reply = await self._live.complete(request)
        except ModelFailure as failure:
            if failure.fatal:
                raise
            return Said("") if failure.kind == "empty_reply" else failure
        return Said(reply.text.strip(), reply.usage.completion_tokens, reply.finish_reason == "length")
