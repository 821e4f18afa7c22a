"""An OpenAI-compatible server that judges by rule.

Of two answers the one with `better` in it wins; `even` is a tie; of two that are `alike` it takes the one shown first;
where one is `unclear` it forgets the verdict. A single answer gets the number that stands in it for each criterion.
"""

from __future__ import annotations

import re
from typing import Any

from aiohttp import web
from misbehaving_server import Server, reply_to


class JudgingServer(Server):
    @property
    def asked(self) -> list[str]:
        return [body["messages"][-1]["content"] for body in self.log]

    async def answer(self, request: web.Request, body: dict[str, Any], **changes: Any) -> web.StreamResponse:
        return web.json_response(reply_to(body, text=judge(body["messages"][-1]["content"]), **changes))


def judge(prompt: str) -> str:
    if "[answer A begins]" in prompt:
        return _compare(*(_between(prompt, f"answer {letter}") for letter in "AB"))
    found = re.search(r"\d", _between(prompt, "answer"))
    names = re.findall(r"^(\w+): <1 to 5>$", prompt, re.MULTILINE)
    return "\n".join(["It is what it is.", *(f"**{name.title()}**: {found[0] if found else 'fine'}" for name in names)])


def _compare(first: str, second: str) -> str:
    both = first + second
    if "unclear" in both:
        return "Both have their merits. Verdict: hard to say."
    if "even" in both:
        return "They are alike.\nVERDICT: TIE"
    letter = "A" if "alike" in both or "better" in first else "B"
    return f"I prefer {letter}, for verdict: A would be wrong.\n\n**Verdict: {letter}**"


def _between(prompt: str, name: str) -> str:
    return prompt.partition(f"[{name} begins]\n")[2].partition(f"\n[{name} ends]")[0]
