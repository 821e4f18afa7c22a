"""A dialogue for response generation: what was said so far as chat messages, and the response that follows.

    for each in exchanges(dialogue, instruction="You are a booking assistant."):
        each.history, each.response          # [{"role": "user", "content": "…"}], "…"

One exchange per run of system turns. Neighbouring turns of one speaker are one message, so roles alternate, as most
chat templates want it; turns of a tool are left out. Training and inference both begin here, so a model is asked with
exactly what it learnt from. `simpletod` is the view with belief states.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from duologue.corpora.strategy_replies import StrategyReply
from duologue.dialogue import Dialogue, Speaker, Turn

Message = dict[str, str]
"""`{"role": "system" | "user" | "assistant", "content": …}`."""

_ROLES: dict[Speaker, str] = {"user": "user", "system": "assistant"}


class Exchange(NamedTuple):
    """A response and what came before.

    Attributes:
        dialogue: its id.
        turn: index of the response's first turn.
        history: the messages before it, the instruction first; the last is the user's, where the user spoke before.
        response: what the system said, its insertions included.
    """

    dialogue: str
    turn: int
    history: list[Message]
    response: str


class _Run(NamedTuple):
    speaker: Speaker
    first: int
    text: str


def exchanges(dialogue: Dialogue, *, instruction: str | None = None) -> Iterator[Exchange]:
    """Every response of a dialogue with the history before it, oldest first.

    Args:
        dialogue: its trunk is used.
        instruction: stands before the history; by default the dialogue's own, where it has one.
    """
    told = dialogue.instruction if instruction is None else instruction
    history: list[Message] = [{"role": "system", "content": told}] if told else []
    for run in _runs(dialogue.turns):
        if run.speaker == "system":
            yield Exchange(dialogue.id, run.first, list(history), run.text)
        history.append({"role": _ROLES[run.speaker], "content": run.text})


def exchange_of(reply: StrategyReply) -> Exchange | None:
    """The reply as a response to the messages before it, for a chat template; None where no user spoke before.

    The history ends with the user's last turn: what the system said since then belongs to the reply's own run.
    """
    ends = [index for index, turn in enumerate(reply.before) if turn.speaker == "user"]
    if not ends:
        return None
    turns = [*reply.before[: ends[-1] + 1], Turn("system", reply.text)]
    return list(exchanges(Dialogue(reply.id, turns)))[-1]


def _runs(turns: list[Turn]) -> Iterator[_Run]:
    """Turns with what one speaker says in a row put together."""
    open_run: _Run | None = None
    for index, turn in enumerate(turns):
        if turn.speaker not in _ROLES:
            continue
        if open_run is not None and open_run.speaker == turn.speaker:
            open_run = open_run._replace(text=f"{open_run.text}\n{turn.said}")
            continue
        if open_run is not None:
            yield open_run
        open_run = _Run(turn.speaker, index, turn.said)
    if open_run is not None:
        yield open_run
