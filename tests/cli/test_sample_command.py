"""`duologue sample`: files that their readers take without a problem, the same bytes for the same seed."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from duologue.cli.main import run
from duologue.corpora import formats, fusedchat
from duologue.corpora.json_stream import read_object
from duologue.dialogue import Problem, read

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


@pytest.mark.parametrize("world", ["tod", "seeds", "support", "clarify"])
def test_the_same_seed_gives_the_same_bytes(world: str, tmp_path: Path) -> None:
    digests = []
    for folder, seed in (("a", 5), ("b", 5), ("c", 6)):
        assert _run("sample", world, "--n", SIZE, "--seed", seed, "--out", tmp_path / folder) == 0
        digests.append(_digests(tmp_path / folder))
    assert digests[0] == digests[1] != digests[2]


def test_too_few_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("sample", "tod", "--n", 1, "--out", tmp_path) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_messages_profiles_and_conversations(tmp_path: Path) -> None:
    assert _run("sample", "seeds", "--n", SIZE, "--seed", 5, "--out", tmp_path) == 0
    seeds = _rows(tmp_path / "seeds.tsv")
    assert seeds == [row for split in ("train", "val", "test") for row in _rows(tmp_path / f"{split}.tsv")]
    assert len({tweet_id for tweet_id, _ in seeds}) == SIZE
    conversations = list(read(tmp_path / "conversations.jsonl"))
    restyled = list(read(tmp_path / "restyled.jsonl"))
    assert [(d.turns[0].source, d.turns[0].text) for d in conversations] == [((id_, 0), text) for id_, text in seeds]
    for plain, casual in zip(conversations, restyled, strict=True):
        assert [turn.source for turn in casual.turns] == [(plain.id, at) for at in range(len(plain.turns))]
        assert [turn.speaker for turn in casual.turns] == [turn.speaker for turn in plain.turns]
        assert plain.roles == {"user": "User", "system": "SocBot"}
        for kind in ("motivation", "disposition"):
            assert (tmp_path / "profiles" / f"{kind}s" / f"{plain.facts[kind]['name']}.md").is_file()
            assert "user" in plain.facts[kind]["text"]
    assert _run("check", tmp_path / "conversations.jsonl") == 0
    assert _run("check", tmp_path / "restyled.jsonl") == 0


def test_an_experiment_folder_in_the_published_layout(tmp_path: Path) -> None:
    assert _run("sample", "seeds", "--n", SIZE, "--seed", 5, "--out", tmp_path) == 0
    notebooks = tmp_path / "published" / "notebooks"
    experiment = tmp_path / "published" / "datasets" / "inst-templates" / "expt"
    setup = json.loads((experiment / "expt-setup.json").read_text())
    assert sorted(setup) == ["llm", "user_profiles"]
    for profile in setup["user_profiles"]:
        for each in (profile, *profile["dispositions"]):
            assert (notebooks / each["path"]).read_text().startswith("The user")
    filled = (experiment / "conv-gen.txt").read_text().format("<how>", "<why>", "<message>")
    assert filled.index("<how>") < filled.index("<why>") < filled.index("<message>")
    assert "<conversation>" in (experiment / "conv-restyle.txt").read_text().format("<conversation>")
    assert _rows(tmp_path / "published" / "datasets" / "seeds.tsv") == _rows(tmp_path / "seeds.tsv")


def test_support_conversations(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("sample", "support", "--n", SIZE, "--seed", 5, "--strategies", "esconv", "--out", tmp_path) == 0
    assert _run("check", tmp_path / "ESConv.json", "--format", "esconv") == 0
    assert "survey_score" in capsys.readouterr().out
    lines = tmp_path / "lines.jsonl"
    assert _run(
        "convert", tmp_path / "train.json", lines, "--from", "esconv", "--to", "esconv",
        "--layout", "lines", "--whitespace", "regular",
    ) == 0  # fmt: skip
    assert '"speaker":"sys","strategy":"' in lines.read_text()
    assert _run("check", lines, "--format", "esconv") == 0
    assert _run("sample", "seeds", "--strategies", "esconv", "--out", tmp_path) == 2
    assert "only the support world has strategies" in capsys.readouterr().err


def test_conversations_that_need_a_question_in_three_layouts(tmp_path: Path) -> None:
    assert _run("sample", "clarify", "--n", SIZE, "--seed", 5, "--out", tmp_path) == 0
    for file, name in (
        ("pacific/validation.json", "pacific"),
        ("abg_coqa/coqa_abg_test.json", "abg-coqa"),
        ("spider/train_spider.json", "spider"),
    ):
        assert _run("check", tmp_path / file, "--format", name) == 0
        assert _run("convert", tmp_path / file, tmp_path / "d.jsonl", "--from", name) == 0
        assert _run("convert", tmp_path / "d.jsonl", tmp_path / "back.json", "--to", name) == 0
        assert json.loads((tmp_path / "back.json").read_text()) == json.loads((tmp_path / file).read_text())
    chats = [json.loads(line) for line in (tmp_path / "spider" / "chat_train.jsonl").read_text().splitlines()]
    assert len(chats) == SIZE * 8 // 10
    for chat in chats:
        roles = [message["role"] for message in chat["messages"]]
        asks = [message["requires_clarification"] for message in chat["messages"] if message["role"] == "user"]
        assert roles == ["system", *["user", "model"] * (len(roles) // 2)]
        assert asks == [*[True] * (len(asks) - 1), False]
        assert chat["goal"] == chat["messages"][-1]["content"]


@pytest.mark.parametrize("world", ["tod", "seeds", "support", "clarify"])
def test_the_first_items_are_the_same_for_any_size(world: str, tmp_path: Path) -> None:
    names = {"tod": "fusedchat_prepended.json", "seeds": "train.tsv", "clarify": "pacific/train.json"}
    name = names.get(world, "train.json")
    lines = []
    for n in (SIZE, 2 * SIZE):
        assert _run("sample", world, "--n", n, "--seed", 5, "--out", tmp_path / str(n)) == 0
        lines.append((tmp_path / str(n) / name).read_text().splitlines())
    assert lines[1][: SIZE // 2] == lines[0][: SIZE // 2]


def _rows(path: Path) -> list[tuple[str, str]]:
    header, *lines = path.read_text(encoding="utf-8").splitlines()
    assert header == "tweet_id\ttweet"
    rows = [tuple(line.split("\t")) for line in lines]
    assert all(len(row) == 2 for row in rows)
    return [(row[0], row[1]) for row in rows]


def _pairs(path: Path) -> list[tuple[str, object]]:
    return list(read_object(path))


def _digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
