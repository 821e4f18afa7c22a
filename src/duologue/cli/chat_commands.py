"""What a line typed into a chat means: a message, or a command.

read_line("/3", EXTENDED)             # Pick(Strategy("Clarification", …))
read_line("/offer", EXTENDED)         # Pick(Strategy("Offer Hope", …)): the beginning of a name is enough
read_line("I lost my job.", EXTENDED) # Message("I lost my job.")
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from duologue.corpora.strategies import Strategies, Strategy
from duologue.systems.live_chat import Choice

HELP = """\
/strategies       the strategies with their numbers
/3 or /offer      follow a strategy, by its number or the beginning of its name; it stays until you change it
/none             follow none
/auto             let a model choose a strategy for every message, or no longer
/a /b /tie        which of two replies is better (with --versus); the better one goes on
/reset            a new conversation (also: reset)
/quit             end (also: quit)"""


class Message(NamedTuple):
    """Something to be answered."""

    text: str


class Pick(NamedTuple):
    """Follow this strategy from now on."""

    strategy: Strategy | None


class Vote(NamedTuple):
    """Prefer one of the last two replies."""

    choice: Choice


class Mistake(NamedTuple):
    """A command that makes no sense, and what to tell."""

    why: str


Word: TypeAlias = Literal["strategies", "auto", "reset", "quit", "help", "nothing"]
Line: TypeAlias = Message | Pick | Vote | Mistake | Word

_WORDS: dict[str, Word] = {
    **{name: "strategies" for name in ("strategies", "strategy", "s")},
    **{name: "quit" for name in ("quit", "exit", "q")},
    **{name: "help" for name in ("help", "h", "?")},
    "auto": "auto",
    "reset": "reset",
}
_VOTES: dict[str, Choice] = {"a": 0, "b": 1, "left": 0, "right": 1, "tie": "tie"}
_BARE: dict[str, Word] = {"reset": "reset", "quit": "quit", "exit": "quit"}


def read_line(line: str, strategies: Strategies) -> Line:
    """What a line means."""
    text = line.strip()
    if not text:
        return "nothing"
    if text.lower() in _BARE:
        return _BARE[text.lower()]
    if not text.startswith("/"):
        return Message(text)
    told = text[1:].strip().lower()
    head, _, rest = told.partition(" ")
    if head in ("strategy", "s") and rest:
        return _pick(rest.strip(), strategies)
    if told in _WORDS:
        return _WORDS[told]
    if told in _VOTES:
        return Vote(_VOTES[told])
    return _pick(told, strategies)


def _pick(told: str, strategies: Strategies) -> Pick | Mistake:
    names = list(strategies)
    if told in ("none", "0"):
        return Pick(None)
    if told.lstrip("+-").isdecimal():
        number = int(told) if len(told) < 10 else -1
        if 1 <= number <= len(names):
            return Pick(strategies[names[number - 1]])
        return Mistake(f"there is no strategy {told}: they go from 1 to {len(names)}, 0 for none")
    exact = [name for name in names if name.lower() == told]
    found = exact or [name for name in names if name.lower().startswith(told)] if told else []
    if len(found) == 1:
        return Pick(strategies[found[0]])
    if found:
        return Mistake(f"{told!r} begins {' and '.join(found)}; write more of it")
    return Mistake(f"there is no command or strategy {told!r}; /help lists the commands, /strategies the strategies")
