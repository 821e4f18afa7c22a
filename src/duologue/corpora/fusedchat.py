"""FusedChat: MultiWOZ dialogues with open-domain chat put before them (`prepended`) or after them (`appended`).

`{ID: {"turns": [text], "types": [type]}}`, type `original`, `rewritten`, `prepended` or `appended`, the user first.
With the MultiWOZ dialogues at hand every dialogue is derived from its own: originals and the rewritten turn have a
`source` and carry its state, acts, spans and bookings; chat turns have none. FusedChat stands on an edition of MultiWOZ
of its own, so turns are matched by position, the annotated text stays, and FusedChat's lies in `native` for the writer.
Without MultiWOZ it is just turns; either way `labels["fusedchat"]` has the type.
Source: data/README.md of the FusedChat repository; spec §1.4 of the interference seed.

    for dialogue in read("fusedchat_prepended.json", multiwoz=multiwoz21.read("data.json")): ...
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

import msgspec
from rapidfuzz import fuzz

from duologue.corpora.children import native_ids
from duologue.corpora.json_stream import read_object, write_object
from duologue.corpora.problems import OnProblem, UnreadableDialogue, decoded
from duologue.dialogue import Dialogue, Origin, Problem, Span, Turn, derived_id
from duologue.errors import InputError

FORMAT = "fusedchat"
TurnType: TypeAlias = Literal["original", "rewritten", "prepended", "appended"]
TYPES: tuple[str, ...] = get_args(TurnType)
CHAT: tuple[str, ...] = ("prepended", "appended")
_ALIKE = 60.0  # of 100: below this two editions of one turn are two different turns


def read(
    path: str | Path,
    *,
    multiwoz: Mapping[str, Dialogue] | Iterable[Dialogue] | None = None,
    partition: Mapping[str, str] | None = None,
    split: str | None = None,
    on_problem: OnProblem | None = None,
) -> Iterator[Dialogue]:
    """Stream a FusedChat file.

    Args:
        path: `fusedchat_prepended.json` or `fusedchat_appended.json`.
        multiwoz: the MultiWOZ dialogues it was made from; held in memory.
        partition: id -> split, as `read_partition` gives it.
        split: only the dialogues of this split (`train`, `val`, `test`); needs `partition`.
        on_problem: see the docstring of `corpora`. A dialogue that MultiWOZ lacks, or that does not match it, is told;
            it is read as plain turns, or as far as it matches.

    Raises:
        InputError: names the file, the dialogue and the field.
    """
    if split is not None and partition is None:
        raise InputError(
            "a split needs the partition file", where=str(path), mend="give partition=read_partition(FILE)"
        )
    known: Mapping[str, Dialogue] | None
    known = multiwoz if multiwoz is None or isinstance(multiwoz, Mapping) else {d.id: d for d in multiwoz}
    natives = (
        pair
        for pair in read_object(path)
        if split is None or (partition or {}).get(pair[0].removesuffix(".json")) == split
    )

    def decode(key: str, native: Any, tell: OnProblem) -> Dialogue:
        plain = dialogue_from_native(key, native)
        if known is None:
            return plain
        if plain.id not in known:
            tell(Problem(plain.id, "id", "is not among the MultiWOZ dialogues given; read as plain turns"))
            return plain
        return _derived(plain, known[plain.id], tell)

    return decoded(path, natives, decode, on_problem)


def write(path: str | Path, dialogues: Iterable[Dialogue], *, draw: int | None = None, suffix_ids: bool = False) -> int:
    """Write one FusedChat file and return how many dialogues it holds.

    Turns without a FusedChat type are `original` where they have a source (or nothing tells), chat otherwise.
    """
    return write_object(
        path,
        (
            (key + item.native.get(FORMAT, {}).get("_suffix", ""), dialogue_to_native(item))
            for key, item in native_ids(dialogues, draw=draw, suffix_ids=suffix_ids)
        ),
    )


def read_partition(path: str | Path) -> dict[str, str]:
    """Dialogue id -> `train`, `val` or `test`, from either of the two partition dictionaries.

    Raises:
        InputError: neither `{ID: split}` nor `{split: [ID]}`.
    """
    found: dict[str, str] = {}
    for key, value in read_object(path):
        if isinstance(value, str):
            found[key.removesuffix(".json")] = value
        elif isinstance(value, list) and all(isinstance(item, str) for item in value):
            found.update((item.removesuffix(".json"), key) for item in value)
        else:
            raise InputError(
                "expected a split or a list of ids", where=f"{path}, {key!r}", mend="give a partition dictionary"
            )
    return found


def dialogue_from_native(key: str, native: Any) -> Dialogue:
    """One FusedChat item as plain turns.

    Raises:
        UnreadableDialogue: turns and types do not go together.
    """
    dialogue_id = key.removesuffix(".json")
    if not isinstance(native, dict):
        raise UnreadableDialogue(dialogue_id, "item", "expected an object with turns and types")
    texts, types = native.get("turns"), native.get("types")
    for name, value in (("turns", texts), ("types", types)):
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise UnreadableDialogue(dialogue_id, name, "expected a list of texts")
    assert isinstance(texts, list)
    assert isinstance(types, list)
    if len(texts) != len(types):
        raise UnreadableDialogue(dialogue_id, "types", f"{len(texts)} turns have {len(types)} types")
    for index, kind in enumerate(types):
        if kind not in TYPES:
            raise UnreadableDialogue(dialogue_id, f"types[{index}]", f"{kind!r} is none of {', '.join(TYPES)}")
    own = {name: value for name, value in native.items() if name not in ("turns", "types")}
    if key != dialogue_id:
        own["_suffix"] = key[len(dialogue_id) :]
    turns = [
        Turn("system" if index % 2 else "user", text, labels={FORMAT: [kind]})
        for index, (text, kind) in enumerate(zip(texts, types, strict=True))
    ]
    return Dialogue(dialogue_id, turns, native={FORMAT: own} if own else {})


def dialogue_to_native(dialogue: Dialogue) -> dict[str, Any]:
    """`{turns, types}` of a dialogue's trunk.

    Raises:
        InputError: user and system do not take turns.
    """
    texts = []
    for index, turn in enumerate(dialogue.turns):
        if turn.speaker != ("user", "system")[index % 2]:
            raise InputError(
                f"turn {index} is by the {turn.speaker}; in FusedChat user and system take turns, the user first",
                where=f"dialogue {dialogue.id}",
                mend="write another format",
            )
        kept = turn.native.get(FORMAT, {}).get("text")
        texts.append(turn.said if kept is None or turn.insertions else kept)
    own = {key: value for key, value in dialogue.native.get(FORMAT, {}).items() if not key.startswith("_")}
    return {"turns": texts, "types": _types(dialogue)} | own


def _types(dialogue: Dialogue) -> list[str]:
    derived = any(turn.source is not None for turn in dialogue.turns)
    types = []
    met_source = False
    for turn in dialogue.turns:
        kinds = turn.labels.get(FORMAT)
        met_source |= turn.source is not None
        if kinds and kinds[0] in TYPES:
            types.append(kinds[0])
        elif turn.source is not None or not derived:
            types.append("original")
        else:
            types.append("appended" if met_source else "prepended")
    return types


def _derived(plain: Dialogue, parent: Dialogue, tell: OnProblem) -> Dialogue:
    types = [turn.labels[FORMAT][0] for turn in plain.turns]
    matched = len(types) - sum(kind in CHAT for kind in types)
    discarded = plain.native.get(FORMAT, {}).get("num_disarded", 0)
    discarded = discarded if isinstance(discarded, int) else 0
    if matched + discarded != len(parent.turns):
        without = f" and {discarded} discarded" if discarded else ""
        tell(
            Problem(plain.id, "types", f"{matched} turns of MultiWOZ{without}, where MultiWOZ has {len(parent.turns)}")
        )
    turns = []
    position = 0
    for index, (turn, kind) in enumerate(zip(plain.turns, types, strict=True)):
        if kind in CHAT or position >= len(parent.turns):
            turns.append(turn)
            continue
        source = parent.turns[position]
        if kind == "original" and _likeness(turn.text, source.text) < _ALIKE:
            tell(Problem(plain.id, f"turn {index}", f"is not what MultiWOZ has as turn {position}: {source.text!r}"))
        turns.append(_carried(turn, kind, source, (parent.id, position)))
        position += 1
    where = "prepended" if "prepended" in types else "appended"
    return msgspec.structs.replace(
        parent,
        id=derived_id(parent.id, FORMAT, where),
        turns=turns,
        branches=[],
        origin=Origin(FORMAT, options=where, parent=parent.id),
        native={**parent.native, **plain.native},
    )


def _carried(turn: Turn, kind: str, source: Turn, place: tuple[str, int]) -> Turn:
    """A turn of FusedChat with the annotation of the MultiWOZ turn it stands for."""
    original = kind == "original"
    native = dict(source.native)
    if original and turn.text != source.text:
        native[FORMAT] = {"text": turn.text}
    return msgspec.structs.replace(
        source,
        text=source.text if original else turn.text,
        spans=source.spans if original else list(_found_again(source.spans, turn.text)),
        labels={**source.labels, **turn.labels},
        source=place,
        native=native,
    )


def _found_again(spans: list[Span], text: str) -> Iterator[Span]:
    """The spans whose value still stands in a rewritten text; what it says by reference has no place any more."""
    lowered = text.lower()
    for span in spans:
        at = lowered.find(span.value.lower())
        if span.value and at >= 0 and len(lowered) == len(text):
            yield msgspec.structs.replace(span, start=at, end=at + len(span.value))


def _likeness(one: str, other: str) -> float:
    letters = ["".join(c for c in text.lower() if c.isalnum()) for text in (one, other)]
    return 100.0 if letters[0] == letters[1] else fuzz.ratio(*letters)
