"""`duologue flow`: the folder it writes, what it prints, and what it says of arguments that do not fit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec.structs import replace
from planted_talk import planted, shuffled

from duologue.cli.main import run
from duologue.corpora import formats

pytest.importorskip("sentence_transformers")


def status(*arguments: object) -> int:
    with pytest.raises(SystemExit) as exit_:
        run([str(argument) for argument in arguments])
    return int(exit_.value.code or 0)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    talk = [planted(number) for number in range(12)]
    for number, dialogue in enumerate(talk):
        services = {"pizza": {"size": ["big"]}} | ({"train": {"day": ["monday"]}} if number % 3 else {})
        dialogue.turns[0] = replace(dialogue.turns[0], state=services)
    formats.write(tmp_path / "talk.jsonl", talk)
    formats.write(tmp_path / "other.jsonl", [shuffled(number) for number in range(12)], "messages")
    return tmp_path


def test_one_corpus(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert status("flow", files / "talk.jsonl", "--out", files / "out", "--json", files / "again.json") == 0
    out = capsys.readouterr().out
    assert "12 dialogues, 60 utterances" in out
    assert "goodbye" in out
    assert f"page: {files / 'out' / 'flow.html'}" in out
    assert sorted(path.name for path in (files / "out").iterdir()) == [
        "flow.html", "flow.json", "graph.svg", "heatmap.svg",
    ]  # fmt: skip
    assert (files / "again.json").read_bytes() == (files / "out" / "flow.json").read_bytes()


def test_services_and_limit(files: Path) -> None:
    given = ["flow", files / "talk.jsonl", "--out", files / "out", "--clusters", 4, "--services", "pizza", "--exactly"]
    assert status(*given) == 0
    corpus = json.loads((files / "out" / "flow.json").read_text("utf-8"))["corpora"][0]
    assert corpus["services"] == {"pizza": 4}
    given = ["flow", files / "talk.jsonl", "--out", files / "out", "--clusters", 4, "--services", "pizza"]
    assert status(*given, "--services", "train", "--limit", 5) == 0
    corpus = json.loads((files / "out" / "flow.json").read_text("utf-8"))["corpora"][0]
    assert corpus["services"] == {"pizza_train": 5}


def test_two_corpora_of_two_formats(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["flow", files / "talk.jsonl", "--against", files / "other.jsonl", "--against-format", "messages"]
    assert status(*given, "--out", files / "out", "--clusters", 5, "--permutations", 20, "--context", 1) == 0
    assert "divergence of transitions: 0." in capsys.readouterr().out
    figures = json.loads((files / "out" / "flow.json").read_text("utf-8"))
    assert [corpus["dialogues"] for corpus in figures["corpora"]] == [12, 12]
    assert (figures["context"], figures["comparison"]["divergence"]["shares"]["permutations"]) == (1, 20)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (["--clusters", 1], "--clusters of at least 2"),
        (["--clusters", 500], "as many as there are different utterances, found 500; give fewer clusters"),
        (["--threshold", 0], "--threshold above 0"),
        (["--services", "hotel"], "no dialogue has the services hotel; there are pizza (12), train (8)"),
        (["--paired"], "need a second corpus; name it with --against"),
        (["--format", "multiwoz21"], "this looks like duologue"),
        (["--embeddings", "/nowhere"], "no sentence-transformers model"),
        (["--clusters", "many"], "see duologue --help"),
    ],
)
def test_bad_arguments_end_in_one_line(
    files: Path, capsys: pytest.CaptureFixture[str], given: list[object], says: str
) -> None:
    assert status("flow", files / "talk.jsonl", "--out", files / "out", *given) == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1
    assert not (files / "out").exists()


def test_odd_files_end_in_one_line(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert status("flow", files / "none.jsonl", "--out", files / "out") == 2
    assert capsys.readouterr().err.count("\n") == 1
    (files / "empty.jsonl").write_text("")
    assert status("flow", files / "empty.jsonl", "--out", files / "out") == 2
    assert "empty.jsonl: no dialogue has an utterance" in capsys.readouterr().err
