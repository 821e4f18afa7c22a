"""`duologue diff`: what an operator changed, dialogue by dialogue."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.text import Text

from duologue.corpora import formats
from duologue.dialogue import Change, Dialogue, Turn
from duologue.dialogue import diff as changes_between
from duologue.files import write_json

_ADDED, _REMOVED = "bold green", "bold red"


def diff(
    before: str,
    after: str,
    *,
    format: str = "duologue",
    after_format: str | None = None,
    limit: int | None = None,
    json: Path | None = None,
) -> int:
    """Show what an operator changed: insertions, added, rewritten and dropped turns, new branches, new facts.

    Insertions stand as {+text+} in their turn, what is gone as [-text-]; on a terminal in green and red. Dialogues are
    matched by where they come from (their parent, the source of their turns), else by id.

    Args:
        before: the dialogues as they were; held in memory.
        after: the dialogues as they are now.
        format: the format of both files.
        after_format: the format of AFTER, where it is another.
        limit: show this many changed dialogues; all are counted.
        json: write all changes to this file as well.
    """
    console = Console(highlight=False, soft_wrap=True)
    known = {dialogue.id: dialogue for dialogue in formats.read(before, format)}
    met: set[str] = set()
    counts: Counter[str] = Counter()
    rows: list[Change] = []
    changed = unknown = 0
    for dialogue in formats.read(after, after_format or format):
        parent = next((known[name] for name in _parents(dialogue) if name in known), None)
        if parent is None:
            unknown += 1
            console.print(f"{dialogue.id}: not in {before}", markup=False)
            continue
        met.add(parent.id)
        changes = list(changes_between(parent, dialogue))
        counts.update(f"{change.what} {change.kind}".strip() for change in changes)
        rows += changes if json is not None else []
        if changes:
            changed += 1
            if limit is None or changed <= limit:
                _show(console, parent, dialogue, changes)
    console.print(f"{changed} of {len(met)} dialogues changed", markup=False)
    for what, count in counts.most_common(30):
        console.print(f"{count:>8} {what}", markup=False)
    for count, where in ((unknown, "AFTER"), (len(known) - len(met), "BEFORE")):
        if count:
            console.print(f"{count:>8} dialogues are only in {where}", markup=False)
    if json is not None:
        write_json(json, {"counts": counts, "changes": rows})
    return 0


def _parents(dialogue: Dialogue) -> list[str]:
    """Ids under which BEFORE may have this dialogue, the surest first."""
    sources = [turn.source[0] for turn in dialogue.turns if turn.source is not None]
    parent = [dialogue.origin.parent] if dialogue.origin is not None and dialogue.origin.parent is not None else []
    return [*sources[:1], *parent, dialogue.id, dialogue.id.split("~", 1)[0]]


def _show(console: Console, before: Dialogue, after: Dialogue, changes: list[Change]) -> None:
    title = after.id if after.id == before.id else f"{after.id} (from {before.id})"
    console.print(Text(title, style="bold"))
    shown: set[int] = set()
    for change in changes:
        if change.what in ("inserted", "rewritten", "removed") and change.turn is not None:
            if change.turn not in shown:
                shown.add(change.turn)
                console.print(_turn(change.turn, after.turns[change.turn], changes))
        elif change.what == "added" and change.turn is not None:
            console.print(_line(change.turn, change.kind, ("", ""), (change.after, _ADDED)))
        elif change.what == "dropped" and change.turn is not None:
            console.print(_line(change.turn, change.kind, (change.before, _REMOVED), ("", "")))
        elif change.what != "relabelled":
            place = "" if change.turn is None else f"turn {change.turn} "
            line = Text(f"  {place}{change.what} {change.kind}: ")
            _mark(line, (change.before, _REMOVED), (change.after, _ADDED))
            console.print(line)
    for name in dict.fromkeys(change.kind for change in changes if change.what == "relabelled"):
        console.print(_labels(name, changes))


def _turn(index: int, turn: Turn, changes: list[Change]) -> Text:
    """A turn with its insertions marked where they are said."""
    here = [change for change in changes if change.turn == index]
    new = {(change.kind, change.after) for change in here if change.what == "inserted"}
    gone = [change for change in here if change.what in ("rewritten", "removed")]
    said = Text(turn.text)
    for insertion in turn.insertions:
        marked = (insertion.kind, insertion.text) in new
        piece = Text(f"{{+{insertion.text}+}}", style=_ADDED) if marked else Text(insertion.text)
        parts = [piece, said] if insertion.where == "before" else [said, piece]
        said = Text(" ").join(parts)
    line = Text(f"  {index:>3} {turn.speaker}: ")
    for change in gone:
        line.append(f"[-{change.before}-] ", style=_REMOVED)
    rewritten = any(change.what == "rewritten" for change in gone)
    return line.append_text(Text("{+").append_text(said).append("+}") if rewritten else said)


def _labels(name: str, changes: list[Change]) -> Text:
    """One line for all turns whose label of a name changed."""
    line = Text(f"  labels {name}:")
    for change in changes:
        if change.what == "relabelled" and change.kind == name:
            line.append(f" {change.turn} ")
            _mark(line, (change.before, _REMOVED), (change.after, _ADDED))
    return line


def _line(index: int, speaker: str, old: tuple[str, str], new: tuple[str, str]) -> Text:
    line = Text(f"  {index:>3} {speaker}: ")
    _mark(line, old, new)
    return line


def _mark(line: Text, old: tuple[str, str], new: tuple[str, str]) -> None:
    if old[0]:
        line.append(f"[-{old[0]}-]", style=old[1])
    if old[0] and new[0]:
        line.append(" ")
    if new[0]:
        line.append(f"{{+{new[0]}+}}", style=new[1])
