"""Who speaks in a model-written conversation, by the names at the beginning of its lines.

parse_conversation(text, speakers=aliases(NAMES))
"""

from __future__ import annotations

from collections.abc import Mapping

from duologue.dialogue import Speaker

NAMES: dict[str, str] = {"user": "User", "system": "SocBot"}
"""The names of the published system."""

_OTHER_NAMES: dict[str, Speaker] = {"human": "user", "assistant": "system", "bot": "system"}


def aliases(names: Mapping[str, str]) -> dict[str, Speaker]:
    """What a speaker may be called: its name first, then what models write instead."""
    own: dict[str, Speaker] = {names["user"]: "user", names["system"]: "system"}
    return own | {name: side for name, side in _OTHER_NAMES.items() if name not in map(str.lower, own)}
