"""Nothing lost: every character of the text that is no white space lies in exactly one piece.

lost(text, parse_conversation(text, speakers=SPEAKERS))      # [] or what is wrong, one line each
"""

from __future__ import annotations

from itertools import pairwise

from duologue.corpora.conversation_text.parsed import ParsedConversation


def lost(text: str, parsed: ParsedConversation) -> list[str]:
    """What of a text is missing from its parse, is there twice, or differs from what its pieces say.

    Args:
        text: what was parsed.
        parsed: the result.

    Returns:
        One line for each breach; empty when nothing is lost.
    """
    return [*_gaps(text, parsed), *_differences(text, parsed)]


def _gaps(text: str, parsed: ParsedConversation) -> list[str]:
    pieces = parsed.pieces
    wrong = [f"empty or outside the text: {piece}" for piece in pieces if not 0 <= piece.start < piece.end <= len(text)]
    wrong += [f"overlap: {a} and {b}" for a, b in pairwise(pieces) if a.end > b.start]
    ends = [0, *(piece.end for piece in pieces)]
    starts = [*(piece.start for piece in pieces), len(text)]
    for end, start in zip(ends, starts, strict=True):
        if text[end:start].strip():
            wrong.append(f"in no piece: {text[end:start].strip()!r} at {end}")
    return wrong


def _differences(text: str, parsed: ParsedConversation) -> list[str]:
    said: list[list[str]] = [[] for _ in parsed.turns]
    noted: list[list[str]] = [[] for _ in parsed.turns]
    around: dict[str, list[str]] = {"preamble": [], "epilogue": [], "rest": []}
    for piece in parsed.pieces:
        stretch = text[piece.start : piece.end]
        if piece.kind in ("text", "note"):
            assert piece.turn is not None
            (said if piece.kind == "text" else noted)[piece.turn].append(stretch)
        elif piece.kind in ("aside", "seed"):
            around["rest"].append(stretch)
        elif piece.kind in around:
            around[piece.kind].append(stretch)
    wrong = []
    for index, turn in enumerate(parsed.turns):
        if turn.text != "\n".join(said[index]):
            wrong.append(f"turn {index}: {turn.text!r} is not what its pieces hold: {said[index]!r}")
        if turn.notes != noted[index]:
            wrong.append(f"turn {index}: the notes {turn.notes!r} are not what its pieces hold: {noted[index]!r}")
    for name, held in (("preamble", parsed.preamble), ("epilogue", parsed.epilogue), ("rest", "".join(parsed.rest))):
        if "".join(held.split()) != "".join("".join(around[name]).split()):
            wrong.append(f"the {name} {held!r} is not what its pieces hold: {around[name]!r}")
    return wrong
