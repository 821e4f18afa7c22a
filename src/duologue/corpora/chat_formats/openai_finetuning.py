"""OpenAI's chat fine-tuning files: JSONL of messages, with `tools` and a `weight` (0 or 1) per message.

The layout is that of `messages`; what differs is that only documented keys go out for dialogues that come from
elsewhere (no `id`), and that `problems` says what the fine-tuning service would refuse.
Source: the fine-tuning guide and the schema `FineTuneChatRequestInput` of OpenAI's API description.

    write("train.jsonl", dialogues)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from duologue.corpora.chat_formats.messages import dialogue_from_row, row_from_dialogue
from duologue.corpora.chat_formats.rows import read_dialogues, write_raw
from duologue.corpora.chat_formats.shared import SHARED, linear
from duologue.corpora.problems import OnProblem
from duologue.dialogue import Dialogue, Problem

NAME = "openai"


def read(path: str | Path, *, on_problem: OnProblem | None = None) -> Iterator[Dialogue]:
    """Stream the dialogues of a fine-tuning file.

    Raises:
        InputError: names the file, the line and the field; with `on_problem` a bad row is told and left out.
    """
    return read_dialogues(path, lambda row: dialogue_from_row(row, NAME), on_problem)


def write(path: str | Path, dialogues: Iterable[Dialogue], *, paths: bool = False) -> int:
    """Write the trunk of each dialogue (with `paths`, every path) and return the number of rows."""
    return write_raw(path, (row_from_dialogue(dialogue, NAME) for dialogue in linear(dialogues, paths)))


def problems(dialogue: Dialogue) -> Iterator[Problem]:
    """What the fine-tuning service would refuse: nothing to learn from, a weight that is not 0 or 1, unknown keys."""
    if not any(turn.speaker == "system" for turn in dialogue.turns):
        yield Problem(dialogue.id, "turns", "no assistant message to learn from")
    for key in dialogue.native.get(NAME, {}):
        if not key.startswith("_"):
            yield Problem(dialogue.id, key, "is not a key of OpenAI's fine-tuning rows")
    weights = []
    for index, turn in enumerate(dialogue.turns):
        weight = turn.native.get(SHARED, {}).get("weight", 1)
        if turn.speaker == "system":
            weights.append(weight)
        if weight not in (0, 1):
            yield Problem(dialogue.id, f"turn {index}, weight", f"is {weight!r}; it must be 0 or 1")
    if weights and not any(weights):
        yield Problem(dialogue.id, "turns", "every assistant message has weight 0")
