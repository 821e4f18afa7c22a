"""Situations: what a user's chat says about their life, with the chat: `{ID: {"exchange": text, "gen_sit": text}}`.

The exchange becomes turns, the situation `facts["situation"]`; the other formats of the interference pipeline use the
same ids, so `load_situations` is how an operator finds a dialogue's situation. The published files have flaws (runs of
spaces from a prompt's indentation, texts that run on past the summary): they are read as they are unless `repair` is
set, and every repair is recorded in `facts["situation_repairs"]`.
Published layout: spec §1.5 of the interference seed (`gen_situations/{train,vaild,test}.json`).

    situations = load_situations("vaild.json", repair=True)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from duologue.corpora import exchange_text
from duologue.corpora.children import native_ids
from duologue.corpora.json_stream import read_object, write_object
from duologue.corpora.problems import OnProblem, UnreadableDialogue, decoded
from duologue.dialogue import Dialogue, Turn

NAME = "situations"
_KEYS = ("exchange", "gen_sit")
_RUN_ON = re.compile(r"\s*\n\s*\n.*", re.DOTALL)
_LABEL = re.compile(r"\s*(?:Exchange|Summarized situation)\s*:\s*(?:\n.*|$)", re.DOTALL)
_SPACES = re.compile(r"[ \t\r\f\v]{2,}")


def read(path: str | Path, *, repair: bool = False, on_problem: OnProblem | None = None) -> Iterator[Dialogue]:
    """Stream the chats with their situations.

    Args:
        path: a situations file.
        repair: mend the known flaws of the published files (see `repaired`) and record what was done.
        on_problem: see the docstring of `corpora`.

    Raises:
        InputError: names the file, the dialogue and the field.
    """

    def decode(key: str, native: Any, tell: OnProblem) -> Dialogue:
        return _dialogue(key, native, repair)

    return decoded(path, read_object(path), decode, on_problem)


def write(path: str | Path, dialogues: Iterable[Dialogue], *, draw: int | None = None, suffix_ids: bool = False) -> int:
    """Write every dialogue that has a situation; returns how many.

    For a dialogue of another format (FusedChat), the exchange is its prepended chat without the last system turn, or,
    where no turn is marked as chat, all its turns.
    """
    pairs = native_ids(dialogues, draw=draw, suffix_ids=suffix_ids)
    return write_object(path, ((key, _native(item)) for key, item in pairs if "situation" in item.facts))


def load_situations(path: str | Path, *, repair: bool = False, on_problem: OnProblem | None = None) -> dict[str, str]:
    """Dialogue id -> situation."""
    return {d.id: d.facts["situation"] for d in read(path, repair=repair, on_problem=on_problem)}


def repaired(situation: str) -> tuple[str, list[str]]:
    """Mend the known flaws of a situation and say which: `run-on`, `spaces`.

    A text that goes on after an empty line, or with another `Exchange:`, is cut there (the stop marker was missed);
    runs of spaces and single line breaks become one space. Nothing is cut where nothing would be left.
    """
    done = []
    cut = _LABEL.sub("", _RUN_ON.sub("", situation.strip()))
    if cut != situation.strip() and cut.strip():
        done.append("run-on")
    else:
        cut = situation.strip()
    plain = _SPACES.sub(" ", re.sub(r"\s*\n\s*", " ", cut)).strip()
    if plain != cut:
        done.append("spaces")
    return plain, done


def _dialogue(key: str, native: Any, repair: bool) -> Dialogue:
    for name in _KEYS:
        if not isinstance(native, dict) or not isinstance(native.get(name), str):
            raise UnreadableDialogue(key, name, "expected a text")
    exchange, situation = native["exchange"], native["gen_sit"]
    try:
        said = exchange_text.parse(exchange)
    except ValueError as error:
        raise UnreadableDialogue(key, "exchange", str(error)) from None
    own = {name: value for name, value in native.items() if name not in _KEYS}
    if exchange_text.render(said) != exchange:
        own["exchange"] = exchange
    facts: dict[str, Any] = {"situation": situation}
    if repair:
        facts["situation"], done = repaired(situation)
        if done:
            facts["situation_repairs"] = done
    turns = [Turn(speaker, text) for speaker, text in said]
    return Dialogue(key, turns, facts=facts, native={NAME: own} if own else {})


def _native(dialogue: Dialogue) -> dict[str, Any]:
    own: dict[str, Any] = dialogue.native.get(NAME, {})
    chat = [turn for turn in dialogue.turns if turn.labels.get("fusedchat") == ["prepended"]]
    turns = (chat[:-1] if chat[-1].speaker == "system" else chat) if chat else dialogue.turns
    exchange = exchange_text.render(exchange_text.Said(turn.speaker, turn.said) for turn in turns)
    return {"exchange": exchange} | own | {"gen_sit": dialogue.facts["situation"]}
