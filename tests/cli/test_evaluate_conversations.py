"""`duologue evaluate conversations`: tables, the JSON, and what it says of files that do not fit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from grown_talk import grown
from msgspec.structs import replace

from duologue.cli.main import run
from duologue.corpora import formats
from duologue.dialogue import Dialogue

pytest.importorskip("sentence_transformers")
pytest.importorskip("datasketch")
WAYS = {"amiable": "How kind of you, thanks", "cynical": "Nobody cares, they want money"}
PLACES = ["bridge", "market", "harbour", "school", "museum", "station"]


def status(*arguments: object) -> int:
    with pytest.raises(SystemExit) as exit_:
        run([str(argument) for argument in arguments])
    return int(exit_.value.code or 0)


def talk() -> list[Dialogue]:
    found = []
    for at in range(20):
        name = sorted(WAYS)[at % 2]
        said = [f"What about the {PLACES[at % 6]}?", f"{WAYS[name]}, at the {PLACES[at % 5]}."]
        found.append(grown(at, said, disposition=name, motivation="curiosity", text="The user is who they are."))
    return found


@pytest.fixture
def files(tmp_path: Path) -> Path:
    ours = talk()
    styled = [
        replace(
            each,
            id=f"{each.id}~0000000a",
            turns=[replace(turn, text=turn.text.lower(), source=(each.id, at)) for at, turn in enumerate(each.turns)],
        )
        for each in ours
    ]
    formats.write(tmp_path / "talk.jsonl", ours)
    formats.write(tmp_path / "styled.jsonl", styled)
    formats.write(tmp_path / "reference.jsonl", ours[:8], "messages")
    (tmp_path / "test.txt").write_text(
        "What about the bridge?\nNobody cares, they want money, at the museum\n", "utf-8"
    )
    return tmp_path


def test_every_part_has_a_table_and_stands_in_the_json(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["evaluate", "conversations", files / "talk.jsonl", "--restyled", files / "styled.jsonl"]
    given += ["--against-corpus", files / "reference.jsonl", "--format", "messages"]
    given += ["--test-set", files / "test.txt", "--permutations", 2, "--json", files / "scores.json"]
    assert status(*given) == 0
    out = capsys.readouterr().out
    for title in ("control:", "control of the restyled", "diversity of 20", "turn-taking", "restyle fidelity of 20"):
        assert title in out
    assert "disposition, by classifier, 20 conversations of 20 seeds: above chance; recall: amiable 100" in out
    assert "40 conversations with a run of 8 words of 2 test texts (1 too short" in out
    assert "diversity beside the reference corpus" in out
    score: dict[str, Any] = json.loads((files / "scores.json").read_text("utf-8"))["score"]
    assert score["control"]["disposition"]["accuracy"]["value"] == 100
    assert score["control"]["disposition"]["verdict"] == "above chance"
    assert score["control"]["motivation"]["accuracy"] is None
    assert score["restyle"]["figures"]["aligned"]["value"] == 100
    assert score["turn_taking"]["figures"]["messages"]["value"] == 3
    assert score["comparison"]["turn_taking"]["messages"]["reference"]["value"] == 3
    assert len(score["diversity"]["rows"]) == 20


def test_the_same_file_gives_the_same_json(files: Path) -> None:
    for name in ("one.json", "other.json"):
        given = ["evaluate", "conversations", files / "talk.jsonl", "--permutations", 1, "--json", files / name]
        assert status(*given) == 0
    assert (files / "one.json").read_bytes() == (files / "other.json").read_bytes()


def test_restyled_conversations_of_other_dialogues_are_listed(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    formats.write(files / "few.jsonl", talk()[:3])
    assert status("evaluate", "conversations", files / "few.jsonl", "--restyled", files / "styled.jsonl") == 1
    assert "17 restyled conversations whose source is not in" in capsys.readouterr().err


def test_a_judge_is_asked_once(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch")
    formats.write(files / "few.jsonl", talk()[:3])
    given = ["evaluate", "conversations", files / "few.jsonl", "--judge-ledger", files / "ledger"]
    assert status(*given, "--judge", "tiny", "--json", files / "one.json") == 0
    assert "control, by a model that is told the profiles" in capsys.readouterr().out
    one = json.loads((files / "one.json").read_text("utf-8"))["score"]["judged"]["disposition"]
    assert one["by"] == "tiny"
    assert [len(row["evidence"]) for row in one["rows"]] == [1, 1, 1]
    assert status(*given, "--judge", f"replay:{files}", "--json", files / "two.json") == 0
    two = json.loads((files / "two.json").read_text("utf-8"))["score"]["judged"]["disposition"]
    assert two["rows"] == one["rows"]


def test_seeds_alone_end_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "seeds.tsv").write_text("tweet_id\ttweet\n1\tRain\n", "utf-8")
    assert status("evaluate", "conversations", tmp_path / "seeds.tsv", "--dialogues-format", "seeds") == 2
    error = capsys.readouterr().err
    assert "no dialogue has more than one message; give conversations, not the seeds alone" in error
    assert error.count("\n") == 1
