"""The layout of a model-written conversation: preamble, blocks of a label and its lines, epilogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from duologue.corpora.conversation_text.chatter import end_mark, is_chatter, is_rule, is_turn_heading
from duologue.corpora.conversation_text.labels import WEAK, Label, LabelReader
from duologue.corpora.conversation_text.message import Block, add_line, begin
from duologue.corpora.conversation_text.parsed import Piece
from duologue.corpora.conversation_text.spans import Line, Span, lines_of
from duologue.corpora.conversation_text.strangers import Candidate, looks_like_one, unknown_speakers
from duologue.dialogue import Speaker

_NOTHING = (0, 0)


@dataclass
class Layout:
    """How a text is laid out; spans have no outer white space.

    Attributes:
        blocks: labels with their lines, in order.
        preamble: what stands before the first block; the whole text when there is none.
        last_paragraph: where the last paragraph of the preamble begins.
        epilogue: what stands after the last block.
        unknown: names of unknown speakers.
        markup: pieces that belong to no block.
    """

    blocks: list[Block] = field(default_factory=list)
    preamble: Span = _NOTHING
    last_paragraph: int = 0
    epilogue: Span = _NOTHING
    unknown: list[str] = field(default_factory=list)
    markup: list[Piece] = field(default_factory=list)


def lay_out(text: str, reader: LabelReader, names: Mapping[str, Speaker], *, truncated: bool) -> Layout:
    """Find labels, blocks, preamble and epilogue.

    Args:
        text: any text.
        reader: finds the labels of the two sides.
        names: their names in lower case (`str.casefold`) -> side.
        truncated: the text was cut, so its last line may be the beginning of a label.
    """
    lines = lines_of(text)
    known = _known(text, lines, reader, names)
    first = min(known, default=len(lines))
    unknown = _unknown(text, lines, known)
    strangers = {name for _, name in unknown.values()}
    layout = Layout(unknown=list(dict.fromkeys(name for _, name in unknown.values())))
    if first:
        layout.preamble = (lines[0].start, lines[first - 1].end)
        layout.last_paragraph = next(line.start for line in reversed(lines[:first]) if line.opens)
    if first == len(lines):
        return layout
    labels: dict[int, tuple[Label, Speaker | None]] = {
        **{index: (label, None) for index, (label, name) in unknown.items() if index > first and name in strangers},
        **{index: (label, names.get(label.name.casefold())) for index, label in known.items()},
    }
    cut = _fill(text, lines, first, labels, layout)
    if cut is None and truncated:
        _cut_label(text, lines, names, layout)
    if cut is not None:
        layout.epilogue = (cut, lines[-1].end)
    return layout


def _known(text: str, lines: Sequence[Line], reader: LabelReader, names: Mapping[str, Speaker]) -> dict[int, Label]:
    found = {index: label for index, line in enumerate(lines) if (label := reader.at(text, line.start, line.end))}
    found = {index: label for index, label in found.items() if label.name.casefold() in names}
    strong = {index: label for index, label in found.items() if label.strong}
    if strong:
        return strong
    for form in WEAK:
        weak = {index: label for index, label in found.items() if label.form == form}
        if len({names[label.name.casefold()] for label in weak.values()}) > 1:
            return weak
    return {}


def _unknown(text: str, lines: Sequence[Line], known: Mapping[int, Label]) -> dict[int, tuple[Label, str]]:
    anyone = LabelReader.of_anyone()
    bracketed = any(label.form == "bracket" for label in known.values())
    candidates: dict[int, Candidate] = {}
    before = 0
    for index, line in enumerate(lines):
        if index in known:
            before += 1
        elif (label := anyone.at(text, line.start, line.end)) and looks_like_one(text, label, bracketed=bracketed):
            candidates[index] = Candidate(label, before)
    used = set(unknown_speakers(candidates.values(), nobody_known=not known))
    return {index: (label, label.name) for index, (label, _) in candidates.items() if label.name in used}


def _fill(
    text: str, lines: Sequence[Line], first: int, labels: Mapping[int, tuple[Label, Speaker | None]], layout: Layout
) -> int | None:
    """Put the lines into blocks; where the epilogue begins, or None."""
    last = max(labels)
    for index in range(first, len(lines)):
        start, end, opens = lines[index]
        mark = end_mark(text, start, end) if index not in labels else end_mark(text, labels[index][0].end, end)
        stop = end if mark is None else mark
        if index in labels:
            layout.blocks.append(begin(text, *labels[index], stop))
        elif is_rule(text, start, end):
            if index > last:
                return start
            layout.markup.append(Piece("markup", start, end))
        elif is_turn_heading(text, start, end):
            layout.markup.append(Piece("markup", start, end))
        elif index > last and opens and layout.blocks[-1].lines and is_chatter(text, start, end):
            return start
        else:
            add_line(text, layout.blocks[-1], start, stop)
        if mark is not None:
            return mark
    return None


def _cut_label(text: str, lines: Sequence[Line], names: Mapping[str, Speaker], layout: Layout) -> None:
    """A last line such as `**Soc`, alone after a blank line, is the beginning of a label."""
    start, end, opens = lines[-1]
    beginning = " ".join(text[start:end].strip('*_`([<#> "“-').split()).casefold()
    said = layout.blocks[-1].lines
    if opens and said and said[-1] == (start, end) and any(name.startswith(beginning) for name in names):
        said.pop()
        layout.markup.append(Piece("label", start, end))
