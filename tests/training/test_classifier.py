"""A strategy classifier learns, keeps its best weights, goes on after a kill, and says what it cannot use."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from command_line import duologue
from random_families import make_random
from strategy_talk import WORDS, gold_talk, told_talk

from duologue.dialogue import write, write_rows
from duologue.errors import InputError
from duologue.models.text_classifier import TextClassifier
from duologue.training.classifier import train_classifier
from duologue.training.classifier_data import ClassifierData, LabelledText, dialogue_texts, divided, row_texts
from duologue.training.classifier_model import classifier_base
from duologue.training.classifier_options import ClassifierOptions
from duologue.training.classifier_trainer import class_weights, weighted_loss
from duologue.training.metrics_file import read_metrics
from duologue.training.metrics_log import MetricsLog
from duologue.training.threads import fastest_threads


def options(**changes: Any) -> ClassifierOptions:
    plain = {
        "learning_rate": 3e-3,
        "epochs": 6,
        "log_steps": 2,
        "precision": "fp32",
        "test_share": 0.2,
        "validation_share": 0.2,
    }
    return ClassifierOptions(**{**plain, **changes})


def talk(chosen: ClassifierOptions) -> ClassifierData:
    return divided(dialogue_texts(told_talk(20), chosen), chosen, what="talk")


@pytest.mark.parametrize("family", ["llama", "bert", "roberta"])
def test_three_families_learn_what_can_be_told(family: str, tmp_path: Path) -> None:
    chosen = options()
    model = f"hf:{make_random(family, tmp_path / 'base', seed=1)}"
    done = train_classifier(talk(chosen), model=model, out=tmp_path / "out", options=chosen)
    assert done.record["scores"]["test"]["macro_f1"] > 80
    # The weights that were saved are those of the best evaluation, and answer as they did in memory.
    best = max(row["eval_macro_f1"] for row in read_metrics(tmp_path / "out" / "metrics.jsonl") if "eval_loss" in row)
    assert done.record["best"]["value"] == pytest.approx(best)
    assert done.record["scores"]["validation"]["macro_f1"] == pytest.approx(best)
    loaded = TextClassifier.load(tmp_path / "out")
    assert loaded.labels == sorted(WORDS)
    predictions = [json.loads(line) for line in (tmp_path / "out" / "predictions.jsonl").read_text().splitlines()]
    texts = {text.id: text.text for text in talk(chosen).test}
    assert set(texts) == {row["id"] for row in predictions}
    found = loaded.probabilities([texts[row["id"]] for row in predictions])
    assert [loaded.labels[own.argmax()] for own in found] == [row["predicted"] for row in predictions]
    alone = loaded.probabilities([texts[predictions[0]["id"]]])
    assert found[0] == pytest.approx(alone[0], abs=1e-5)  # padding changes nothing


def test_parts_share_no_conversation_and_seeds_decide() -> None:
    parts = talk(options())
    conversations = [{text.conversation for text in part} for part in (parts.train, parts.validation, parts.test)]
    assert [len(each) for each in conversations] == [12, 4, 4]
    assert len(set.union(*conversations)) == 20
    assert talk(options()) == parts
    assert talk(options(seed=1)).test != parts.test


def test_a_stopped_training_goes_on_to_the_same_curve(tmp_path: Path) -> None:
    model = f"hf:{make_random('llama', tmp_path / 'base')}"
    chosen = options(epochs=3, eval_steps=4)
    train_classifier(talk(chosen), model=model, out=tmp_path / "whole", options=chosen)
    own = MetricsLog.on_step_end

    def kill(self: Any, args: Any, state: Any, control: Any, **rest: Any) -> None:
        own(self, args, state, control, **rest)
        if state.global_step == 10:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MetricsLog, "on_step_end", kill)
        with pytest.raises(KeyboardInterrupt):
            train_classifier(talk(chosen), model=model, out=tmp_path / "killed", options=chosen)
    again = train_classifier(talk(chosen), model=model, out=tmp_path / "killed", options=chosen)
    assert again.record["resumed_at"] == 8
    for file in ("metrics.jsonl", "model.safetensors", "predictions.jsonl"):
        assert (tmp_path / "killed" / file).read_bytes() == (tmp_path / "whole" / file).read_bytes()
    finished = train_classifier(talk(chosen), model=model, out=tmp_path / "killed", options=chosen)
    assert finished.record == again.record
    with pytest.raises(InputError, match="other settings"):
        train_classifier(talk(chosen), model=model, out=tmp_path / "killed", options=options())


def test_balanced_weights_let_rare_classes_weigh_alike() -> None:
    weights = class_weights(["a", "a", "a", "b"], ["a", "b", "never"])
    assert weights.tolist() == pytest.approx([4 / 6, 2.0, 0.0])

    class Outputs:
        logits = torch.zeros(4, 3)

    labels = torch.tensor([0, 0, 0, 1])
    loss = weighted_loss(Outputs, labels, weights=weights)
    assert float(loss) == pytest.approx(float(weighted_loss(Outputs, labels, weights=None)))
    assert float(weighted_loss(Outputs, labels, 8, weights=None)) == pytest.approx(float(loss) / 2)


def test_context_and_speaker_tokens_travel_with_the_classifier(tmp_path: Path) -> None:
    chosen = options(epochs=1, context=2, speaker_tokens=True, max_length=32)
    data = divided(dialogue_texts(gold_talk(20), chosen), chosen, what="gold")
    assert data.train[-1].text.startswith("<s")
    done = train_classifier(
        data, model=f"hf:{make_random('llama', tmp_path / 'base')}", out=tmp_path / "c", options=chosen
    )
    assert done.record["added_tokens"] == 2
    loaded = TextClassifier.load(tmp_path / "c")
    assert loaded.reading == (2, True, 32)
    # Long texts lose their beginning, so what differs there alone is the same.
    end = " ".join(["<supporter> happy friday"] * 20)
    first, second = loaded.probabilities([f"<seeker> noon {end}", f"<seeker> cheap {end}"])
    assert first == pytest.approx(second)


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.jsonl"
    write_rows(path, ({"text": f"{label} {i}", "label": label} for i in range(15) for label in ("yes", "no")))
    return path


def test_the_command_trains_on_rows_and_dialogues(
    rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = make_random("bert", tmp_path / "base")
    few = ["--model", base, "--epochs", 2, "--learning-rate", 1e-3, "--precision", "fp32"]
    assert duologue("train", "classifier", rows, "--out", tmp_path / "a", *few, "--class-weights", "balanced") == 0
    assert "test part: accuracy" in capsys.readouterr().out
    write(tmp_path / "talk.jsonl", told_talk(10))
    command = ["train", "classifier", tmp_path / "talk.jsonl", "--format", "duologue", "--out", tmp_path / "b", *few]
    assert duologue(*command) == 0
    out = capsys.readouterr().out
    assert "Information" in out
    assert "all (macro)" in out


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--test", "{other}"], "test data, other.jsonl/1: the label 'maybe' is not in the training data"),
        (["--context", 2], "--context: rows have no turns before them"),
        (["--validation-share", 0.6, "--test-share", 0.5], "validation_share and test_share leave nothing"),
        (["--model", "hf:{t5}"], "an encoder-decoder makes no classifier here"),
    ],
)
def test_what_cannot_be_used_is_one_line(
    change: list[Any], message: str, rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_rows(tmp_path / "other.jsonl", [{"text": "a", "label": "maybe"}])
    places = {"other": tmp_path / "other.jsonl", "t5": tmp_path / "t5"}
    if "hf:{t5}" in change:
        make_random("t5", tmp_path / "t5")
    given = [str(each).format(**places) for each in change]
    assert duologue("train", "classifier", rows, "--out", tmp_path / "x", *given) == 2
    error = capsys.readouterr().err.strip()
    assert message in error
    assert error.count("\n") == 0


def test_threads_are_measured_on_models_of_few_positions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    base = classifier_base(f"hf:{make_random('bert', tmp_path)}", ["a", "b"], [], options())
    assert fastest_threads(base.model) >= 1


def test_a_model_without_a_head_is_no_classifier(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="without a classification head"):
        TextClassifier.load(make_random("llama", tmp_path / "base"))


def test_rows_without_a_conversation_are_their_own(rows: Path) -> None:
    texts = row_texts(rows, options()).texts
    assert texts[1] == LabelledText("rows.jsonl/2", "rows.jsonl/2", "no 0", "no")
