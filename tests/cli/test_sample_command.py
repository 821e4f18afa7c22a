"""`duologue sample tod`: files that their readers take without a problem, the same bytes for the same seed."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from duologue.cli.main import run
from duologue.corpora import formats, fusedchat
from duologue.corpora.json_stream import read_object
from duologue.dialogue import Problem

SIZE = 20


def _run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as exit_:
        run([str(argument) for argument in arguments])
    return int(exit_.value.code or 0)


@pytest.fixture(scope="module")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tod")
    assert _run("sample", "tod", "--n", SIZE, "--seed", 5, "--out", folder) == 0
    return folder


@pytest.mark.parametrize(
    ("file", "name", "count"),
    [
        ("train.json", "multiwoz21", 16),
        ("test.json", "multiwoz21", 2),
        ("situations/vaild.json", "situations", 2),
        ("interference/train.json", "interference", 16),
        ("fusedchat_prepended.json", "fusedchat", SIZE),
    ],
)
def test_every_file_is_sound_and_comes_back_equal(
    sampled: Path, tmp_path: Path, file: str, name: str, count: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run("check", sampled / file, "--format", name) == 0
    assert f"dialogues          {count}\n" in capsys.readouterr().out
    assert _run("convert", sampled / file, tmp_path / "d.jsonl", "--from", name) == 0
    assert _run("convert", tmp_path / "d.jsonl", tmp_path / "back.json", "--to", name) == 0
    assert dict(_pairs(tmp_path / "back.json")) == dict(_pairs(sampled / file))


def test_its_chats_are_derived_from_its_dialogues(sampled: Path) -> None:
    problems: list[Problem] = []
    multiwoz = {
        dialogue.id: dialogue
        for split in ("train", "val", "test")
        for dialogue in formats.read(sampled / f"{split}.json", "multiwoz21")
    }
    chats = fusedchat.read(sampled / "fusedchat_prepended.json", multiwoz=multiwoz, on_problem=problems.append)
    assert all(chat.origin is not None for chat in chats)
    assert problems == []


def test_the_same_seed_gives_the_same_bytes(sampled: Path, tmp_path: Path) -> None:
    assert _run("sample", "tod", "--n", SIZE, "--seed", 5, "--out", tmp_path) == 0
    assert _digests(tmp_path) == _digests(sampled)
    assert _run("sample", "tod", "--n", SIZE, "--seed", 6, "--out", tmp_path) == 0
    assert _digests(tmp_path) != _digests(sampled)


def test_too_few_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("sample", "tod", "--n", 1, "--out", tmp_path) == 2
    assert capsys.readouterr().err.count("\n") == 1


def _pairs(path: Path) -> list[tuple[str, object]]:
    return list(read_object(path))


def _digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
