"""The ways in which a model can be asked for the next reply to a person.

| way | the prompt | the reply |
|---|---|---|
| `Steered` | told a strategy in one of seven layouts (`prompts.steering`), or none | without labels in front of it |
| `Plain` | the conversation as chat messages, nothing else | as it is |
| `SimpleTod` | SimpleToD text | the response, delexicalised; belief state and action become labels |

    way = Steered(EXTENDED["Offer Hope"], "c1_hf")
    request = Request(way.prompt(turns), **decoding.request_fields())
    way.turn(reply.text)                  # a system turn with labels
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from duologue.corpora.conversation_text.reply import cleaned
from duologue.corpora.strategies import UNCONDITIONAL, Strategy
from duologue.corpora.strategy_labels import LAYOUT, STRATEGY
from duologue.dialogue import Turn
from duologue.models.request import Message
from duologue.prompts.steering import Layout, Wording, steered_prompt
from duologue.systems.chat import Prompt
from duologue.views.belief import render_belief
from duologue.views.simpletod import MARKERS, parse_completion, simpletod_prompt

_CHAT = {"user": "user", "system": "assistant"}


class Way(Protocol):
    """How a reply is asked for."""

    @property
    def title(self) -> str:
        """What it is called on the screen."""

    @property
    def stop(self) -> tuple[str, ...]:
        """Strings that end the model's answer."""

    def prompt(self, turns: Sequence[Turn]) -> Prompt:
        """The prompt for the reply to turns that alternate, the first and the last one the user's."""

    def turn(self, answer: str) -> Turn:
        """The reply in a model's answer, which may still be on its way."""


class Steered(NamedTuple):
    """By a strategy, or by none.

    Attributes:
        strategy: what the reply is to follow.
        layout: where its instruction stands.
        wording: of the instruction.
    """

    strategy: Strategy | None = None
    layout: Layout = "standard"
    wording: Wording = "training"

    @property
    def title(self) -> str:
        """The layout."""
        return self.layout

    @property
    def stop(self) -> tuple[str, ...]:
        """None."""
        return ()

    def prompt(self, turns: Sequence[Turn]) -> Prompt:
        """Chat messages, the instruction in the first."""
        return steered_prompt(turns, self.strategy, self.layout, self.wording).messages

    def turn(self, answer: str) -> Turn:
        """What was said, with what it was asked by."""
        name = self.strategy.name if self.strategy else UNCONDITIONAL
        labels: dict[str, list[str]] = {STRATEGY: [name], LAYOUT: [self.layout], "wording": [self.wording]}
        return Turn("system", cleaned(answer, name), labels=labels)


class Plain(NamedTuple):
    """The conversation, and no instruction."""

    @property
    def title(self) -> str:
        """The way's name."""
        return "plain"

    @property
    def stop(self) -> tuple[str, ...]:
        """None."""
        return ()

    def prompt(self, turns: Sequence[Turn]) -> Prompt:
        """Chat messages."""
        return tuple(Message(_CHAT[turn.speaker], turn.said) for turn in turns)

    def turn(self, answer: str) -> Turn:
        """What was said."""
        return Turn("system", answer.strip(), labels={LAYOUT: [self.title]})


class SimpleTod(NamedTuple):
    """As models that `train simpletod` made are asked."""

    @property
    def title(self) -> str:
        """The way's name."""
        return "simpletod"

    @property
    def stop(self) -> tuple[str, ...]:
        """The end of the response."""
        return (MARKERS["special"].end_response,)

    def prompt(self, turns: Sequence[Turn]) -> Prompt:
        """The turns between their markers."""
        return simpletod_prompt([(turn.speaker, turn.said) for turn in turns])

    def turn(self, answer: str) -> Turn:
        """The response; nothing before the model has come to it."""
        read = parse_completion(answer)
        labels = {LAYOUT: [self.title], "belief": [render_belief(read.state or {})], "action": [read.action or ""]}
        return Turn("system", read.response, labels={name: told for name, told in labels.items() if told != [""]})
