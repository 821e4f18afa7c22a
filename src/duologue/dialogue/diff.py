"""What an operator changed: insertions, added, dropped and rewritten turns, new branches.

Turns are matched by `source`, never by position: a derived dialogue says of each turn where it comes from.

    for change in diff(before, after): print(change)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from duologue.dialogue.schema import Dialogue, Turn


class Change(msgspec.Struct, frozen=True, omit_defaults=True):
    """One change; `turn` counts in the dialogue after the change, except for a dropped turn (before)."""

    dialogue: str
    turn: int | None
    what: Literal["inserted", "removed", "added", "dropped", "rewritten", "relabelled", "branched", "facts"]
    kind: str = ""
    before: str = ""
    after: str = ""

    def __str__(self) -> str:
        where = f"{self.dialogue}" if self.turn is None else f"{self.dialogue} turn {self.turn}"
        kind = f" {self.kind}" if self.kind else ""
        old = f" - {self.before!r}" if self.before else ""
        new = f" + {self.after!r}" if self.after else ""
        return f"{where}: {self.what}{kind}{old}{new}"


def diff(before: Dialogue, after: Dialogue) -> Iterator[Change]:
    """Yield what distinguishes `after` from `before`.

    `after` is either the same dialogue with insertions (same number of turns, no `source`) or a derived one.
    """
    derived = any(turn.source is not None for turn in after.turns)
    met: set[int] = set()
    for index, turn in enumerate(after.turns):
        origin = _origin(turn, index, before, derived)
        if origin is None:
            yield Change(after.id, index, "added", kind=turn.speaker, after=turn.said)
            continue
        met.add(origin)
        yield from _turn_changes(after.id, index, before.turns[origin], turn)
    for index, turn in enumerate(before.turns):
        if index not in met:
            yield Change(after.id, index, "dropped", kind=turn.speaker, before=turn.said)
    known = {branch.id for branch in before.branches}
    for branch in after.branches:
        if branch.id not in known:
            said = " / ".join(turn.said for turn in branch.turns)
            yield Change(after.id, branch.at, "branched", kind=branch.id, after=said)
    for name in sorted(before.facts.keys() | after.facts.keys()):
        old, new = before.facts.get(name), after.facts.get(name)
        if old != new:
            yield Change(after.id, None, "facts", kind=name, before=_shown(old), after=_shown(new))


def _origin(turn: Turn, index: int, before: Dialogue, derived: bool) -> int | None:
    if not derived:
        return index if index < len(before.turns) else None
    if turn.source is None or turn.source[0] != before.id or turn.source[1] >= len(before.turns):
        return None
    return turn.source[1]


def _turn_changes(dialogue: str, index: int, old: Turn, new: Turn) -> Iterator[Change]:
    if old.text != new.text:
        yield Change(dialogue, index, "rewritten", kind=new.speaker, before=old.text, after=new.text)
    for insertion in new.insertions:
        if insertion not in old.insertions:
            yield Change(dialogue, index, "inserted", kind=insertion.kind, after=insertion.text)
    for insertion in old.insertions:
        if insertion not in new.insertions:
            yield Change(dialogue, index, "removed", kind=insertion.kind, before=insertion.text)
    for name in sorted(old.labels.keys() | new.labels.keys()):
        if old.labels.get(name) != new.labels.get(name):
            yield Change(
                dialogue,
                index,
                "relabelled",
                kind=name,
                before=", ".join(old.labels.get(name, [])),
                after=", ".join(new.labels.get(name, [])),
            )


def _shown(value: object) -> str:
    return "" if value is None else value if isinstance(value, str) else msgspec.json.encode(value).decode()
