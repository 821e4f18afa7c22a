"""Blocks to turns: messages of one speaker in a row become one, empty labels none; every piece gets its place."""

from __future__ import annotations

from dataclasses import dataclass, field

from duologue.corpora.conversation_text.blocks import Layout
from duologue.corpora.conversation_text.message import Block
from duologue.corpora.conversation_text.parsed import ParsedTurn, Piece
from duologue.corpora.conversation_text.seed_echo import repeats
from duologue.corpora.conversation_text.spans import Span
from duologue.dialogue import Speaker


@dataclass
class Assembled:
    """Turns with what is known of how they came about; see `Flags` for merged, empty and repeats_seed."""

    turns: list[ParsedTurn] = field(default_factory=list)
    rest: list[str] = field(default_factory=list)
    preamble: Span = (0, 0)
    pieces: list[Piece] = field(default_factory=list)
    merged: list[int] = field(default_factory=list)
    empty: int = 0
    repeats_seed: bool = False


def assemble(text: str, layout: Layout, seed: str | None) -> Assembled:
    """Make turns of blocks whose messages have been freed of their frames.

    Args:
        text: the whole text.
        layout: its layout.
        seed: the message that the conversation grew from; a first block, or an unlabelled last paragraph of the
            preamble, that repeats it is no turn.
    """
    done = Assembled(preamble=layout.preamble, pieces=list(layout.markup))
    blocks = layout.blocks
    if seed is not None and blocks:
        _echo_in_preamble(text, layout, seed, done)
        if not done.repeats_seed and repeats(seed, blocks[0].said(text)):
            done.repeats_seed = True
            _set_aside(text, blocks[0], done, "seed")
            blocks = blocks[1:]
    for run in _runs(blocks, done):
        _turn(text, run, done)
    for block in blocks:
        if block.speaker is None:
            _set_aside(text, block, done, "aside")
    for kind, (start, end) in (("preamble", done.preamble), ("epilogue", layout.epilogue)):
        if start < end:
            done.pieces.append(Piece("preamble" if kind == "preamble" else "epilogue", start, end))
    done.pieces.sort(key=lambda piece: piece.start)
    done.rest = [text[p.start : p.end] for p in done.pieces if p.kind in ("aside", "seed")]
    return done


def _runs(blocks: list[Block], done: Assembled) -> list[list[Block]]:
    runs: list[list[Block]] = []
    for block in blocks:
        if block.speaker is None:
            continue
        if not block.lines:
            done.empty += 1
            done.pieces += [*block.pieces, *(Piece("markup", *note) for note in block.notes)]
        elif runs and runs[-1][-1].speaker == block.speaker:
            runs[-1].append(block)
        else:
            runs.append([block])
    return runs


def _turn(text: str, run: list[Block], done: Assembled) -> None:
    index = len(done.turns)
    speaker: Speaker | None = run[0].speaker
    assert speaker is not None
    lines = [line for block in run for line in block.lines]
    notes = [note for block in run for note in block.notes]
    done.turns.append(
        ParsedTurn(speaker, "\n".join(text[a:b] for a, b in lines), [text[a:b] for a, b in notes]),
    )
    done.pieces += [piece._replace(turn=index) for block in run for piece in block.pieces]
    done.pieces += [Piece("text", *line, index) for line in lines]
    done.pieces += [Piece("note", *note, index) for note in notes]
    if len(run) > 1:
        done.merged.append(index)


def _set_aside(text: str, block: Block, done: Assembled, kind: str) -> None:
    done.pieces += block.pieces
    held = sorted([*block.lines, *block.notes])
    done.pieces += [Piece("seed" if kind == "seed" else "aside", *span) for span in held]


def _echo_in_preamble(text: str, layout: Layout, seed: str, done: Assembled) -> None:
    start, end = layout.preamble
    if start < end and repeats(seed, text[layout.last_paragraph : end]):
        done.repeats_seed = True
        done.pieces.append(Piece("seed", layout.last_paragraph, end))
        before = text[start : layout.last_paragraph].rstrip()
        done.preamble = (start, start + len(before))
