"""All 1,999 real dialogues: equal after parsing, and with the counts of INDEX.md."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from duologue.corpora.multiwoz import v21 as multiwoz21
from duologue.dialogue import check


@pytest.mark.parametrize(("split", "dialogues", "turns"), [("val", 999, 14730), ("test", 1000, 14744)])
def test_every_real_dialogue_is_written_back_equal(
    data_dir: Path, tmp_path: Path, split: str, dialogues: int, turns: int
) -> None:
    path = data_dir / "multiwoz21" / f"{split}.json"
    read = list(multiwoz21.read(path))
    assert (len(read), sum(len(dialogue.turns) for dialogue in read)) == (dialogues, turns)
    without_acts = [turn for dialogue in read for turn in dialogue.turns if turn.acts is None]
    assert sum(turn.speaker == "system" for turn in without_acts) == 79
    assert [problem for dialogue in read for problem in check(dialogue)] == []

    assert multiwoz21.write(tmp_path / "copy.json.zst", read) == dialogues
    (tmp_path / "plain.json").write_bytes(msgspec.json.encode({d.id: multiwoz21.dialogue_to_native(d) for d in read}))
    native = json.loads(path.read_bytes())
    assert json.loads((tmp_path / "plain.json").read_bytes()) == native
    assert list(multiwoz21.read(tmp_path / "copy.json.zst")) == read

    kept = sum(
        len(msgspec.json.encode(thing.native))
        for dialogue in read
        for thing in (dialogue, *dialogue.turns)
        if thing.native
    )
    assert kept / dialogues < 400  # bytes of a dialogue's 11,100; the schema carries the rest


def test_spans_cover_their_value_where_it_stands_in_the_text(data_dir: Path) -> None:
    exact = paraphrased = 0
    for dialogue in multiwoz21.read(data_dir / "multiwoz21" / "val.json"):
        for turn in dialogue.turns:
            for span in turn.spans:
                covered = turn.text[span.start : span.end]
                if covered.lower() == span.value.lower():
                    exact += 1
                else:
                    paraphrased += 1
                    assert span.value.lower() not in covered.lower()
    assert exact > 0.97 * (exact + paraphrased)


def test_a_dialogue_without_what_native_remembers_is_written_all_the_same(data_dir: Path) -> None:
    """Blank slots may come out in another spelling; what the schema models must not change."""
    for dialogue in multiwoz21.read(data_dir / "multiwoz21" / "test.json"):
        bare = msgspec.structs.replace(
            dialogue, native={}, turns=[msgspec.structs.replace(turn, native={}) for turn in dialogue.turns]
        )
        again = multiwoz21.dialogue_from_native(dialogue.id, multiwoz21.dialogue_to_native(bare))
        for before, after in zip(dialogue.turns, again.turns, strict=True):
            assert (after.text, after.state, after.acts, after.booked) == (
                before.text,
                before.state,
                before.acts,
                before.booked,
            )
        assert again.goal == dialogue.goal
