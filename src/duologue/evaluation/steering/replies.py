"""The replies of a dialogue whose attention can be measured, each with the prompt that it answers and its parts.

    for reply in replies_of(dialogue, {**EXTENDED, **ESCONV}):
        reply.prompt.messages, reply.text

What `synthesize continuation` wrote has a reply in every branch; its labels name strategy, layout and wording, and the
prompt is made again by `prompts.steering`. Any other branch, and a dialogue without branches, is a plain chat: its
instruction, its turns, and the last thing that the system said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from duologue.corpora.strategies import UNCONDITIONAL, Strategy
from duologue.dialogue import Branch, Dialogue, Speaker, Turn
from duologue.errors import InputError
from duologue.models.request import Message
from duologue.prompts.steering import LAYOUTS, WORDINGS, PromptSpan, SteeredPrompt, steered_prompt

_ROLES: dict[Speaker, str] = {"user": "user", "system": "assistant", "tool": "tool"}


class PromptedReply(NamedTuple):
    """A reply and what it answers.

    Attributes:
        id: of the branch, or of the dialogue where it has none.
        dialogue: the dialogue's id.
        text: the reply as the model gave it.
        depth: turns of the history.
        prompt: messages and parts; None where they cannot be made.
        layout: of a steered prompt.
        strategy: the strategy's name, `unconditional` where a reply was asked for without one.
        problem: why there is no prompt.
    """

    id: str
    dialogue: str
    text: str
    depth: int
    prompt: SteeredPrompt | None
    layout: str | None = None
    strategy: str | None = None
    problem: str = ""


def replies_of(
    dialogue: Dialogue, strategies: Mapping[str, Strategy], *, system_role: bool = True
) -> Iterator[PromptedReply]:
    """The replies of all branches, depth-first; of a dialogue without branches the last one.

    Args:
        dialogue: with or without branches.
        strategies: by name, as the branches name them.
        system_role: whether steered replies were asked for with a system message.
    """
    if dialogue.branches:
        yield from _of_branches(dialogue, dialogue.turns, dialogue.branches, strategies, system_role)
        return
    said = [number for number, turn in enumerate(dialogue.turns) if turn.speaker == "system" and number]
    if not said:
        yield PromptedReply(dialogue.id, dialogue.id, "", 0, None, problem="the dialogue has no reply to anything")
        return
    history = dialogue.turns[: said[-1]]
    prompt = plain_prompt(dialogue.instruction, history)
    yield PromptedReply(dialogue.id, dialogue.id, _as_given(dialogue.turns[said[-1]]), len(history), prompt)


def plain_prompt(instruction: str | None, history: Sequence[Turn]) -> SteeredPrompt:
    """An instruction and turns as chat messages; parts `instruction`, `history`, `last_user_turn` and `turn:<n>`."""
    messages = [Message("system", instruction)] if instruction else []
    spans = [PromptSpan("instruction", 0, 0, len(instruction))] if instruction else []
    users = [number for number, turn in enumerate(history) if turn.speaker == "user"]
    for number, turn in enumerate(history):
        names = ["history", *(["last_user_turn"] if users and number == users[-1] else []), f"turn:{number}"]
        spans += [PromptSpan(name, len(messages), 0, len(turn.said)) for name in names]
        messages.append(Message(_ROLES[turn.speaker], turn.said))
    return SteeredPrompt(tuple(messages), tuple(spans))


def _of_branches(
    dialogue: Dialogue,
    path: Sequence[Turn],
    branches: Sequence[Branch],
    strategies: Mapping[str, Strategy],
    system_role: bool,
) -> Iterator[PromptedReply]:
    for branch in branches:
        history = list(path[: branch.at])
        yield _of_branch(dialogue, history, branch, strategies, system_role)
        yield from _of_branches(dialogue, [*history, *branch.turns], branch.branches, strategies, system_role)


def _of_branch(
    dialogue: Dialogue, history: list[Turn], branch: Branch, strategies: Mapping[str, Strategy], system_role: bool
) -> PromptedReply:
    layout, strategy, wording = (_label(branch, name) for name in ("layout", "strategy", "wording"))
    text = _as_given(branch.turns[0]) if branch.turns and branch.turns[0].speaker == "system" else ""
    found = PromptedReply(branch.id, dialogue.id, text, len(history), None, layout, strategy)
    if not text:
        return found._replace(problem="the branch does not begin with a reply")
    if layout is None:
        return found._replace(prompt=plain_prompt(dialogue.instruction, history))
    named: Any = {"layout": layout, "wording": wording or "current"}
    if layout not in LAYOUTS or named["wording"] not in WORDINGS:
        return found._replace(problem=f"there is no layout {layout} with the wording {named['wording']}")
    if strategy not in (None, UNCONDITIONAL) and strategy not in strategies:
        return found._replace(problem=f"there is no strategy called {strategy}")
    try:
        prompt = steered_prompt(
            history,
            strategies.get(strategy or ""),
            **named,
            system_role=system_role,
            situation=dialogue.facts.get("situation"),
        )
    except InputError as error:
        return found._replace(problem=error.what)
    return found._replace(prompt=prompt)


def _as_given(turn: Turn) -> str:
    """A reply as the model gave it, where that was kept; it is these tokens that it attended with."""
    given = turn.native.get("continuation", {}).get("raw")
    return given if isinstance(given, str) and given else turn.said


def _label(branch: Branch, name: str) -> str | None:
    values = branch.labels.get(name) or (branch.turns[0].labels.get(name) if branch.turns else None)
    return values[0] if values else None
