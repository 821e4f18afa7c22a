"""The published synthetic continuations of ESConv: one history, and a reply for each of several strategies.

    {"dialog": [text], "speakers": ["seeker" | "supporter"], "situation": text,
     "responses": {strategy: text}, "prompts": {strategy: text}}

A folder with one file each (the generator's output; the file's name is the dialogue's id), a JSON array, JSON lines, or
one such object. The history becomes the trunk, every reply a branch after it, labelled with its strategy; the reply
without a strategy is labelled `unconditional`. The prompt is kept with the reply. Layout: ESConv-SRA
(https://github.com/navidmadani/extended-esc), `data/*.json`, and the set `extended_esc` made of them.

    for dialogue in read("data"): print(len(dialogue.branches))
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import msgspec

from duologue.corpora.chat_formats.rows import read_rows, write_raw
from duologue.corpora.esconv.corpus import conversation_id
from duologue.corpora.esconv.messages import SEEKER_SUPPORTER
from duologue.corpora.json_stream import first_byte
from duologue.corpora.problems import OnProblem, UnreadableDialogue, decoded
from duologue.dialogue import Branch, Dialogue, Speaker, Turn, derived_id, open_bytes
from duologue.errors import InputError
from duologue.files import write_json

FORMAT = "extended-esc"
_KEYS = ("dialog", "speakers", "situation", "responses", "prompts")
_SPEAKERS: dict[str, Speaker] = {"seeker": "user", "supporter": "system"}


def read(path: str | Path, *, on_problem: OnProblem | None = None) -> Iterator[Dialogue]:
    """Stream the histories with their replies.

    Args:
        path: a folder of `*.json`, or a file.
        on_problem: see the docstring of `corpora`.

    Raises:
        InputError: names the file, the dialogue and the field.
    """
    return decoded(path, _natives(path), lambda key, native, tell: dialogue_from_native(key, native), on_problem)


def write(path: str | Path, dialogues: Iterable[Dialogue]) -> int:
    """Write a folder with one file each, or one file where the path ends in `.json` or `.jsonl`; returns how many.

    Every branch that begins at the trunk's end is a reply; the history is the whole trunk.

    Raises:
        InputError: two replies to one history have the same strategy, or a branch is no such reply.
    """
    bare = str(path).removesuffix(".gz").removesuffix(".zst")
    if bare.endswith((".json", ".jsonl")):
        return write_raw(path, map(dialogue_to_native, dialogues))
    count = 0
    for dialogue in dialogues:
        write_json(Path(path) / f"{quote(dialogue.id, safe='~ ')}.json", dialogue_to_native(dialogue))
        count += 1
    return count


def dialogue_from_native(key: str, native: Any) -> Dialogue:
    """One history with its replies.

    Raises:
        UnreadableDialogue: a field has another form.
    """
    texts, speakers = (_texts(key, native, name) for name in ("dialog", "speakers"))
    if len(texts) != len(speakers):
        raise UnreadableDialogue(key, "speakers", f"{len(texts)} turns have {len(speakers)} speakers")
    turns = []
    for index, (text, speaker) in enumerate(zip(texts, speakers, strict=True)):
        if speaker not in _SPEAKERS:
            raise UnreadableDialogue(key, f"speakers[{index}]", f"{speaker!r} is neither seeker nor supporter")
        turns.append(Turn(_SPEAKERS[speaker], text))
    responses, prompts = (_by_strategy(key, native, name) for name in ("responses", "prompts"))
    branches = [
        Branch(
            derived_id(key, strategy),
            len(turns),
            [Turn("system", text, labels={"strategy": [strategy]}, native=_prompt(prompts.get(strategy)))],
            labels={"strategy": [strategy]},
        )
        for strategy, text in responses.items()
    ]
    facts = {"situation": native["situation"]} if isinstance(native.get("situation"), str) else {}
    own = {name: value for name, value in native.items() if name not in _KEYS}
    unused = {strategy: prompt for strategy, prompt in prompts.items() if strategy not in responses}
    own |= {"prompts": unused} if unused or "prompts" not in native else {}
    return Dialogue(key, turns, facts=facts, roles=dict(SEEKER_SUPPORTER), branches=branches, native=_kept(own))


def dialogue_to_native(dialogue: Dialogue) -> dict[str, Any]:
    """One history with its replies in the published layout.

    Raises:
        InputError: see `write`.
    """
    own: dict[str, Any] = dict(dialogue.native.get(FORMAT, {}))
    responses: dict[str, str] = {}
    prompts: dict[str, str] = {}
    for branch in dialogue.branches:
        where = f"dialogue {dialogue.id}, branch {branch.id}"
        name = next(iter(branch.labels.get("strategy", [])), None)
        if name is None or branch.at != len(dialogue.turns) or len(branch.turns) != 1:
            raise InputError("is no reply with a strategy", where=where, mend="leave this branch out")
        if name in responses:
            mend = "keep one layout and one draw of it"
            raise InputError(f"a second reply with the strategy {name}", where=where, mend=mend)
        responses[name] = branch.turns[0].said
        prompt = branch.turns[0].native.get(FORMAT, {}).get("prompt")
        if prompt is not None:
            prompts[name] = prompt
    names = {speaker: name for name, speaker in _SPEAKERS.items()}
    native: dict[str, Any] = {"dialog": [turn.said for turn in dialogue.turns]}
    if "situation" in dialogue.facts:
        native["situation"] = dialogue.facts["situation"]
    native |= {"speakers": [names.get(turn.speaker, turn.speaker) for turn in dialogue.turns], "responses": responses}
    kept_prompts = own.pop("prompts", None)
    if prompts or kept_prompts != {}:
        native["prompts"] = prompts | (kept_prompts or {})
    return native | own


def _natives(path: str | Path) -> Iterator[tuple[str, Any]]:
    if "://" not in str(path) and Path(path).is_dir():
        files = sorted(Path(path).glob("*.json"))
        if not files:
            raise InputError("holds no .json files", where=str(path), mend="give the folder of the generator's output")
        for file in files:
            yield unquote(file.stem), _whole(file)
        return
    met: Counter[str] = Counter()
    for native in _rows(path):
        dialog = native.get("dialog")
        key = conversation_id(map(str, dialog)) if isinstance(dialog, list) else "?"
        met[key] += 1
        yield key if met[key] == 1 else f"{key}-{met[key]}", native


def _rows(path: str | Path) -> Iterator[dict[str, Any]]:
    if first_byte(path) == b"{":
        with open_bytes(path) as source:
            begins = source.readline().strip()
        try:
            msgspec.json.decode(begins)
        except msgspec.DecodeError:
            yield _whole(path)
            return
    for row in read_rows(path):
        yield row.value


def _whole(path: str | Path) -> dict[str, Any]:
    """A file that holds one object."""
    try:
        with open_bytes(path) as source:
            return msgspec.json.decode(source.read(), type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"not a JSON object ({error})", where=str(path), mend="fetch or write it again") from None


def _texts(key: str, native: Any, name: str) -> list[str]:
    value = native.get(name)
    if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
        raise UnreadableDialogue(key, name, "expected a list of texts")
    return value


def _by_strategy(key: str, native: dict[str, Any], name: str) -> dict[str, str]:
    value = native.get(name, {})
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise UnreadableDialogue(key, name, "expected a text for each strategy")
    return value


def _prompt(prompt: str | None) -> dict[str, Any]:
    return {} if prompt is None else {FORMAT: {"prompt": prompt}}


def _kept(own: dict[str, Any]) -> dict[str, Any]:
    return {FORMAT: own} if own else {}
