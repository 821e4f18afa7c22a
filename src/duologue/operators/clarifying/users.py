"""Who plays the user: a model that is told what the user means, or the gold conversation itself.

    user = ModelUser(ask_for, Intents("auto", ask_for), options)
    await user.reply(instance, [*turns, Turn("system", "In which year?")])        # "2019"

What a model writes passes gates: it may not speak for the assistant, tell the answer, repeat what was said about this
request, or go round in circles. A reply that fails in every draw is a `RoleFault`, never text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Literal, Protocol, TypeAlias

from duologue.corpora.clarification_points import Instance
from duologue.corpora.conversation_text import parse_conversation
from duologue.corpora.conversation_text.speakers import aliases
from duologue.dialogue import Turn
from duologue.measures.words import content_words, normalised, words
from duologue.operators.clarifying.faults import RoleFault
from duologue.operators.clarifying.intents import Intents, gold_replies, request
from duologue.operators.draws import first_that_passes
from duologue.operators.gates import Verdict, first_failure, quote, whole
from duologue.operators.message import gates, one_message
from duologue.operators.operator import OperatorOptions
from duologue.prompts.ask import Answer, AskFor

Manner: TypeAlias = Literal["helpful", "vague", "wrong", "off-topic", "unknowing"]
"""How the user answers a question: as asked, leaving it open, with something else than is meant, with another subject,
or by not being able to tell."""


USER = "user"
PROMPT = "clarify/user"
_NAMES = {"user": "User", "system": "Assistant"}


def check_manner(user: str, manner: Manner) -> None:
    """Refuse a manner that nobody has.

    Raises:
        ValueError: the user is no model.
    """
    if manner != "helpful" and user != "model":
        raise ValueError(f"manner {manner} is for the user 'model', found the user '{user}'")


class UserSimulator(Protocol):
    """Who answers the policy's questions."""

    async def reply(self, instance: Instance, turns: Sequence[Turn]) -> str:
        """Answer the last question.

        Args:
            instance: the state that the policy was in.
            turns: of the simulated conversation since then; the last is the policy's.

        Raises:
            RoleFault: there is no reply that may be used.
            ModelFailure: there is none at all.
        """
        ...


class GoldUser:
    """The oracle: the gold replies in their order, then once more what the user means."""

    def __init__(self, intents: Intents) -> None:
        """Take what the user means from here."""
        self._intents = intents

    async def reply(self, instance: Instance, turns: Sequence[Turn]) -> str:
        """See `UserSimulator`."""
        asked = sum(turn.speaker == "system" for turn in turns)
        replies = gold_replies(instance)
        return replies[asked - 1] if asked <= len(replies) else await self._intents.of(instance)


class ModelUser:
    """A language model that knows what the user means."""

    def __init__(
        self, ask_for: AskFor, intents: Intents, options: OperatorOptions | None = None, manner: Manner = "helpful"
    ) -> None:
        """Let a model play the user.

        Args:
            ask_for: who is asked, in the role `user`.
            intents: what the user means.
            options: how replies are drawn, and how often until one passes.
            manner: how the user answers.
        """
        self._ask_for = ask_for
        self._intents = intents
        self._options = options or OperatorOptions()
        self._manner = manner

    async def reply(self, instance: Instance, turns: Sequence[Turn]) -> str:
        """See `UserSimulator`."""
        intent = await self._intents.of(instance)
        said = [*instance.history, *turns]
        judge = partial(read_reply, instance=instance, said=said, intent=intent, manner=self._manner)
        ask = self._ask_for(instance.id)
        passed = await first_that_passes(
            ask, PROMPT, self._options, judge, role=USER, intent=intent, manner=self._manner, turns=said
        )
        if isinstance(passed, Verdict):
            raise RoleFault.of("user", passed)
        return passed.found


def read_reply(
    answer: Answer, *, instance: Instance, said: Sequence[Turn], intent: str, manner: Manner = "helpful"
) -> str | Verdict:
    """Take the user's message out of an answer.

    Args:
        answer: the model's.
        instance: the state.
        said: what the user has seen: history and simulated turns.
        intent: what the user means.
        manner: one who cannot tell may say so twice.

    Returns:
        The message, or the first gate that it failed: `cut-by-length`, `speaks-for-agent`, `empty-message`,
        `message-loop`, `message-repeated` or `answer-told`.
    """
    text = one_message(answer.text, "user", _NAMES)
    known = " ".join([intent, *(turn.said for turn in said)])
    # An earlier request may have had the same reply: "2019."
    begun = len(instance.history) - len(request(instance))
    about_this = [] if manner == "unknowing" else said[begun:]
    return first_failure(_gates(answer, text, instance, about_this, known)) or text


def _gates(answer: Answer, text: str, instance: Instance, said: Sequence[Turn], known: str) -> Iterator[Verdict]:
    yield whole(answer)
    yield own_turn(answer.text)
    yield from gates(text, said)
    yield answer_kept(text, instance.references, known)


def own_turn(text: str) -> Verdict:
    """Nothing is written for the assistant."""
    spoken = parse_conversation(text, speakers=aliases(_NAMES)).turns
    others = [turn.text for turn in spoken if turn.speaker == "system"]
    return Verdict("speaks-for-agent", not others, f"writes for the assistant: {quote(text)}")


def answer_kept(text: str, answers: Sequence[str], known: str) -> Verdict:
    """No accepted answer stands in the text, unless the user could know it.

    Answers without a content word or a digit (yes, no) are everybody's; one that stands in what was said or meant
    before is known.
    """
    told = [each for each in answers if _tells(text, each) and not _tells(known, each)]
    return Verdict("answer-told", not told, f"{quote(told[0])} in {quote(text)}" if told else "")


def _tells(text: str, answer: str) -> bool:
    if not content_words(answer) and not any(character.isdigit() for character in answer):
        return False
    return f" {normalised(answer)} " in f" {normalised(text)} " and bool(words(answer))
