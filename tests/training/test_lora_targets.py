"""Which modules get adapters: on small models of five families, as built by the trainer and as changed by a step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from command_line import duologue
from random_families import FAMILIES, make_random
from toy_task import encode, options

from duologue.errors import InputError
from duologue.training import LoRA
from duologue.training.base_model import load_base
from duologue.training.examples import Rows
from duologue.training.lora_targets import adaptable, adapted_modules, collapse
from duologue.training.sft import train_sft
from duologue.training.trainer import build_trainer

ATTENTION = {
    "llama": ["model.layers.*.self_attn.{q,k,v,o}_proj"],
    "gpt-neox": ["gpt_neox.layers.*.attention.{query_key_value,dense}"],
    "falcon": ["transformer.h.*.self_attention.{query_key_value,dense}"],
    "gemma2": ["model.layers.*.self_attn.{q,k,v,o}_proj"],
    "t5": [
        "encoder.block.*.layer.*.SelfAttention.{q,k,v,o}",
        "decoder.block.*.layer.*.SelfAttention.{q,k,v,o}",
        "decoder.block.*.layer.*.EncDecAttention.{q,k,v,o}",
    ],
}
FFN = {
    "llama": ["model.layers.*.mlp.{gate,up,down}_proj"],
    "gpt-neox": ["gpt_neox.layers.*.mlp.{dense_h_to_4h,dense_4h_to_h}"],
    "falcon": ["transformer.h.*.mlp.{dense_h_to_4h,dense_4h_to_h}"],
    "gemma2": ["model.layers.*.mlp.{gate,up,down}_proj"],
    "t5": [f"{side}.block.*.layer.*.DenseReluDense.{{wi_0,wi_1,wo}}" for side in ("encoder", "decoder")],
}
EMBEDDINGS = {
    "llama": ["model.embed_tokens"],
    "gpt-neox": ["gpt_neox.embed_in"],
    "falcon": ["transformer.word_embeddings"],
    "gemma2": ["model.embed_tokens"],
    "t5": ["encoder.embed_tokens", "decoder.embed_tokens"],
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("families")
    return {family: make_random(family, root / family) for family in (*FAMILIES, "gpt2")}


def spelt_out(patterns: list[str], layers: int = 2) -> set[str]:
    """The names that collapsed ones stand for; of `layer.*` (T5) every number up to 2 that may be there."""
    names = set()
    for pattern in patterns:
        head, _, rest = pattern.partition("{")
        inside, _, tail = rest.partition("}")
        spread = [f"{head}{leaf}{tail}" for leaf in inside.split(",")] if rest else [pattern]
        for name in spread:
            for number in range(layers):
                first = name.replace(".*", f".{number}", 1)
                names |= {first.replace(".*", f".{inner}") for inner in range(3)}
    return names


def columns(seq2seq: bool) -> Rows:
    ids = [[5, 9, 20, 33, 40, 41, 60, 61], [7, 8, 30, 31, 32, 50, 51, 52]]
    return Rows({"input_ids": ids, "labels": [row[4:] for row in ids] if seq2seq else ids}, [])


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("targets", ["attention", "ffn", "linear", "embeddings", "ffn,embeddings"])
def test_each_set_trains_exactly_the_modules_it_lists(
    family: str, targets: str, folders: dict[str, Path], tmp_path: Path
) -> None:
    parts = {"attention": ATTENTION, "ffn": FFN, "embeddings": EMBEDDINGS}
    chosen = ["attention", "ffn"] if targets == "linear" else targets.split(",")
    wanted = [pattern for part in chosen for pattern in parts[part][family]]
    base = load_base(str(folders[family]))
    there = set(adaptable(base.model))
    expected = spelt_out(wanted) & there
    assert expected
    settings = options(2, lora=LoRA(r=2, targets=[targets]), learning_rate=0.1, batch_size=2)
    rows = columns(base.model.config.is_encoder_decoder)
    trainer = build_trainer(base, rows, None, [], tmp_path, settings, "fp32", name=family)

    model = trainer.model.get_base_model()
    trainable = {name for name, weight in model.named_parameters() if weight.requires_grad}
    assert {name.partition(".lora_")[0] for name in trainable} == expected
    before = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    trainer.train()
    changed = {name for name, weight in model.named_parameters() if not torch.equal(before[name], weight)}
    assert changed == trainable


@pytest.mark.parametrize("family", FAMILIES)
def test_what_has_adapters_is_told_in_short(family: str, folders: dict[str, Path]) -> None:
    model = load_base(str(folders[family])).model
    possible = adaptable(model)
    for target, told in (("attention", ATTENTION), ("ffn", FFN), ("embeddings", EMBEDDINGS)):
        assert collapse(adapted_modules(model, [target]), of=possible) == told[family]


def test_patterns_and_names(folders: dict[str, Path]) -> None:
    model = load_base(str(folders["llama"])).model
    possible = adaptable(model)
    assert adapted_modules(model, [r"regex:layers\.1\..*[qv]_proj"]) == [
        f"model.layers.1.self_attn.{name}_proj" for name in "qv"
    ]
    assert len(adapted_modules(model, ["q_proj", "model.layers.0.mlp.up_proj"])) == 3
    assert collapse(adapted_modules(model, ["regex:0.*q_proj"]), of=possible) == ["model.layers.0.self_attn.q_proj"]
    assert adapted_modules(model, ["lm_head"]) == ["lm_head"]
    assert "lm_head" not in adapted_modules(model, ["linear"])


def test_layers_of_another_kind_count_as_linear(folders: dict[str, Path]) -> None:
    model = load_base(str(folders["gpt2"])).model
    assert collapse(adapted_modules(model, ["attention"]), of=adaptable(model)) == [
        "transformer.h.*.attn.{c_attn,c_proj}"
    ]
    assert adapted_modules(model, ["embeddings"]) == ["transformer.wte"]


@pytest.mark.parametrize("targets", [["q_prj"], ["attention", "Q_proj"], ["regex:^nothing$"], ["model.norm"]])
def test_an_entry_that_matches_nothing_is_refused(targets: list[str], folders: dict[str, Path]) -> None:
    model = load_base(str(folders["llama"])).model
    with pytest.raises(InputError, match=r"matches no module of LlamaForCausalLM; give .*self_attn\.\{q,k,v,o\}_proj"):
        adapted_modules(model, targets)


def test_t5s_shared_matrix_cannot_have_an_adapter_that_nothing_would_go_through(folders: dict[str, Path]) -> None:
    with pytest.raises(InputError, match=r"'shared' matches no module"):
        adapted_modules(load_base(str(folders["t5"])).model, ["shared"])


def test_a_bad_pattern_is_one_line(folders: dict[str, Path]) -> None:
    with pytest.raises(InputError, match="no regular expression"):
        adapted_modules(load_base(str(folders["llama"])).model, ["regex:("])


def test_the_command_says_what_trains_or_ends(
    folders: dict[str, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    import json

    rows = tmp_path / "rows.jsonl"
    rows.write_text(json.dumps({"prompt": "a hotel", "completion": " hotel area north"}) + "\n")
    command: list[Any] = ["train", "sft", rows, "--model", folders["falcon"], "--max-steps", 1]
    out = tmp_path / "out"
    assert duologue(*command, "--out", out, "--lora.targets", "attention", "--lora.r", 1) == 0
    told = "adapters on transformer.h.*.self_attention.{query_key_value,dense}; 288 of 24,032 parameters train"
    assert told in caplog.text
    record = json.loads((out / "training.json").read_text())
    assert record["adapters"] == ["transformer.h.*.self_attention.{query_key_value,dense}"]
    # Falcon shares keys and values among its heads: 32 + 2 * 8 rows
    assert record["trainable"] == 2 * ((32 + 48) + (32 + 32))
    weights = load_base(str(folders["falcon"])).model.num_parameters()
    assert record["parameters"] == weights + record["trainable"]

    capsys.readouterr()
    assert duologue(*command, "--out", tmp_path / "no", "--lora.targets", "q_proj") == 2
    error = capsys.readouterr().err.strip()
    assert "'q_proj' matches no module of FalconForCausalLM" in error
    assert error.count("\n") == 0
    assert not (tmp_path / "no").exists()


def test_new_tokens_and_an_adapter_of_the_embedding_do_not_go_together(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    settings = options(1, lora=LoRA(r=1, targets=["embeddings"]))
    with pytest.raises(InputError, match="--markers plain"):
        train_sft(
            encode(), model=str(folders["llama"]), out=tmp_path / "x", options=settings, special_tokens=["<|belief|>"]
        )


def test_an_adapter_of_a_tied_embedding_answers_as_it_was_trained(folders: dict[str, Path], tmp_path: Path) -> None:
    """Merged into the tied matrix, it would change the output head as well: the model room does not merge it."""
    from duologue.models.weights import Weights, load
    from duologue.training.adapter import load_adapter

    settings = options(4, lora=LoRA(r=2, targets=["embeddings"]), learning_rate=0.05)
    folder = folders["gemma2"]
    train_sft(encode(8), model=str(folder), out=tmp_path / "a", options=settings)
    ids = torch.arange(5, 30).unsqueeze(0)
    with torch.no_grad():
        trained = load_adapter(tmp_path / "a").model(ids).logits
        opened = load(Weights(folder, tmp_path / "a")).model(ids).logits
        untrained = load_base(str(folder)).model(ids).logits
    assert torch.allclose(trained, opened, atol=1e-5)
    assert not torch.allclose(trained, untrained, atol=1e-2)
