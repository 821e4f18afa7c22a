"""What the seeker says: first about the trouble, then in answer to the supporter's move.

>>> answer(random.Random(1), load_voice("train"), case, "options", "call a friend", used=set(), details=[...])
"""

from __future__ import annotations

import random
from typing import NamedTuple

from duologue.corpora.worlds.support.case import Case, other_side
from duologue.corpora.worlds.voice import Line, Voice

_TRIED = ("options", "plan", "care", "stress")
_UNDERSTOOD = ("validate", "normal", "reflect", "feelings", "accept")
_MORE = 0.6


class Told(NamedTuple):
    """What the seeker says, what of it may be taken up, and whether a dark thought is told."""

    text: str
    mark: str
    thought: bool = False


class Seeker:
    """The seeker of one conversation: every trouble is told once, the dark thought once.

    Args:
        rng: the source of chance.
        voice: the split's phrases.
        case: what it is about.
    """

    def __init__(self, rng: random.Random, voice: Voice, case: Case) -> None:
        self.rng, self.voice, self.case = rng, voice, case
        self.used: set[str] = set()
        self._details = list(case.details)
        self._thought = False

    def greet(self) -> Told:
        """A greeting."""
        return Told(self._say("greet").text, "")

    def open(self, asked: bool) -> Told:
        """What happened; after "how are you" with an answer to that."""
        well = [self._say("well").text] if asked and self.rng.random() < 0.6 else []
        return Told(" ".join([*well, self._say("open").text]), "")

    def answer(self, move: str, pool: str, offered: str) -> Told:
        """An answer to the supporter.

        Args:
            move: what the supporter did.
            pool: the pool of its main sentence.
            offered: what it offered to do; empty for nothing.
        """
        kind = pool.partition(".")[2]
        if move == "clarify":
            line = self._detail("answer.worst") if kind == "worst" else self._say(f"answer.{kind}")
            return self._told([line], more=kind != "worst")
        if move == "question":
            return self._told([self._detail("detail")])
        if move == "chat":
            return self._told([self._say(f"small.{kind}")])
        if move in _TRIED:
            last = other_side(offered) if offered else ""
            return self._told([self._say("try" if last else "try.plain", last)])
        return self._told([self._say("heard.agree" if move in _UNDERSTOOD else "heard.new")])

    def thanks(self) -> Told:
        """Thanks at the end."""
        return Told(self._say("thanks").text, "")

    def bye(self) -> Told:
        """Goodbye."""
        return Told(self._say("bye").text, "")

    def _told(self, lines: list[Line], *, more: bool = True) -> Told:
        thought = False
        if more and self.rng.random() < _MORE:
            if not self._thought and self.rng.random() < 0.5:
                self._thought = thought = True
                lines = [*lines, self._say("thought")]
            else:
                lines = [*lines, self._detail("detail")]
        mark = next((line.mark for line in reversed(lines) if line.mark), "")
        return Told(" ".join(line.text for line in lines), mark, thought)

    def _detail(self, pool: str) -> Line:
        detail = self._details.pop(0) if self._details else self.rng.choice(self.case.details)
        return self._say(pool, detail=detail)

    def _say(self, pool: str, last: str = "", detail: str = "") -> Line:
        case = self.case
        values = case.slots | {
            "topic": case.topic,
            "feeling": self.rng.choice(case.feelings),
            "thought": case.thought,
            "detail": detail,
            "last": last,
        }
        return self.voice.pick(self.rng, f"seeker.{pool}", values, used=self.used)
