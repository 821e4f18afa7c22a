"""What the user of a conversation means, which only the one who plays the user is told.

    intents = Intents("auto", ask_for)
    await intents.of(instance)            # "What were the sales of the firm in 2019?"

The corpus's own rewrite of the question is best (nobody's words but people's); the gold reply to the question comes
next; a model's summary of the gold conversation, without its answer, serves where there is neither.
"""

from __future__ import annotations

import asyncio
from typing import Literal, TypeAlias

from duologue.corpora.clarification_points import Instance
from duologue.operators.clarifying.faults import RoleFault
from duologue.operators.gates import first_failure, no_loop, not_empty, whole
from duologue.prompts.ask import AskFor, Sampling

Source: TypeAlias = Literal["auto", "rewrite", "reply", "summary"]
"""`rewrite`: the corpus's; `reply`: the gold reply; `summary`: a model's; `auto`: the first of rewrite, reply and the
last request itself that there is."""

INTENT = "intent"
PROMPT = "clarify/intent"
_SAMPLING = Sampling(max_tokens=128)


class Intents:
    """Where the intents of states come from; a summary is asked for once a state."""

    def __init__(self, source: Source, ask_for: AskFor) -> None:
        """Take them from a source.

        Args:
            source: see `Source`.
            ask_for: who is asked for a summary, in the role `intent`.
        """
        self._source = source
        self._ask_for = ask_for
        self._summaries: dict[str, asyncio.Future[str]] = {}

    async def of(self, instance: Instance) -> str:
        """What the user means.

        Raises:
            RoleFault: the source has nothing for this state.
            ModelFailure: no summary could be had.
        """
        if self._source == "summary":
            return await self._summary(instance)
        found = {"rewrite": instance.intent, "reply": " ".join(gold_replies(instance)) or None}
        if self._source != "auto":
            found = {self._source: found[self._source]}
        else:
            found["request"] = instance.history[-1].said
        meant = next((text for text in found.values() if text), None)
        if meant is None:
            raise RoleFault("intent", "no-intent", f"the corpus has no {self._source} for {instance.id}")
        return meant

    async def _summary(self, instance: Instance) -> str:
        if instance.id not in self._summaries:
            self._summaries[instance.id] = asyncio.ensure_future(self._asked(instance))
        return await self._summaries[instance.id]

    async def _asked(self, instance: Instance) -> str:
        before_the_answer = instance.trajectory if instance.goal is None else instance.trajectory[:-1]
        turns = [*instance.history, *before_the_answer]
        answer = await self._ask_for(instance.id)(PROMPT, role=INTENT, sampling=_SAMPLING, turns=turns)
        text = " ".join(answer.text.split())
        failed = first_failure([whole(answer), not_empty("intent", text), no_loop("intent", text)])
        if failed is not None:
            raise RoleFault.of("intent", failed)
        return text


def gold_replies(instance: Instance) -> list[str]:
    """What the user said in the gold trajectory, in order."""
    return [turn.said for turn in instance.trajectory if turn.speaker == "user"]
