"""The simulated users of the clarify world (`duologue sample clarify`), who need no model.

    user = ScriptedUser("talkative", Intents("auto", ask_for))

Two that differ in kind, so that nothing is judged by the user that it learnt with: `terse` says the value and nothing
else (training), `talkative` says it in a sentence, with excuses and hedges (evaluation). They find in the intent what a
question asks for, so they also answer about other corpora whose intents are whole questions.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from duologue.corpora.actions import ACTION, ANSWER
from duologue.corpora.clarification_points import Instance
from duologue.corpora.worlds.clarify.phrases import load_voice
from duologue.corpora.worlds.clarify.user import Manner, reply
from duologue.corpora.worlds.splits import Split
from duologue.dialogue import Turn
from duologue.operators.clarifying.intents import Intents

_SPLITS: dict[Manner, Split] = {"terse": "train", "talkative": "test"}
"""Whose phrases they use."""


class ScriptedUser:
    """A user of rules, drawn by the state and the question's place."""

    def __init__(self, manner: Manner, intents: Intents) -> None:
        """Play a manner.

        Args:
            manner: `terse` or `talkative`.
            intents: what the user means.
        """
        self._manner = manner
        self._voice = load_voice(_SPLITS[manner])
        self._intents = intents

    async def reply(self, instance: Instance, turns: Sequence[Turn]) -> str:
        """See `UserSimulator`."""
        intent = await self._intents.of(instance)
        own = [turn.said for turn in [*_request(instance.history), *turns] if turn.speaker == "user"]
        rng = random.Random(f"{self._manner}\0{instance.id}\0{len(turns)}")
        return reply(rng, self._voice, self._manner, intent, turns[-1].said, said=own)


def _request(history: Sequence[Turn]) -> Sequence[Turn]:
    """The turns since the last answer: the request, and what was said about it."""
    answers = [at for at, turn in enumerate(history) if turn.labels.get(ACTION) == [ANSWER]]
    return history[answers[-1] + 1 :] if answers else history
