"""A merged model answers as its adapter did: tied and untied embeddings, whole and 4-bit bases."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from command_line import duologue
from safetensors import safe_open
from toy_task import TOKENS, encode, options
from transformers import AutoModelForCausalLM, AutoTokenizer

from duologue.errors import DuologueError, InputError
from duologue.training.adapter import load_adapter
from duologue.training.merge import merge
from duologue.training.same_answers import PROMPTS, answers, compare, prompts
from duologue.training.sft import train_sft

KINDS = [(name, bits) for name in ("tied", "untied") for bits in (None, 4)]


@pytest.fixture(scope="module")
def adapters(
    tied_llama: Path, untied_llama: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, int | None], Path]:
    folders = {}
    for name, model in (("tied", tied_llama), ("untied", untied_llama)):
        # As published models are: saved in 16 bits.
        half = tmp_path_factory.mktemp("half") / name
        AutoModelForCausalLM.from_pretrained(model, dtype=torch.bfloat16).save_pretrained(half)
        AutoTokenizer.from_pretrained(model).save_pretrained(half)
        for bits in (None, 4):
            out = tmp_path_factory.mktemp("adapters") / f"{name}-{bits}"
            settings = options(16, bits=bits, learning_rate=5e-3)
            train_sft(encode(), model=f"hf:{half}", out=out, options=settings, special_tokens=TOKENS)
            folders[name, bits] = out
    return folders


@pytest.mark.parametrize(("name", "bits"), KINDS)
def test_the_merged_model_answers_as_what_was_trained(
    adapters: dict[tuple[str, int | None], Path], name: str, bits: int | None, tmp_path: Path
) -> None:
    adapter = adapters[name, bits]
    merged = merge(adapter, tmp_path / "merged")
    assert merged.into == ("saved" if bits is None else "dequantised")
    # Computed again, with nothing but transformers on the merged side.
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "merged", dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "merged")
    trained = load_adapter(adapter, base_as="saved" if bits is None else "quantised")
    asked = prompts(tokenizer)
    found = compare(answers(trained.model, asked), answers(model, asked))
    assert found.difference <= 1e-3
    assert found.same == PROMPTS == 20
    assert tokenizer.tokenize("<|belief|>[name]") == ["<|belief|>", "[name]"]
    assert model.get_input_embeddings().weight.shape[0] == len(tokenizer)
    assert model.config.tie_word_embeddings == (name == "tied")
    with safe_open(tmp_path / "merged" / "model.safetensors", "pt") as file:
        assert ("lm_head.weight" in [*file.keys()]) == (name == "untied")
        assert not any("lora" in key or "absmax" in key for key in [*file.keys()])


def test_the_adapter_changed_the_model_at_all(adapters: dict[tuple[str, int | None], Path]) -> None:
    tuned = load_adapter(adapters["tied", None])
    asked = prompts(tuned.tokenizer)
    with tuned.model.disable_adapter():
        before = answers(tuned.model, asked)
    assert compare(before, answers(tuned.model, asked)).difference > 0.1


def test_a_quantised_adapter_merged_into_the_saved_base_is_another_model(
    adapters: dict[tuple[str, int | None], Path], tmp_path: Path
) -> None:
    adapter = adapters["untied", 4]
    merge(adapter, tmp_path / "saved", into="saved")
    merge(adapter, tmp_path / "dequantised", into="dequantised")
    models = [AutoModelForCausalLM.from_pretrained(tmp_path / name) for name in ("saved", "dequantised")]
    asked = prompts(AutoTokenizer.from_pretrained(tmp_path / "saved"))
    assert compare(*(answers(model, asked) for model in models)).difference > 1e-3
    with pytest.raises(InputError, match="not trained on a quantised base"):
        merge(adapters["untied", None], tmp_path / "x", into="dequantised")


def test_sixteen_bits_are_rounded_and_said_to_be(
    adapters: dict[tuple[str, int | None], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert duologue("merge", adapters["tied", None], "--out", tmp_path / "m", "--dtype", "bfloat16") == 0
    assert "merged into the saved base; logits differ by at most" in capsys.readouterr().out
    with safe_open(tmp_path / "m" / "model.safetensors", "pt") as file:
        assert all(file.get_slice(key).get_dtype() == "BF16" for key in [*file.keys()])


def test_a_merge_that_changes_answers_exits_1_with_the_difference(
    adapters: dict[tuple[str, int | None], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from peft import LoraModel

    monkeypatch.setattr(LoraModel, "merge_and_unload", lambda self: self.unload())  # the adapter is dropped
    assert duologue("merge", adapters["tied", None], "--out", tmp_path / "m") == 1
    error = capsys.readouterr().err.strip()
    assert "answers differently: logits differ by up to" in error
    assert error.count("\n") == 0
    assert not (tmp_path / "m").exists()


def test_push_to_hub_without_a_hub_is_one_line_and_the_model_stays(
    adapters: dict[tuple[str, int | None], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert duologue("merge", adapters["tied", None], "--out", tmp_path / "m", "--push-to-hub", "me/mine") == 1
    error = capsys.readouterr().err.strip()
    assert error.startswith("duologue: me/mine: the model could not be pushed (")
    assert error.count("\n") == 0
    assert json.loads((tmp_path / "m" / "config.json").read_text())["model_type"] == "llama"


def test_a_folder_in_use_is_refused(adapters: dict[tuple[str, int | None], Path], tmp_path: Path) -> None:
    (tmp_path / "something").touch()
    with pytest.raises(DuologueError, match="not empty"):
        merge(adapters["tied", None], tmp_path)
