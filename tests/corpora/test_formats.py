"""The format table: every name resolves, outsiders come in by entry point, files are told apart."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType

import pytest

from duologue.corpora import formats
from duologue.corpora.guess import guess
from duologue.dialogue import Dialogue, Grounding, Turn, write
from duologue.errors import InputError

FIXTURES = Path(__file__).parents[1] / "fixtures"
ONE = Dialogue("d1", [Turn("user", "A room?"), Turn("system", "Which day?")])


@pytest.mark.parametrize("name", formats.TABLE)
def test_every_format_reads_and_writes(tmp_path: Path, name: str) -> None:
    dialogue = ONE
    if name == "situations":
        dialogue = Dialogue("d1", ONE.turns, facts={"situation": "I travel."})
    if name == "seeds":
        dialogue = Dialogue("d1", ONE.turns[:1])
    if name == "spider":
        dialogue = Dialogue("d1", ONE.turns, grounding=Grounding(database="rooms"))
    if name == "interference":
        pytest.skip("writes augmented dialogues only: see test_interference")
    if name in ("fusedchat-lexicalized", "interference-steps"):
        with pytest.raises(InputError, match="is read only"):
            formats.write(tmp_path / "out.json", [dialogue], name)
        return
    path = tmp_path / ("out" if name in ("multiwoz22", "sgd") else "out.json")
    formats.write(path, [dialogue], name)
    (again,) = formats.read(path, name)
    assert [turn.text for turn in again.turns] == [turn.text for turn in dialogue.turns]
    assert name in guess(path) or not guess(path)


def test_an_entry_point_adds_a_format(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outside = ModuleType("outside_corpus")
    monkeypatch.setattr(outside, "read", lambda path, *, on_problem=None: iter([ONE]), raising=False)
    monkeypatch.setitem(sys.modules, "outside_corpus", outside)
    point = EntryPoint("tickets", "outside_corpus", formats.ENTRY_POINTS)
    monkeypatch.setattr(formats, "entry_points", lambda group: [point] if group == formats.ENTRY_POINTS else [])
    assert list(formats.read(tmp_path / "x", "tickets")) == [ONE]
    with pytest.raises(InputError, match="did you mean tickets"):
        formats.find("ticket")


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("fusedchat/multiwoz.json", {"multiwoz21"}),
        ("fusedchat/fusedchat_appended.json", {"fusedchat"}),
        ("situations/situations.json", {"situations"}),
        ("interference/interference.json", {"interference", "multiwoz21"}),
        ("interference/gen_reactions.json", {"interference-steps"}),
        ("fusedchat/prepended_lexicalized.json", set()),
    ],
)
def test_files_are_told_apart_on_many_lines_or_one(tmp_path: Path, path: str, names: set[str]) -> None:
    source = FIXTURES / path
    assert guess(source) == names
    (tmp_path / "one_line.json").write_text(source.read_text().replace("\n", " "))
    assert guess(tmp_path / "one_line.json") == names


@pytest.mark.parametrize(
    ("row", "names"),
    [
        ('{"messages": [{"role": "user", "content": "x"}, {"role": "model", "content": "y"}]}', {"vertex"}),
        ('{"messages": [{"role": "assistant", "content": "x"}]}', {"messages", "openai"}),
        ('{"contents": []}', {"vertex"}),
        ('[{"conversations": []}]', {"sharegpt"}),
        ('[{"dialogue_id": "x", "turns": []}]', {"multiwoz22", "sgd"}),
        ('[{"dialogue_id": "x", "turns": [{"turn_id": "0", "frames": [{"actions": []}]}]}]', {"multiwoz22"}),
        ('[{"dialogue_id": "x", "turns": [{"frames": [{"actions": [{"act": "INFORM"}]}]}]}]', {"sgd"}),
        ('{"turns": {"utterance": []}}', {"multiwoz22-hf"}),
        ('{"id": "x", "turns": []}', {"duologue"}),
        ('{"tweet_id": 7, "tweet": "Rain again"}', {"seeds"}),
        ('[{"id": "a", "text": "Rain again"}]', {"seeds"}),
        ('[{"table": {}, "paragraphs": [], "questions": []}]', {"pacific"}),
        ('{"version": "1", "data": [{"story": "x", "target_turn": {}, "clarification_turn": {}}]}', {"abg-coqa"}),
        ('{"version": "1",\n"data": [{"story": "x", "target_turn": {}, "clarification_turn": {}}]}', {"abg-coqa"}),
        ('{"version": "1", "data": [{"paragraphs": []}]}', set()),
        ('[{"db_id": "a", "question": "Which?", "query": "SELECT 1"}]', {"spider"}),
        ("[1, 2", set()),
        ("", set()),
        ("hello", set()),
    ],
)
def test_rows_are_told_apart(tmp_path: Path, row: str, names: set[str]) -> None:
    (tmp_path / "x").write_text(row)
    assert guess(tmp_path / "x") == names


def test_a_packed_file_is_told_too(tmp_path: Path) -> None:
    write(tmp_path / "d.jsonl.zst", [ONE])
    assert guess(tmp_path / "d.jsonl.zst") == {"duologue"}
    assert guess(tmp_path / "none") == set()
