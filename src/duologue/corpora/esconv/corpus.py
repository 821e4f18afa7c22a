"""Reads and writes ESConv: what is asked of the seeker beside the messages becomes facts.

Facts: `situation`, `emotion_type`, `problem_type`, `experience_type`, and `survey_score` as
`{"seeker": {"initial_emotion_intensity": 5, …}, "supporter": {…}}` with whatever scores were given (many are missing).
The corpus has no ids: an id is the hash of what is said, spaces and punctuation left out, so that all shapes of a
conversation have one id. MultiESC's intensities become the same survey scores. What a dialogue was read from decides
how it is written, unless a layout is asked for.

    write("esconv.jsonl", read("multiesc_valid.txt", whitespace="regular"), layout="original")
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from duologue.corpora.chat_formats.rows import read_rows, write_raw
from duologue.corpora.esconv.messages import (
    FORMAT,
    NAMES,
    SEEKER_SUPPORTER,
    Layout,
    Whitespace,
    layout_of,
    text_of,
    turn_from_native,
    turn_to_native,
    unknown_labels,
)
from duologue.corpora.merge_patch import patch_between, patched
from duologue.corpora.problems import OnProblem, UnreadableDialogue, decoded
from duologue.dialogue import Dialogue, Problem
from duologue.errors import InputError

_TEXT_FACTS = ("experience_type", "emotion_type", "problem_type", "situation")
_SCORES = "survey_score"
_INTENSITIES = {"init_intensity": "initial_emotion_intensity", "final_intensity": "final_emotion_intensity"}


def read(
    path: str | Path, *, whitespace: Whitespace = "kept", on_problem: OnProblem | None = None
) -> Iterator[Dialogue]:
    """Stream the conversations of a file: one JSON array or JSON lines.

    Args:
        path: the file. Rows that hold the whole conversation as JSON in one column `text` are read as well.
        whitespace: `kept`, or `regular`: single spaces, none at the ends (ESConv's seekers end in line breaks).
        on_problem: see the docstring of `corpora`. Unknown strategies are told and read as none.

    Raises:
        InputError: names the file, the conversation and the field.
    """
    if whitespace not in ("kept", "regular"):
        raise InputError(f"unknown whitespace '{whitespace}'", where="--whitespace", mend="known are kept, regular")

    def natives() -> Iterator[tuple[str, Any]]:
        met: Counter[str] = Counter()
        for row in read_rows(path):
            native = _unwrapped(row.value)
            dialog = native.get("dialog")
            key = conversation_id(map(text_of, dialog)) if isinstance(dialog, list) and dialog else row.id
            met[key] += 1
            yield key if met[key] == 1 else f"{key}-{met[key]}", native

    def decode(key: str, native: Any, tell: OnProblem) -> Dialogue:
        return dialogue_from_native(key, native, whitespace, tell)

    return decoded(path, natives(), decode, on_problem)


def write(path: str | Path, dialogues: Iterable[Dialogue], *, layout: Layout | None = None) -> int:
    """Write conversations as one JSON array (`.json`) or as JSON lines, and return how many.

    Args:
        path: the file.
        dialogues: what to write; a tree's trunk.
        layout: `original` or `lines` for all; None for each dialogue's own, `original` where it has none.

    Raises:
        InputError: no such layout, or a turn of a tool.
    """
    if layout is not None and layout not in NAMES:
        raise InputError(f"unknown layout '{layout}'", where="--layout", mend=f"known are {', '.join(NAMES)}")
    return write_raw(path, (dialogue_to_native(dialogue, layout) for dialogue in dialogues))


def conversation_id(texts: Iterable[str]) -> str:
    """The id of a conversation: the same for all its editions, however they split and space the messages."""
    letters = (letter for text in texts for letter in text.casefold() if letter.isalnum())
    return "esconv-" + hashlib.sha256("".join(letters).encode()).hexdigest()[:12]


def dialogue_from_native(key: str, native: Any, whitespace: Whitespace, tell: OnProblem) -> Dialogue:
    """One conversation of any shape.

    Raises:
        UnreadableDialogue: no messages, or one without text or speaker.
    """
    dialog = native.get("dialog") if isinstance(native, dict) else None
    if not isinstance(dialog, list) or not dialog:
        raise UnreadableDialogue(key, "dialog", "expected a list of messages")
    layout = layout_of(dialog[0])
    if layout is None:
        raise UnreadableDialogue(key, "dialog[0]", "expected a message with content or text")
    turns = [turn_from_native(key, index, message, whitespace) for index, message in enumerate(dialog)]
    for index, message in enumerate(dialog):
        for what in unknown_labels(message, layout):
            tell(Problem(key, f"dialog[{index}], strategy", what))
    facts = {name: native[name] for name in _TEXT_FACTS if isinstance(native.get(name), str)}
    scores = _scores(key, native, tell)
    if scores:
        facts[_SCORES] = scores
    dialogue = Dialogue(key, turns, facts=facts, roles=dict(SEEKER_SUPPORTER))
    kept: dict[str, Any] = {"layout": layout}
    names = {turn.speaker: message["speaker"] for turn, message in zip(turns, dialog, strict=True)}
    if names.items() - NAMES[layout].items():
        kept["names"] = names
    dialogue.native = {FORMAT: kept}
    plain = {name: value for name, value in native.items() if name != "dialog"}
    rest = patch_between(_render(dialogue), plain)
    if rest:
        kept["rest"] = rest
    return dialogue


def dialogue_to_native(dialogue: Dialogue, layout: Layout | None = None) -> dict[str, Any]:
    """One conversation in a layout; None for the one that it was read in.

    Raises:
        InputError: a turn of a tool.
    """
    kept = dialogue.native.get(FORMAT, {})
    own: Layout = kept.get("layout", "original")
    layout = layout or own
    names = NAMES[layout] | (kept.get("names", {}) if layout == own else {})
    for index, turn in enumerate(dialogue.turns):
        if turn.speaker not in names:
            where = f"dialogue {dialogue.id}, turn {index}"
            raise InputError(f"ESConv has no {turn.speaker} turns", where=where, mend="leave this dialogue out")
    rest = kept.get("rest", {}) if layout == own else {}
    dialog = [turn_to_native(turn, layout, names, as_read=layout == own) for turn in dialogue.turns]
    return patched(_render(dialogue), rest) | {"dialog": dialog}


def _render(dialogue: Dialogue) -> dict[str, Any]:
    """The facts as ESConv has them: scores are texts."""
    native = {name: dialogue.facts[name] for name in _TEXT_FACTS if isinstance(dialogue.facts.get(name), str)}
    scores = dialogue.facts.get(_SCORES)
    if isinstance(scores, dict):
        native[_SCORES] = {who: {name: str(score) for name, score in given.items()} for who, given in scores.items()}
    return native


def _scores(key: str, native: dict[str, Any], tell: OnProblem) -> dict[str, dict[str, int]]:
    """The survey scores that were given, as numbers."""
    given = native.get(_SCORES)
    if given is None:
        seeker = {name: native.get(own) for own, name in _INTENSITIES.items()}
        given = {"seeker": {name: score for name, score in seeker.items() if score is not None}}
    if not isinstance(given, dict) or not all(isinstance(scores, dict) for scores in given.values()):
        tell(Problem(key, _SCORES, "expected scores of seeker and supporter"))
        return {}
    found: dict[str, dict[str, int]] = {}
    for who, scores in given.items():
        found[who] = {}
        for name, score in scores.items():
            try:
                found[who][name] = int(score)
            except (TypeError, ValueError):
                tell(Problem(key, f"{_SCORES}, {who}, {name}", f"expected a whole number, found {score!r}"))
    return found if any(found.values()) else {}


def _unwrapped(row: dict[str, Any]) -> dict[str, Any]:
    """The conversation in a row whose only column holds it as JSON."""
    text = row.get("text")
    if row.keys() == {"text"} and isinstance(text, str) and text.startswith("{"):
        try:
            return msgspec.json.decode(text, type=dict[str, Any])
        except msgspec.DecodeError:
            return row
    return row
