"""FusedChat and interference on real MultiWOZ: a FusedChat file made of real chats and untokenised real dialogues."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest

from duologue.corpora import fusedchat, interference
from duologue.corpora.chat_formats import messages
from duologue.corpora.multiwoz import v21 as multiwoz21
from duologue.dialogue import Dialogue, Insertion, Problem, check


def _untokenised(text: str) -> str:
    """As another edition would have it: no space before punctuation, capitals."""
    return re.sub(r" ([,.?!'])", r"\1", text).capitalize()


@pytest.fixture(scope="module")
def multiwoz(data_dir: Path) -> dict[str, Dialogue]:
    return {dialogue.id: dialogue for dialogue in multiwoz21.read(data_dir / "multiwoz21" / "val.json")}


def _fused(data_dir: Path, multiwoz: dict[str, Dialogue]) -> dict[str, Any]:
    path = data_dir / "situations" / "fusedchat_prepended_exchanges_by_dialogue.json"
    chats = json.loads(path.read_text("utf-8"))["valid"]
    made: dict[str, Any] = {}
    for key, item in chats.items():
        if key in multiwoz:
            chat = [text for _, text in item["prepended_turns"]] + ["I see."]
            original = [_untokenised(turn.text) for turn in multiwoz[key].turns]
            types = ["prepended"] * len(chat) + ["rewritten"] + ["original"] * (len(original) - 1)
            made[key] = {"turns": [*chat, "Well, is there one?", *original[1:]], "types": types}
    return made


def test_real_dialogues_and_chats_match_and_come_back(
    data_dir: Path, multiwoz: dict[str, Dialogue], tmp_path: Path
) -> None:
    native = _fused(data_dir, multiwoz)
    assert len(native) > 400
    (tmp_path / "fused.json").write_text(json.dumps(native))
    problems: list[Problem] = []
    dialogues = list(fusedchat.read(tmp_path / "fused.json", multiwoz=multiwoz, on_problem=problems.append))
    assert problems == []
    fusedchat.write(tmp_path / "out.json", dialogues)
    assert json.loads((tmp_path / "out.json").read_text()) == native
    for dialogue in dialogues:
        assert list(check(dialogue)) == []
        assert dialogue.origin is not None
        parent = multiwoz[str(dialogue.origin.parent)]
        sourced = [turn for turn in dialogue.turns if turn.source]
        assert [turn.state for turn in sourced] == [turn.state for turn in parent.turns]
        assert [turn.spans for turn in sourced[1:]] == [turn.spans for turn in parent.turns[1:]]


def test_wrong_partners_are_noticed(data_dir: Path, multiwoz: dict[str, Dialogue], tmp_path: Path) -> None:
    native = _fused(data_dir, multiwoz)
    keys = list(native)
    shifted = {key: native[other] for key, other in itertools.pairwise(keys)}
    (tmp_path / "fused.json").write_text(json.dumps(shifted))
    problems: list[Problem] = []
    list(fusedchat.read(tmp_path / "fused.json", multiwoz=multiwoz, on_problem=problems.append))
    assert len({problem.dialogue for problem in problems}) == len(shifted)


def test_interference_on_real_dialogues_leaves_every_original_field(
    data_dir: Path, multiwoz: dict[str, Dialogue], tmp_path: Path
) -> None:
    source = json.loads((data_dir / "multiwoz21" / "val.json").read_text("utf-8"))
    dialogues = list(multiwoz21.read(data_dir / "multiwoz21" / "val.json"))
    for number, dialogue in enumerate(dialogues):
        at = 2 * (number % (len(dialogue.turns) // 2))
        dialogue.turns[at].insertions.append(Insertion("backstory", "My aunt visits.", "after"))
        dialogue.turns[at + 1].insertions.append(Insertion("reaction", "How nice!", "before"))
    assert interference.write(tmp_path / "out.json", dialogues) == len(source)
    written = json.loads((tmp_path / "out.json").read_text("utf-8"))
    for item in written.values():
        first, second = item.pop("augmented_idx")
        assert item["log"][first].pop("backstory") == "My aunt visits."
        assert item["log"][second].pop("reaction") == "How nice!"
    assert written == source
    again = list(interference.read(tmp_path / "out.json"))
    assert [dialogue.turns for dialogue in again] == [dialogue.turns for dialogue in dialogues]


def test_every_real_dialogue_as_messages(multiwoz: dict[str, Dialogue], tmp_path: Path) -> None:
    messages.write(tmp_path / "m.jsonl", multiwoz.values())
    for dialogue in messages.read(tmp_path / "m.jsonl"):
        assert [(t.speaker, t.text) for t in dialogue.turns] == [
            (t.speaker, t.text) for t in multiwoz[dialogue.id].turns
        ]
