"""Prompts for a reply by a strategy: seven layouts of one conversation and one instruction, in several wordings.

A layout says where the strategy's instruction stands and how much of the conversation are real chat turns:

| layout | system message | chat turns |
|---|---|---|
| `standard` | instruction | the whole history |
| `cN_hf` (history first) | older turns as text, then the instruction | the last N turns |
| `cN_hl` (history last) | the instruction, then older turns as text | the last N turns |

with N = 1, 3 or 5 (Madani and Srihari 2024, "Steering Conversational Large Language Models for Long Emotional Support
Conversations"). A history of at most N turns is the same in every layout. A template without a system role gets the
system message before the first chat turn. The wordings are the files in `prompts/steering/`.

    prompt = steered_prompt(history, EXTENDED["Offer Hope"], "c1_hf", "current")
    prompt.messages
    [span for span in prompt.spans if span.name == "strategy_name"]
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple, TypeAlias, get_args

from duologue.corpora.strategies import Strategy
from duologue.dialogue import Turn
from duologue.errors import InputError
from duologue.models.request import Message
from duologue.prompts.render import render
from duologue.prompts.spans import Span, mark, refuse_marks, unmarked

Layout: TypeAlias = Literal["standard", "c1_hf", "c3_hf", "c5_hf", "c1_hl", "c3_hl", "c5_hl"]
LAYOUTS: tuple[Layout, ...] = get_args(Layout)

Wording: TypeAlias = Literal["expert", "friend", "short", "current", "training"]
WORDINGS: tuple[Wording, ...] = get_args(Wording)
PROMPTS = ("steering/system", *(f"steering/{wording}" for wording in WORDINGS))
"""The files that decide what a prompt says."""

_ROLES = {"user": "user", "system": "assistant"}


class PromptSpan(NamedTuple):
    """A part of a prompt: characters start to end (exclusive) of the content of message number `message`.

    Names: `strategy_name` (its quotes included), `strategy_description`, `instruction`, `history` (the text in the
    system message, and every chat turn), `last_user_turn`, and `turn:<n>` for each utterance of the history from 0.
    """

    name: str
    message: int
    start: int
    end: int


class SteeredPrompt(NamedTuple):
    """Chat messages and the parts in them, by message and beginning, the outer before the inner."""

    messages: tuple[Message, ...]
    spans: tuple[PromptSpan, ...]

    def parts(self, name: str) -> list[str]:
        """The texts of the parts of a name."""
        return [self.messages[span.message].content[span.start : span.end] for span in self.spans if span.name == name]


def steered_prompt(
    history: Sequence[Turn],
    strategy: Strategy | None,
    layout: Layout = "standard",
    wording: Wording = "current",
    *,
    system_role: bool = True,
    situation: str | None = None,
) -> SteeredPrompt:
    """The prompt for the reply that follows a history.

    Args:
        history: turns that alternate, the first and the last one the user's.
        strategy: what the reply is to follow; None asks without one.
        layout: where the instruction stands.
        wording: how the instruction is worded.
        system_role: whether there is a system message; without one, its text stands before the first chat turn.
        situation: told by the wordings that have a place for it.

    Raises:
        InputError: the history does not alternate from user to user, or a text has a character that marks parts.
    """
    _must_alternate(history)
    _refuse_marks(history, strategy, situation)
    kept = len(history) if layout == "standard" else min(int(layout[1]), len(history))
    first = len(history) - kept
    system = _system(history[:first], strategy, wording, situation, history_first=layout.endswith("hf"))
    texts = [("system", system), *_chat_turns(history, first)]
    if not system_role:
        (_, instruction), (role, opening), *others = texts
        texts = [(role, f"{instruction}\n\n{opening}"), *others]
    read = [(role, unmarked(text)) for role, text in texts]
    return SteeredPrompt(
        tuple(Message(role, found.text) for role, found in read),
        tuple(_spans(found.spans for _, found in read)),
    )


def _must_alternate(history: Sequence[Turn]) -> None:
    speakers = [turn.speaker for turn in history]
    if speakers != ["user" if number % 2 == 0 else "system" for number in range(len(history))] or len(history) % 2 == 0:
        raise InputError(
            f"a history goes from user to user in turns, found {', '.join(speakers) or 'no turn'}",
            where="steered prompt",
            mend="merge the turns of one speaker, and drop an opening of the system (continuation points do both)",
        )


def _refuse_marks(history: Sequence[Turn], strategy: Strategy | None, situation: str | None) -> None:
    for number, turn in enumerate(history):
        refuse_marks(turn.said, f"turn {number}")
    refuse_marks(situation or "", "situation")
    if strategy is not None:
        refuse_marks(" ".join((strategy.name, strategy.description, *strategy.examples)), f"strategy {strategy.name!r}")


def _system(
    older: Sequence[Turn], strategy: Strategy | None, wording: Wording, situation: str | None, *, history_first: bool
) -> str:
    """The system message, marked."""
    (instruction,) = render(f"steering/{wording}", strategy=strategy, situation=situation)
    lines = [
        {"role": _ROLES[turn.speaker], "text": mark(" ".join(turn.said.split()), f"turn:{number}")}
        for number, turn in enumerate(older)
    ]
    told = mark(instruction.content, "instruction")
    (message,) = render("steering/system", instruction=told, older=lines, history_first=history_first)
    return message.content


def _chat_turns(history: Sequence[Turn], first: int) -> list[tuple[str, str]]:
    """Role and marked text of the turns from number `first` on."""
    turns = []
    for number in range(first, len(history)):
        text = mark(history[number].said.strip(), f"turn:{number}")
        if number == len(history) - 1:
            text = mark(text, "last_user_turn")
        turns.append((_ROLES[history[number].speaker], mark(text, "history")))
    return turns


def _spans(messages: Iterable[list[Span]]) -> Iterable[PromptSpan]:
    for number, spans in enumerate(messages):
        for span in spans:
            yield PromptSpan(span.name, number, span.start, span.end)
