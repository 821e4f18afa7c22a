r"""`duologue chat --model SPEC [--versus SPEC]`: talk to a model, or to two side by side, and choose their strategies.

duologue chat --model hf:runs/steered --out chats.jsonl
duologue chat --model openai:NAME --base-url URL --versus hf:runs/steered --layout c1_hf --out chats.jsonl
printf '/offer\nI lost my job.\n/quit\n' | duologue chat
"""

from __future__ import annotations

import asyncio
import dataclasses
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter

from duologue.cli.chat_commands import Line, Message, Mistake, Pick, Vote, read_line
from duologue.cli.chat_screen import Screen
from duologue.cli.model_flags import ModelFlags
from duologue.corpora.strategies import BY_COLLECTION, Strategies, Strategy, read_strategies
from duologue.dialogue import Turn
from duologue.errors import DuologueError, InputError
from duologue.measures.self_harm import suggests_self_harm
from duologue.models.desk import ModelDesk
from duologue.models.generation.options import DecodingOptions
from duologue.prompts.ask import ModelAsk
from duologue.prompts.steering import Layout, Wording
from duologue.systems.fitting import fit
from duologue.systems.live_chat import LiveChat, Side
from duologue.systems.strategy_suggestion import Suggest, model_suggests
from duologue.systems.ways import Steered

_ROLES = ("a", "b")


def chat(
    *,
    versus: str | None = None,
    out: Path | None = None,
    strategies: str = "extended",
    strategy: str | None = None,
    auto: Annotated[bool, Parameter(negative=())] = False,
    layout: Layout = "standard",
    versus_layout: Layout | None = None,
    wording: Wording = "training",
    seed: int = 0,
    decoding: Annotated[DecodingOptions | None, Parameter(name="*")] = None,
    models: ModelFlags | None = None,
) -> None:
    """Talk to a model that follows a strategy you choose, or compare two of them. /help lists what can be typed.

    Parameters
    ----------
    versus
        A second model, which answers the same history beside the first one.
    out
        Append the conversations here, JSONL: with two models their replies are branches, with your votes.
    strategies
        `extended` (fifteen), `esconv` (eight), or a YAML file.
    strategy
        The one to begin with, by number or name; none by default.
    auto
        Let the first model choose a strategy for every message.
    layout
        Where the strategy's instruction stands in the prompt.
    versus_layout
        The same of the second side; without --versus it is the first model with this layout.
    wording
        How the instruction is worded.
    seed
        Of sampling.
    """
    known = BY_COLLECTION.get(strategies) or read_strategies(Path(strategies))
    begun = None if strategy is None else _strategy(strategy, known)
    flags, chosen = models or ModelFlags(), decoding or DecodingOptions()
    two = versus is not None or versus_layout is not None
    if two:
        if len(flags.model) != 1:
            raise InputError("expected one --model beside --versus", where="--model", mend="name it once")
        specs = [f"a={flags.model[0]}", f"b={flags.model[0] if versus is None else versus}"]
        flags = dataclasses.replace(flags, model=specs)
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.open("ab").close()
    if isinstance(sys.stdin, TextIOWrapper) and not sys.stdin.isatty():
        sys.stdin.reconfigure(errors="replace")
    with _ending_politely(), asyncio.Runner() as runner:
        desk = runner.run(_opened(flags, _ROLES if two else _ROLES[:1]))
        try:
            layouts = dict(zip(_ROLES, (layout, versus_layout or layout), strict=True))
            fits = {role: fit(model, chosen.max_new_tokens, None) for role, model in desk.models.items()}

            def sides(strategy: Strategy | None) -> list[Side]:
                return [
                    Side(
                        model.name, partial(desk.complete, role), fits[role], Steered(strategy, layouts[role], wording)
                    )
                    for role, model in desk.models.items()
                ]

            answering = LiveChat(sides(begun), decoding=chosen, seed=seed)
            suggest = model_suggests(ModelAsk(desk, seed=seed), known, role=_ROLES[0])
            _Conversation(runner, answering, sides, begun, known, suggest, auto, out).hold()
        finally:
            runner.run(desk.close())


