"""sdialog: two agents who talk until all questions are used up; it asks one at a time, so each turn is one question."""

from __future__ import annotations

import sdialog
from clock import report
from sdialog.agents import Agent

_TURNS = 20


def ask(url: str, prompts: list[str], in_flight: int) -> int:
    """Hold as many dialogues of 20 turns as make up the number of questions; return the turns received."""
    sdialog.config.llm("openai:mock", base_url=url, api_key="none")
    received = 0
    while received < len(prompts):
        user = Agent(name="User", context=prompts[received])
        system = Agent(name="System")
        received += len(user.dialog_with(system, max_turns=_TURNS, seed=received).turns)
    return received


if __name__ == "__main__":
    report("sdialog", ask)
