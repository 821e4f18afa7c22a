"""Conversations about a small table, one request clear and one ambiguous in each, and a server that plays all roles."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from misbehaving_server import Server, reply_to

from duologue.corpora.actions import ACTION, ANSWER, CLARIFY, INTENT
from duologue.dialogue import Dialogue, Grounding, Turn

TOWNS = ("Arlen", "Bovey", "Corfe", "Dunster")


def table_talk(number: int) -> Dialogue:
    """Sales of one town: an ambiguous request, the question, the reply, the answer; then a clear request."""
    town = TOWNS[number % len(TOWNS)]
    first, second = 40 + number, 60 + number
    rows = [["town", "2018", "2019"], [town, f"{first} million", f"{second} million"], ["Elsewhere", "7", "9"]]
    turns = [
        Turn("user", f"What were the sales in {town}?", labels={INTENT: [f"What were the sales in {town} in 2019?"]}),
        Turn("system", "Which year do you mean?", labels={ACTION: [CLARIFY]}),
        Turn("user", "2019, please.", labels={INTENT: [f"What were the sales in {town} in 2019?"]}),
        Turn("system", f"{second} million", labels={ACTION: [ANSWER]}),
        Turn("user", "And in 2018?", labels={INTENT: [f"What were the sales in {town} in 2018?"]}),
        Turn("system", f"{first} million", labels={ACTION: [ANSWER]}),
    ]
    return Dialogue(f"talk-{number}", turns, grounding=Grounding(table=rows), facts={"goal_type": "drop"})


@dataclass
class ClarifyServer(Server):
    """`policy` and `user` say what these roles say: from the last message, and from the intent."""

    policy: Callable[[dict[str, Any]], str] = field(default=lambda body: asks_when_no_year(body))
    user: Callable[[str], str] = field(default=lambda intent: says_the_last_word(intent))

    async def answer(self, request: web.Request, body: dict[str, Any], **changes: Any) -> web.StreamResponse:
        return web.json_response(reply_to(body, text=self.said(body), **changes))

    def said(self, body: dict[str, Any]) -> str:
        last = body["messages"][-1]["content"]
        if last.endswith("Yes or no?"):
            reply = last.split("The assistant's next turn:\n")[1].split("\n\n")[0]
            return "Yes." if "?" in reply else "No."
        if "Write your next message" in last:
            return self.user(last.split("which the assistant cannot see:\n")[1].split("\n")[0])
        if 'begins with "The user wants to know"' in last:
            return "The user wants to know the sales in 2019."
        system = body["messages"][0]["content"]
        if "do not answer it in your next turn" in system:
            return "Do you want it in dollars? Or something else?"
        if "do not ask anything back" in system:
            return "7 million"
        return self.policy(body)


def role_of(body: dict[str, Any]) -> str:
    """Which role a request is for."""
    last = body["messages"][-1]["content"]
    for mark, role in (
        ("Yes or no?", "classifier"),
        ("Write your next message", "user"),
        ("The user wants to know", "intent"),
    ):
        if mark in last:
            return role
    return "policy"


def says_the_last_word(intent: str) -> str:
    """A user who tells the year."""
    return f"User: I mean {intent.rstrip('?.').split()[-1]}."


def asks_when_no_year(body: dict[str, Any]) -> str:
    """A policy that knows the table: it asks for a year that was not said, and otherwise reads the cell."""
    system, said = body["messages"][0]["content"], body["messages"][-1]["content"]
    year = re.search(r"20(18|19)", said)
    if year is None:
        return "Which year do you mean?"
    row = next(line.split(" | ") for line in system.splitlines() if " | " in line)
    return dict(cell.split(": ") for cell in row[1:])[year[0]]
