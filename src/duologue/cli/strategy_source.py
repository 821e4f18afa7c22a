"""Replies with strategies, read for a command; what was odd in their file is listed at the end.

read = read_replies(["ESConv.json"], "esconv", "first")
read.replies, read.status()
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from duologue.cli.results import list_problems
from duologue.corpora import formats
from duologue.corpora.strategy_labels import Several
from duologue.corpora.strategy_replies import StrategyReply, strategy_replies
from duologue.dialogue import Problem
from duologue.errors import InputError


class StrategySource(NamedTuple):
    """The replies of a file and the odd places in it."""

    replies: list[StrategyReply]
    odd: list[Problem]

    def status(self) -> int:
        """List the odd places; the exit status."""
        return list_problems(self.odd, "odd places in the dialogues")


def read_replies(paths: Sequence[str], format: str, several: Several = "first") -> StrategySource:
    """Read them all, file after file: one file for each layout of the same histories and strategies.

    Raises:
        InputError: there is no reply with a strategy, or two of one layout have one id.
    """
    odd: list[Problem] = []
    found: dict[tuple[str, str | None], StrategyReply] = {}
    for path in paths:
        for reply in strategy_replies(formats.read(path, format, on_problem=odd.append), several=several):
            if found.setdefault((reply.id, reply.layout), reply) is not reply:
                told = f"a second reply {reply.id}" + (f" of the layout {reply.layout}" if reply.layout else "")
                raise InputError(told, where=path, mend="give each file once, and the files of one model")
    replies = list(found.values())
    if not replies:
        raise InputError(
            "no branch and no system turn has a strategy",
            where=", ".join(paths) or "DATA",
            mend="give branches of `duologue synthesize continuation`, or a corpus with strategies and its --format",
        )
    return StrategySource(replies, odd)
