"""What a chat shows: panels on a terminal, plain lines elsewhere."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.columns import Columns
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from duologue.cli.chat_commands import HELP
from duologue.corpora.strategies import UNCONDITIONAL, Strategies, Strategy
from duologue.corpora.strategy_labels import STRATEGY
from duologue.dialogue import Turn
from duologue.measures.self_harm import notice
from duologue.systems.live_chat import Side, title_of

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Screen:
    """Where a chat writes; what models say can steer no terminal."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False, markup=False, soft_wrap=True)

    def begin(self, sides: Sequence[Side], saved: str | None) -> None:
        """Say who answers, and what can be typed."""
        names = " and ".join(f"{letter}: {side.title}" for letter, side in zip("AB", sides, strict=False))
        self.line(f"{names if len(sides) > 1 else sides[0].title}. No person reads along, and no person answers.")
        self.line(f"The conversation is saved in {saved}." if saved else "Nothing is saved; --out FILE saves.")
        self.help()

    def help(self) -> None:
        """What can be typed."""
        self.line(HELP)

    def strategies(self, strategies: Strategies, chosen: Strategy | None) -> None:
        """The menu."""
        table = Table("", "strategy", "what it means", box=None if not self._console.is_terminal else Table().box)
        for number, each in enumerate(strategies.values(), 1):
            mark = "*" if chosen is not None and each.name == chosen.name else ""
            table.add_row(f"{mark}{number}", each.name, each.description)
        self._console.print(table)

    def replies(self, said: Sequence[Turn]) -> None:
        """One reply, or two side by side."""
        letters = ["A · ", "B · "] if len(said) > 1 else [""]
        titles = [f"{letter}{title_of(each)} · {_named(each)}" for letter, each in zip(letters, said, strict=True)]
        texts = [_CONTROL.sub("", each.text) for each in said]
        if self._console.is_terminal:
            width = max(20, self._console.width // len(said) - 1)
            panels = [
                Panel(Text(text), title=Text(title), width=width) for title, text in zip(titles, texts, strict=True)
            ]
            self._console.print(Columns(panels))
            return
        for title, text in zip(titles, texts, strict=True):
            self.line(f"[{title}] {text}")

    def notice(self) -> None:
        """Where help is to be had."""
        if self._console.is_terminal:
            self._console.print(Panel(Text(notice()), title=Text("Please read")))
        else:
            self.line(notice())

    def line(self, text: str) -> None:
        """One line, or several."""
        self._console.print(_CONTROL.sub("", text))


def _named(reply: Turn) -> str:
    name = reply.labels[STRATEGY][0]
    return "no strategy" if name == UNCONDITIONAL else name
