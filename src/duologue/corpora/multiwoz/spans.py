"""MultiWOZ's `span_info` <-> spans in characters.

A native span is `[act, slot, value, start, end]`; what its numbers count differs by edition (`SpanReading`), and is
found by which reading makes text and value agree. The annotated value may differ from the words in the text ("one" is
`1`, "any area" is `dontcare`): a span keeps the annotated value and covers the words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from duologue.corpora.multiwoz.acts import act_name, native_act_name, slot_name
from duologue.corpora.multiwoz.layout import SpanReading
from duologue.corpora.multiwoz.slots import canonical_slot
from duologue.dialogue import Span

_EDGES = " \t\n.,;:!?\"'()"
_UNITS = {
    "tokens": re.compile(r"\S+"),
    # What a treebank tokeniser splits off: punctuation and clitics ("do|n't", "I|'d"), but not inside 18:15 or 23.60.
    "words": re.compile(r"n't|'\w+|\w+?(?=n't)|\w+(?:[-:.,/]\w+)*|[^\w\s]", re.IGNORECASE),
}

Offsets = tuple[tuple[int, int], ...]


# Detecting, reading and rendering a turn's spans ask for the same text one after the other.
@lru_cache(maxsize=64)
def offsets_of(text: str, reading: SpanReading) -> Offsets:
    """Where each token of a text starts and ends (in characters, end exclusive)."""
    return tuple(found.span() for found in _UNITS[reading].finditer(text))


def reading_of(turns: Iterable[tuple[str, list[Any]]], expected: SpanReading = "tokens") -> SpanReading:
    """The reading under which most spans of a dialogue cover their value.

    Args:
        turns: (text, well-formed native spans) of each turn.
        expected: what is taken when several readings agree equally well.
    """
    counts: dict[SpanReading, int] = {"tokens": 0, "words": 0, "characters": 0}
    total = 0
    for text, spans in turns:
        if not spans:
            continue
        units: dict[SpanReading, Offsets] = {}
        for _, _, value, start, end in spans:
            total += 1
            wanted = value.lower()
            for reading in counts:
                if reading == "characters":
                    counts[reading] += text[start:end].lower() == wanted
                    continue
                # The dear readings are tried only where the cheap one fails.
                if reading == "words" and counts["tokens"] == total:
                    counts[reading] += 1
                    continue
                offsets = units.get(reading)
                if offsets is None:
                    offsets = units[reading] = offsets_of(text, reading)
                if 0 <= start <= end < len(offsets):
                    counts[reading] += wanted in text[offsets[start][0] : offsets[end][1]].lower()
    return max(counts, key=lambda reading: (counts[reading], reading == expected, reading == "tokens"))


def spans_of(text: str, native: list[Any], reading: SpanReading) -> tuple[list[Span], list[int]]:
    """The spans of a turn, and the numbers of the native ones that lie outside the text.

    Empty native spans (a value that stands nowhere in the text) give no span; only `native` remembers them.

    Raises:
        TypeError: an entry is not `[act, slot, value, start, end]`.
    """
    spans: list[Span] = []
    outside: list[int] = []
    offsets: Offsets | None = None
    for number, entry in enumerate(native):
        if not is_span(entry):
            raise TypeError(f"[{number}]: expected [act, slot, value, start, end], found {entry!r}")
        act, slot, value, start, end = entry
        if reading == "characters":
            first, last = start, end
            if first == last:
                continue
            if not 0 <= first < last <= len(text):
                outside.append(number)
                continue
        else:
            if offsets is None:
                offsets = offsets_of(text, reading)
            if end == start - 1:
                continue
            if not 0 <= start <= end < len(offsets):
                outside.append(number)
                continue
            first, last = _located(text, value, offsets[start][0], offsets[end][1])
        domain, intent = act_name(act)
        spans.append(Span(canonical_slot(domain, slot, "act"), value, first, last, domain, intent))
    return spans, outside


def native_spans(
    text: str, spans: list[Span], reading: SpanReading, *, canonical_names: bool = False, shift: int = 0
) -> list[list[Any]]:
    """The `span_info` of a turn.

    Args:
        text: the text that is written.
        spans: spans of the turn's own text.
        reading: what the numbers shall count.
        canonical_names: write 2.2's slot names instead of 2.1's.
        shift: how many characters of `text` stand before the turn's own text (insertions).
    """
    offsets = offsets_of(text, reading) if spans and reading != "characters" else ()
    native: list[list[Any]] = []
    for span in spans:
        first, last = span.start + shift, span.end + shift
        if reading != "characters":
            covered = [number for number, (start, end) in enumerate(offsets) if start < last and end > first]
            if not covered:
                continue
            first, last = covered[0], covered[-1]
        act = native_act_name(span.domain or "general", span.intent or "inform")
        native.append([act, slot_name(span.domain or "", span.slot, canonical_names), span.value, first, last])
    return native


def is_span(entry: Any) -> bool:
    """Whether a value is laid out as `[act, slot, value, start, end]`."""
    return (
        isinstance(entry, list)
        and len(entry) == 5
        and type(entry[0]) is type(entry[1]) is type(entry[2]) is str
        and type(entry[3]) is type(entry[4]) is int
    )


def _located(text: str, value: str, start: int, end: int) -> tuple[int, int]:
    """Where the value stands between two characters; the range without its edge punctuation where it does not."""
    piece = text[start:end]
    if len(piece.lower()) == len(piece):
        at = piece.lower().find(value.lower()) if value else -1
        length = len(value)
    else:
        found = re.search(re.escape(value), piece, re.IGNORECASE) if value else None
        at, length = (found.start(), found.end() - found.start()) if found else (-1, 0)
    if at >= 0:
        return start + at, start + at + length
    left = len(piece) - len(piece.lstrip(_EDGES))
    stripped = piece.strip(_EDGES)
    return (start + left, start + left + len(stripped)) if stripped else (start, end)
