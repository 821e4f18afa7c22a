"""`duologue report --table`: a row a run, and a Markdown file that accumulates without doubling."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import duologue
from toy_task import encode, options

from duologue.experiments.results.rows import COLUMNS, rows_of
from duologue.experiments.results.table import append, table
from duologue.training.evaluation import DialogueEvaluation, Evaluated
from duologue.training.sft import train_sft


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training with figures, and predictions with a summary and scores."""
    from random_llama import make_random_llama

    folder = tmp_path_factory.mktemp("runs")
    llama = make_random_llama(folder / "llama", vocabulary=320, special=(), template=None, spread=0.02)
    evaluation = DialogueEvaluation(lambda model, tokenizer, step: Evaluated({"bleu": 10 - step}, []), ("bleu",), "dev")
    settings = options(4, eval_steps=2, best_metric="bleu", packing=True, max_length=256)
    train_sft(
        encode(16), model=f"hf:{llama}", out=folder / "a", options=settings, validation=encode(4), evaluation=evaluation
    )
    speed = {"iterations_per_second": 4.774, "tokens_per_second": 1523.8, "memory_mb": 851.3, "device": "CPU"}
    summary = {
        "system": "simpletod",
        "model": f"hf:{folder / 'a'}",
        "options": {"history": "gold", "max_new_tokens": 64, "no_repeat_ngram": None},
        "speed": speed,
    }
    (folder / "p.jsonl.summary.json").write_text(json.dumps(summary))
    scores = {
        "predictions": str(folder / "p.jsonl"),
        "bleu": {"spans": 17.25},
        "inform": {"total": 80.0},
        "success": {"total": 60.5},
        "richness": {"cond_entropy": 1.5},
        "dst": None,
    }
    (folder / "scores.json").write_text(json.dumps(scores))
    return folder


def test_a_training_has_its_parameters_and_the_figures_of_the_best_step(runs: Path) -> None:
    (row,) = rows_of(runs / "a")
    trained = json.loads((runs / "a" / "training.json").read_text())["trainable"]
    assert row["run"] == (runs / "a").as_posix()
    assert row["model"].endswith("llama")
    assert row["parameters"].startswith("LoRA r 4, alpha 32, learning rate 0.003, 4 steps, batch 8")
    assert "packing" in row["parameters"]
    assert "max length 256" in row["parameters"]
    assert row["parameters"].endswith("figures on development dialogues")
    assert row["BLEU"] == "8.00"
    assert row["success"] == ""
    assert row["trained parameters"] == f"{trained:,}"
    assert float(row["it/s"]) > 0


def test_scores_bring_their_predictions_model_and_speed(runs: Path) -> None:
    (row,) = rows_of(runs / "scores.json")
    assert row["run"] == (runs / "p.jsonl").as_posix()
    assert row["parameters"] == "simpletod, history gold, max_new_tokens 64"
    assert [row[name] for name in ("BLEU", "success", "inform", "richness")] == ["17.25", "60.50", "80.00", "1.50"]
    assert row["trained parameters"] == rows_of(runs / "a")[0]["trained parameters"]
    assert (row["it/s"], row["tokens/s"], row["MB"], row["device"]) == ("4.77", "1,524", "851", "CPU")


def test_a_folder_stands_for_all_runs_in_it(runs: Path) -> None:
    text = table(rows_of(runs))
    assert text.count("\n") == 2 + 2  # the head, the training, and one row for predictions and their scores
    assert "17.25" in text


def test_rows_accumulate_and_are_replaced_and_the_rest_of_the_file_stays(runs: Path, tmp_path: Path) -> None:
    file = tmp_path / "results.md"
    file.write_text("# Results\n\nOurs:\n")
    for _ in range(2):
        assert duologue("report", "--table", runs / "a", "--append", file) == 0
    first = file.read_text()
    assert first.startswith("# Results\n\nOurs:\n\n| run | model |")
    assert first.count(f"| {(runs / 'a').as_posix()} |") == 1
    file.write_text(first + "\nAfterwards.\n")
    assert duologue("report", "--table", runs / "scores.json", "--append", file) == 0
    both = file.read_text()
    assert both.index(f"| {(runs / 'a').as_posix()} |") < both.index(f"| {(runs / 'p.jsonl').as_posix()} |")
    assert both.endswith("\n\nAfterwards.\n")
    row = {**rows_of(runs / "a")[0], "BLEU": "99.00"}
    append(file, [row])
    assert file.read_text().count("\n") == both.count("\n")
    assert "99.00" in file.read_text()
    assert "8.00 |" not in file.read_text()


def test_what_cannot_be_put_into_a_table_is_one_line(
    runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert duologue("report", "--table", tmp_path) == 2
    assert "no run in here" in capsys.readouterr().err
    assert duologue("report", "--table", tmp_path / "nothing.jsonl") == 2
    assert "no run; give a training's folder" in capsys.readouterr().err
    other = tmp_path / "other.md"
    other.write_text("| run | BLEU |\n| --- | --- |\n")
    assert duologue("report", "--table", runs / "a", "--append", other) == 2
    assert f"{other}, line 1: its table has other columns" in capsys.readouterr().err
    assert duologue("report", runs, "--append", other) == 2
    assert "--append is for the table; add --table" in capsys.readouterr().err


def test_every_row_has_every_column(runs: Path) -> None:
    assert all(tuple(row) == COLUMNS for row in rows_of(runs))
