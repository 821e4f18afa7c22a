"""One block of a conversation: a label and the lines under it, and how its message is freed of what frames it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from duologue.corpora.conversation_text.directions import direction_at_end, direction_at_start
from duologue.corpora.conversation_text.labels import Label
from duologue.corpora.conversation_text.parsed import Piece
from duologue.corpora.conversation_text.spans import Span, stripped
from duologue.dialogue import Speaker

_QUOTES = {'"': '"', "“": "”", "„": "“", "«": "»", "'": "'", "‘": "’"}


@dataclass
class Block:
    """A label and the lines under it.

    Attributes:
        label: as it was found.
        speaker: whose it is; None for an unknown speaker.
        lines: what is said, a stretch a line, without outer white space.
        notes: mood words and stage directions.
        pieces: everything else: the label, markup.
    """

    label: Label
    speaker: Speaker | None
    lines: list[Span] = field(default_factory=list)
    notes: list[Span] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)

    def said(self, text: str) -> str:
        """The message."""
        return "\n".join(text[start:end] for start, end in self.lines)


def begin(text: str, label: Label, speaker: Speaker | None, end: int) -> Block:
    """The block of a label's line, which ends at `end`."""
    block = Block(label, speaker)
    at = label.start
    for start, stop in (stripped(text, *mood) for mood in label.moods):
        if start < stop:
            _frame(text, block, at, start, "label")
            block.notes.append((start, stop))
            at = stop
    _frame(text, block, at, label.end, "label")
    add_line(text, block, label.end, end)
    return block


def add_line(text: str, block: Block, start: int, end: int) -> None:
    """Put what a line says under a block."""
    start, end = stripped(text, start, end)
    if start < end:
        block.lines.append((start, end))


def unframe(text: str, block: Block) -> None:
    """Take off what frames the message: leftover marks, quotation marks around it, stage directions at its edges."""
    if block.label.quoted:
        _unquote_lines(text, block)
    _close_wrap(text, block)
    while _peel(text, block):
        pass
    block.notes.sort()


def _unquote_lines(text: str, block: Block) -> None:
    lines, block.lines = block.lines, []
    for start, end in lines:
        inner = stripped(text, start + 1, end) if text[start] == ">" and start >= block.label.end else (start, end)
        _frame(text, block, start, inner[0], "markup")
        add_line(text, block, *inner)


def _close_wrap(text: str, block: Block) -> None:
    wrap = block.label.wrap
    if not (wrap and block.lines):
        return
    start, end = block.lines[-1]
    if text[max(start, end - len(wrap)) : end].casefold() == wrap.casefold():
        _frame(text, block, end - len(wrap), end, "markup")
        block.lines.pop()
        add_line(text, block, start, end - len(wrap))


def _peel(text: str, block: Block) -> bool:
    return any(peeled for peeled in _tries(text, block))


def _tries(text: str, block: Block) -> Iterator[bool]:
    yield _quotes(text, block)
    yield _first_direction(text, block)
    yield _last_direction(text, block)


def _quotes(text: str, block: Block) -> bool:
    if not block.lines:
        return False
    (first, _), (_, last) = block.lines[0], block.lines[-1]
    close = _QUOTES.get(text[first])
    if close is None or last - first < 3 or text[last - 1] != close:
        return False
    inner = text[first + 1 : last - 1]
    if not inner.strip() or close in inner or text[first] in inner:
        return False
    _frame(text, block, first, first + 1, "markup")
    _frame(text, block, last - 1, last, "markup")
    lines, block.lines = block.lines, []
    for start, end in lines:
        add_line(text, block, start + (start == first), end - (end == last))
    return True


def _first_direction(text: str, block: Block) -> bool:
    if not block.lines:
        return False
    start, end = block.lines[0]
    peeled = direction_at_start(text, start, end, last_line=len(block.lines) == 1)
    if peeled is None:
        return False
    _note(text, block, (start, min(peeled.rest[0], end)), peeled.note)
    block.lines[:1] = [peeled.rest] if peeled.rest[0] < peeled.rest[1] else []
    return True


def _last_direction(text: str, block: Block) -> bool:
    if not block.lines:
        return False
    start, end = block.lines[-1]
    peeled = direction_at_end(text, start, end, first_line=len(block.lines) == 1)
    if peeled is None:
        return False
    alone = peeled.rest[0] >= peeled.rest[1]
    _note(text, block, (start if alone else peeled.rest[1], end), peeled.note)
    block.lines[-1:] = [] if alone else [peeled.rest]
    return True


def _note(text: str, block: Block, around: Span, note: Span) -> None:
    _frame(text, block, around[0], note[0], "markup")
    _frame(text, block, note[1], around[1], "markup")
    block.notes.append(note)


def _frame(text: str, block: Block, start: int, end: int, kind: str) -> None:
    start, end = stripped(text, start, end)
    if start < end:
        block.pieces.append(Piece("label" if kind == "label" else "markup", start, end))
