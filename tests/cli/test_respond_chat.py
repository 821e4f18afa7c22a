from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import duologue

from duologue.dialogue import Dialogue, DialoguePrediction, Turn, read_rows, write

pytest.importorskip("torch")
pytest.importorskip("transformers")

DECODINGS = """
greedy:
nucleus: {do_sample: true, top_p: 0.9, temperature: 1.3}
beam: {num_beams: 3, length_penalty: 0.5}
diverse: {num_beams: 4, num_beam_groups: 2, diversity_penalty: 0.7}
contrastive: {penalty_alpha: 0.6, top_k: 4}
"""


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from random_llama import make_random_llama

    return make_random_llama(tmp_path_factory.mktemp("llama"), hidden=32, context=128)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    dialogues = [
        Dialogue(
            id=f"d{number}",
            turns=[
                turn
                for index in range(4)
                for turn in (
                    Turn("user", f"Number {number}, turn {index}: a place in the north please"),
                    Turn("system", "Oak Lodge is there."),
                )
            ],
        )
        for number in range(3)
    ]
    write(tmp_path / "test.jsonl", dialogues)
    return tmp_path / "test.jsonl"


def test_chat_answers_every_turn_and_long_histories_are_cut_to_the_context(
    llama: Path, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "p.jsonl"
    given = (source, "--model", f"hf:{llama}", "--max-new-tokens", 12, "--min-new-tokens", 3, "--out", out)
    assert duologue("respond", "chat", *given, "--instruction", "Be brief.") == 0
    rows = list(read_rows(out, DialoguePrediction))
    assert [[turn.turn for turn in row.turns] for row in rows] == [[1, 3, 5, 7]] * 3
    assert not [turn.note for row in rows for turn in row.turns if "no answer" in str(turn.note)]
    assert "12 turns of 3 dialogues" in capsys.readouterr().out


def test_a_sweep_writes_predictions_by_name_and_a_table_that_a_rerun_keeps(
    llama: Path, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "decodings.yaml").write_text(DECODINGS)
    out = tmp_path / "sweep"
    given = (source, "--model", f"hf:{llama}", "--decodings", tmp_path / "decodings.yaml", "--max-new-tokens", 10)
    assert duologue("respond", "chat", *given, "--out", out, "--json", tmp_path / "summary.json") == 0
    table = json.loads((out / "table.json").read_text())
    assert table == json.loads((tmp_path / "summary.json").read_text())
    names = ["greedy", "nucleus", "beam", "diverse", "contrastive"]
    assert [row["name"] for row in table["rows"]] == names
    texts = {name: (out / f"{name}.jsonl").read_text() for name in names}
    assert len(set(texts.values())) == 5
    for row in table["rows"]:
        assert row["turns"] == 12
        assert 0 < row["mean_tokens"] <= row["longest_tokens"] <= 10
        assert 0 < row["distinct_1"] <= 100
        assert row["tokens_per_second"] > 0
        assert row["options"]["max_new_tokens"] == 10
    assert table["rows"][2]["options"]["num_beams"] == 3
    assert "contrastive" in capsys.readouterr().out
    assert duologue("respond", "chat", *given, "--out", out) == 0
    assert json.loads((out / "table.json").read_text()) == table
    assert texts == {name: (out / f"{name}.jsonl").read_text() for name in names}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--temperature", 0.7), "temperature does nothing without do_sample"),
        (("--model", "openai:x", "--base-url", "http://127.0.0.1:9/v1", "--num-beams", 4), "decode with --num-beams"),
        (("--model", "openai:x", "--base-url", "http://127.0.0.1:9/v1", "--max-prompt-tokens", 9), "counts tokens"),
        (("--decodings", "DECODINGS"), "DECODINGS, beam: length_penalty does nothing without num_beams"),
        (("--decodings", "missing.yaml"), "the decodings cannot be read (No such file or directory)"),
    ],
)
def test_what_makes_no_sense_ends_in_one_line(
    source: Path, tmp_path: Path, arguments: tuple[object, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    decodings = tmp_path / "decodings.yaml"
    decodings.write_text("greedy:\nbeam: {length_penalty: 2}\n")
    given = [str(decodings) if each == "DECODINGS" else each for each in arguments]
    assert duologue("respond", "chat", source, "--out", tmp_path / "p.jsonl", *given) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert told.replace("DECODINGS", str(decodings)) in line
