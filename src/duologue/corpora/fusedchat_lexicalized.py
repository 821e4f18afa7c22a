"""FusedChat's companion files: `{train, val, test: {ID: {log}}}` or `{ID: {log}}`, annotated like MultiWOZ 2.1.

`{prepended,appended}_{lexicalized,delexicalized}.json` and `fusedchat_lexicalized.json` hold the fused dialogues with
their metadata and acts; chat turns have the act `chitchat`, which becomes `labels["fusedchat"] = ["chitchat"]`.
They are read only: `fusedchat` writes the dataset's own layout. A split is read as a whole.

    for dialogue in read("prepended_lexicalized.json", split="test"): ...
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from duologue.corpora.fusedchat import FORMAT
from duologue.corpora.json_stream import read_object
from duologue.corpora.multiwoz import v21 as multiwoz21
from duologue.corpora.problems import OnProblem, decoded
from duologue.dialogue import Dialogue

CHITCHAT = "chitchat"


def read(path: str | Path, *, split: str | None = None, on_problem: OnProblem | None = None) -> Iterator[Dialogue]:
    """Stream the dialogues of a companion file, of one split or of all.

    Raises:
        InputError: names the file, the dialogue and the field.
    """
    return decoded(path, _natives(path, split), _dialogue, on_problem)


def _natives(path: str | Path, split: str | None) -> Iterator[tuple[str, Any]]:
    for key, value in read_object(path):
        if isinstance(value, dict) and "log" not in value:
            if split in (None, key):
                yield from value.items()
        else:
            yield key, value


def _dialogue(key: str, native: Any, tell: OnProblem) -> Dialogue:
    chat = set()
    if isinstance(native, dict) and isinstance(native.get("log"), list):
        log = []
        for index, turn in enumerate(native["log"]):
            acts = turn.get("dialog_act") if isinstance(turn, dict) else None
            if isinstance(acts, dict) and CHITCHAT in acts:
                chat.add(index)
                turn = turn | {"dialog_act": {name: slots for name, slots in acts.items() if name != CHITCHAT}}
            log.append(turn)
        native = native | {"log": log}
    dialogue = multiwoz21.dialogue_from_native(key, native, tell)
    for index in chat:
        dialogue.turns[index].labels[FORMAT] = [CHITCHAT]
    return dialogue
