"""A question to a database as a row of Spider, and as a conversation in the chat-tuning layout.

The row has, beyond Spider's own keys, `clarification` (what is asked back, and the user's reply) and `intent`, as our
reader takes them, and the `family` of what is left open.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from duologue.corpora.actions import CLARIFY
from duologue.corpora.worlds.clarify.databases.ask import Asked
from duologue.corpora.worlds.clarify.databases.database import Database
from duologue.corpora.worlds.clarify.steps import Step

_TOKEN = re.compile(r"'[^']*'|\w+|[^\w\s]")
_LITERAL = re.compile(r"^(?:'.*'|\d+)$")


def row(database: Database, asked: Asked, steps: Sequence[Step]) -> dict[str, Any]:
    """One object of `train_spider.json`."""
    query = steps[-1].system
    tokens = _TOKEN.findall(query)
    back = [{"question": step.system, "answer": after.user} for step, after in pairwise(steps)]
    return {
        "db_id": database.id,
        "query": query,
        "query_toks": tokens,
        "query_toks_no_value": ["value" if _LITERAL.match(token) else token.lower() for token in tokens],
        "question": asked.question,
        "question_toks": _TOKEN.findall(asked.question),
        "family": asked.family,
        "intent": steps[0].intent,
    } | ({"clarification": back} if back else {})


def chat(database: Database, steps: Sequence[Step]) -> dict[str, Any]:
    """One line of a chat-tuning file."""
    messages: list[dict[str, Any]] = [{"role": "system", "content": f"[data]\n{database.ddl}"}]
    for step in steps:
        messages.append({"role": "user", "content": step.user, "requires_clarification": step.action == CLARIFY})
        messages.append({"role": "model", "content": step.system})
    return {
        "messages": messages,
        "goal": steps[-1].system,
        "goal_type": "sql",
        "db_id": database.id,
        "intent": steps[0].intent,
    }