class _Conversation:
    """Reads lines and does what they say, until the end of input."""

    def __init__(
        self,
        runner: asyncio.Runner,
        chat: LiveChat,
        sides: Callable[[Strategy | None], list[Side]],
        strategy: Strategy | None,
        strategies: Strategies,
        suggest: Suggest,
        auto: bool,
        out: Path | None,
    ) -> None:
        self._runner, self._chat, self._strategies = runner, chat, strategies
        self._sides, self._strategy = sides, strategy
        self._suggest, self._auto, self._out = suggest, auto, out
        self._screen = Screen()

    def hold(self) -> None:
        """Talk until `quit`, the end of input or Ctrl-C; what was said is saved however it ends."""
        try:
            self._screen.begin(self._chat.sides, None if self._out is None else str(self._out))
            while (line := _typed()) is not None and (read := read_line(line, self._strategies)) != "quit":
                try:
                    self._do(read)
                except DuologueError as error:
                    self._screen.line(f"{error}")
                except KeyboardInterrupt:
                    self._screen.line("stopped; say something else, or quit")
        finally:
            self._save()

    def _do(self, line: Line) -> None:
        match line:
            case Message(text):
                self._answer(text)
            case Pick(strategy):
                self._follow(strategy)
                self._auto = False
                self._screen.line(f"strategy: {strategy.name if strategy else 'none'}")
            case Vote(choice):
                try:
                    self._chat.vote(choice)
                    self._screen.line("noted" if choice == "tie" else f"noted; {'AB'[choice]} goes on")
                except ValueError as error:
                    self._screen.line(f"{error}")
            case Mistake(why):
                self._screen.line(why)
            case "strategies":
                self._screen.strategies(self._strategies, self._strategy)
            case "auto":
                self._auto = not self._auto
                self._screen.line(f"a model chooses the strategy: {'yes' if self._auto else 'no'}")
            case "reset":
                self._save()
                self._chat.reset()
                self._screen.line("a new conversation")
            case "help":
                self._screen.help()
            case _:
                pass

    def _answer(self, text: str) -> None:
        if suggests_self_harm(text):
            self._screen.notice()
        if self._auto:
            found = self._runner.run(self._suggested(text))
            self._screen.line(f"strategy: {found.name}" if found else "the model named no strategy; the last one stays")
            if found is not None:
                self._follow(found)
        said = self._runner.run(self._chat.say(text))
        self._screen.replies(said)

    def _follow(self, strategy: Strategy | None) -> None:
        self._strategy = strategy
        self._chat.sides = self._sides(strategy)

    async def _suggested(self, text: str) -> Strategy | None:
        return await self._suggest([*self._chat.turns, Turn("user", text)])

    def _save(self) -> None:
        dialogue = self._chat.dialogue()
        if self._out is not None and dialogue is not None:
            with self._out.open("ab") as file:
                file.write(msgspec.json.encode(dialogue) + b"\n")


def _strategy(told: str, known: Strategies) -> Strategy | None:
    read = read_line(f"/strategy {told}", known)
    if isinstance(read, Pick):
        return read.strategy
    raise InputError(read.why if isinstance(read, Mistake) else f"{told!r} is none", where="--strategy")


async def _opened(flags: ModelFlags, roles: tuple[str, ...]) -> ModelDesk:
    desk = flags.open_desk(roles, None)
    for model in desk.models.values():
        await model.ready()
    return desk


def _typed() -> str | None:
    """A line; None at the end of input, or when Ctrl-C is pressed."""
    with suppress(ImportError):
        import_module("readline")  # arrow keys in input()
    try:
        return input("you> ")
    except (EOFError, KeyboardInterrupt):
        print()
        return None


@contextmanager
def _ending_politely() -> Iterator[None]:
    """A closed terminal or a `kill` ends the chat as quit does: what was said is saved."""

    def end(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    numbers = [getattr(signal, name) for name in ("SIGHUP", "SIGTERM") if hasattr(signal, name)]
    before = {number: signal.signal(number, end) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
