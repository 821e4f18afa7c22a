"""Interference JSON: MultiWOZ 2.1 dialogues with a user's backstory and the system's reaction kept beside the text.

`{ID: {goal, log, "augmented_idx": [i, i+1]}}`, i even; `log[i]["backstory"]` is said after the user's text,
`log[i+1]["reaction"]` before the system's. More exchanges of one dialogue follow one another: `[i, i+1, j, j+1]`.
They become insertions of the kinds `backstory` and `reaction`; everything else is MultiWOZ 2.1 (`multiwoz21`).
Published layout: spec §1.7 of the interference seed (`interference_data/<split>.json`).

    for dialogue in read("interference.json"): print(dialogue.turns[0].said)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec

from duologue.corpora.children import native_ids
from duologue.corpora.json_stream import read_object, write_object
from duologue.corpora.multiwoz.v21 import dialogue_from_native, dialogue_to_native
from duologue.corpora.problems import OnProblem, UnreadableDialogue, decoded
from duologue.dialogue import Dialogue, Insertion, Problem, Turn

FORMAT = "interference"


class _Kind(NamedTuple):
    name: str
    parity: int
    where: Literal["before", "after"]


KINDS = (_Kind("backstory", 0, "after"), _Kind("reaction", 1, "before"))


def read(path: str | Path, *, on_problem: OnProblem | None = None) -> Iterator[Dialogue]:
    """Stream the dialogues of an interference file.

    Args:
        path: one JSON object, as published.
        on_problem: see the docstring of `corpora`; told of everything in `augmented_idx` that does not fit the log.

    Raises:
        InputError: names the file, the dialogue and the field.
    """
    return decoded(path, read_object(path), _dialogue, on_problem)


def write(path: str | Path, dialogues: Iterable[Dialogue], *, draw: int | None = None, suffix_ids: bool = False) -> int:
    """Write every dialogue that has a backstory or a reaction; returns how many.

    Raises:
        InputError: two dialogues have one native id, or a dialogue does not fit MultiWOZ 2.1.
    """
    pairs = native_ids(dialogues, draw=draw, suffix_ids=suffix_ids)
    return write_object(
        path,
        (
            (key + item.native.get(FORMAT, {}).get("suffix", ""), dialogue_to_interference(item))
            for key, item in pairs
            if FORMAT in item.native or augmented(item)
        ),
    )


def augmented(dialogue: Dialogue) -> list[int]:
    """The indices of the turns with a backstory or a reaction."""
    kinds = {kind.name for kind in KINDS}
    return [index for index, turn in enumerate(dialogue.turns) if any(item.kind in kinds for item in turn.insertions)]


def dialogue_to_interference(dialogue: Dialogue) -> dict[str, Any]:
    """A dialogue in the published layout: `text` as it was, backstory and reaction beside it."""
    bare = msgspec.structs.replace(dialogue, turns=[_without(turn) for turn in dialogue.turns])
    native = dialogue_to_native(bare)
    kept = dialogue.native.get(FORMAT, {})
    for turn, entry in zip(dialogue.turns, native["log"], strict=True):
        entry.update(turn.native.get(FORMAT, {}))
        for kind in KINDS:
            texts = [item.text for item in turn.insertions if item.kind == kind.name]
            if texts:
                entry[kind.name] = " ".join(texts)
    if "augmented_idx" in kept or not kept.get("missing"):
        native["augmented_idx"] = kept.get("augmented_idx", augmented(dialogue))
    return native


def _without(turn: Turn) -> Turn:
    kinds = {kind.name for kind in KINDS}
    return msgspec.structs.replace(turn, insertions=[item for item in turn.insertions if item.kind not in kinds])


def _dialogue(key: str, native: Any, tell: OnProblem) -> Dialogue:
    dialogue_id = key.removesuffix(".json")
    if not isinstance(native, dict) or not isinstance(native.get("log"), list):
        return dialogue_from_native(key, native, tell)
    found = [
        {kind.name: turn[kind.name] for kind in KINDS if kind.name in turn} if isinstance(turn, dict) else {}
        for turn in native["log"]
    ]
    log = [
        {name: value for name, value in turn.items() if name not in texts} if texts else turn
        for turn, texts in zip(native["log"], found, strict=True)
    ]
    plain = {name: value for name, value in native.items() if name != "augmented_idx"} | {"log": log}
    dialogue = dialogue_from_native(key, plain, tell)
    for index, (turn, texts) in enumerate(zip(dialogue.turns, found, strict=True)):
        _insert(dialogue_id, index, turn, texts, tell)
    own: dict[str, Any] = {} if dialogue_id == key else {"suffix": key[len(dialogue_id) :]}
    if "augmented_idx" not in native:
        own["missing"] = True
    elif native["augmented_idx"] != augmented(dialogue):
        own["augmented_idx"] = native["augmented_idx"]
    if own or not augmented(dialogue):
        dialogue.native[FORMAT] = own
    for where, what in _odd(native.get("augmented_idx"), found):
        tell(Problem(dialogue_id, where, what))
    return dialogue


def _insert(dialogue_id: str, index: int, turn: Turn, texts: dict[str, Any], tell: OnProblem) -> None:
    for kind in KINDS:
        text = texts.get(kind.name, "")
        if not isinstance(text, str):
            where = f"turn {index}, {kind.name}"
            raise UnreadableDialogue(dialogue_id, where, f"expected text, found {type(text).__name__}")
        if kind.name not in texts:
            continue
        if index % 2 == kind.parity:
            turn.insertions.append(Insertion(kind.name, text, kind.where))
            continue
        turn.native[FORMAT] = turn.native.get(FORMAT, {}) | {kind.name: text}
        tell(Problem(dialogue_id, f"turn {index}, {kind.name}", f"does not belong on a {turn.speaker} turn"))


def _odd(marked: Any, found: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """What in `augmented_idx` does not fit the log."""
    if not isinstance(marked, list) or not all(type(index) is int for index in marked):
        yield "augmented_idx", "expected a list of turn numbers such as [0, 1]"
        return
    if not marked:
        yield "augmented_idx", "is empty: no exchange is augmented"
    pairs = list(zip(marked[::2], marked[1::2], strict=False))
    if len(marked) % 2 or any(second != first + 1 or first % 2 for first, second in pairs):
        yield "augmented_idx", f"{marked} is not made of pairs of an even number and the next"
    if any(marked.count(index) > 1 for index in marked):
        yield "augmented_idx", f"{marked} names a turn twice"
    for index in marked:
        if not 0 <= index < len(found):
            yield "augmented_idx", f"turn {index} is not among the {len(found)} turns"
        elif KINDS[index % 2].name not in found[index]:
            yield f"turn {index}", f"is in augmented_idx and has no {KINDS[index % 2].name}"
    for index, texts in enumerate(found):
        for name in texts:
            if index not in marked:
                yield f"turn {index}, {name}", "the turn is not in augmented_idx"
