"""Real trainings of a few seconds: the loss falls, the result reloads, a killed one goes on as if nothing happened."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from toy_task import AREAS, TOKENS, encode, options

from duologue.errors import InputError
from duologue.training import LoRA, SFTOptions
from duologue.training.adapter import load_adapter
from duologue.training.base_model import load_base
from duologue.training.checkpoint import last_whole_checkpoint
from duologue.training.merge import merge
from duologue.training.metrics_file import read_metrics
from duologue.training.sft import train_sft

SCRIPT = Path(__file__).parents[1] / "helpers" / "toy_task.py"


@pytest.fixture(scope="module")
def trained(tied_llama: Path, untied_llama: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folders = {}
    for name, model in (("tied", tied_llama), ("untied", untied_llama)):
        out = tmp_path_factory.mktemp("trained") / name
        train_sft(
            encode(), model=f"hf:{model}", out=out, options=options(24), validation=encode(10), special_tokens=TOKENS
        )
        folders[name] = out
    return folders


@pytest.mark.parametrize("kind", ["tied", "untied"])
def test_the_loss_falls_and_the_curve_is_written(trained: dict[str, Path], kind: str) -> None:
    rows = read_metrics(trained[kind] / "metrics.jsonl")
    losses = [row["loss"] for row in rows if "loss" in row]
    assert losses[-1] < losses[0] - 0.5
    assert [row["step"] for row in rows if "loss" in row] == [1, *range(2, 25, 2)]
    assert [row["step"] for row in rows if "eval_loss" in row] == [24]
    record = json.loads((trained[kind] / "training.json").read_text())
    assert record["finished"]
    assert record["steps"] == 24
    assert record["examples"] == 60
    assert record["added_tokens"] == len(TOKENS)
    assert record["options"]["learning_rate"] == 3e-3
    assert {"torch", "trl", "peft"} <= set(record["versions"])


@pytest.mark.parametrize("kind", ["tied", "untied"])
def test_what_was_saved_loads_with_the_evaluation_loss_of_the_training(trained: dict[str, Path], kind: str) -> None:
    tuned = load_adapter(trained[kind])
    assert tuned.tokenizer.tokenize("<|belief|>[name]") == ["<|belief|>", "[name]"]
    # The loss of the saved adapter, computed without TRL, is what the training reported of the weights in memory.
    total, count = 0.0, 0
    for example in encode(10)(tuned.tokenizer):
        ids = torch.tensor([list(example.ids)])
        wanted = torch.tensor([[t if m else -100 for t, m in zip(example.ids, example.trained, strict=True)]])
        with torch.no_grad():
            logits = tuned.model(ids).logits[:, :-1]
        total += float(torch.nn.functional.cross_entropy(logits[0], wanted[0, 1:], reduction="sum", ignore_index=-100))
        count += sum(example.trained)
    reported = json.loads((trained[kind] / "training.json").read_text())["eval_loss"]
    assert total / count == pytest.approx(reported, rel=2e-3)


@pytest.mark.parametrize("kind", ["tied", "untied"])
def test_the_model_room_opens_the_adapter_alone(trained: dict[str, Path], kind: str) -> None:
    import asyncio

    from duologue.models import Request, open_model

    tuned = load_adapter(trained[kind])
    prompt = "<|context|> <|user|> a hotel in the west <|endofcontext|>"
    ids = tuned.tokenizer(prompt, return_tensors="pt")
    wanted = tuned.tokenizer.decode(
        tuned.model.generate(**ids, max_new_tokens=8, do_sample=False)[0][ids.input_ids.shape[1] :]
    )

    async def ask() -> str:
        model = open_model(f"hf:{trained[kind]}")
        try:
            return (await model.complete(Request(prompt, max_tokens=8, temperature=0))).text
        finally:
            await model.close()

    assert asyncio.run(ask()).strip() == wanted.strip()


def test_tied_rows_stay_tied(trained: dict[str, Path]) -> None:
    model = load_adapter(trained["tied"]).model.get_base_model()
    embedding, head = model.get_input_embeddings().weight, model.get_output_embeddings().weight
    assert torch.equal(embedding, head)
    saved = (trained["tied"] / "adapter_model.safetensors").stat().st_size
    assert saved < model.get_input_embeddings().weight.numel() * 4 * 2  # no whole matrices beside the adapter


@pytest.mark.parametrize("kind", ["tied", "untied"])
def test_merged_answers_like_the_adapter(trained: dict[str, Path], kind: str, tmp_path: Path) -> None:
    merged = merge(trained[kind], tmp_path / "merged")
    assert merged.compared.difference < 1e-4
    base = load_base(str(tmp_path / "merged"))
    prompt = base.tokenizer("<|context|> <|user|> a hotel in the west <|endofcontext|>", return_tensors="pt")
    a = base.model.generate(**prompt, max_new_tokens=12, do_sample=False)
    tuned = load_adapter(trained[kind])
    b = tuned.model.generate(**prompt, max_new_tokens=12, do_sample=False)
    assert torch.equal(a, b)
    with pytest.raises(InputError, match="not empty"):
        merge(trained[kind], tmp_path / "merged")


def test_it_learns_the_task_without_lora(tied_llama: Path, tmp_path: Path) -> None:
    settings = options(120, lora=None, learning_rate=5e-3, save_steps=None)
    train_sft(encode(), model=f"hf:{tied_llama}", out=tmp_path / "full", options=settings, special_tokens=TOKENS)
    base = load_base(str(tmp_path / "full"))
    right = 0
    for area in AREAS:
        prompt = base.tokenizer(f"<|context|> <|user|> a hotel in the {area} <|endofcontext|>", return_tensors="pt")
        answer = base.model.generate(**prompt, max_new_tokens=8, do_sample=False)[0][prompt.input_ids.shape[1] :]
        right += base.tokenizer.decode(answer).startswith(f"<|belief|> hotel area {area}")
    assert right >= 4


def test_killed_in_the_middle_it_ends_with_the_same_curve_and_weights(tied_llama: Path, tmp_path: Path) -> None:
    steps = 120
    train_sft(encode(), model=f"hf:{tied_llama}", out=tmp_path / "whole", options=options(steps), special_tokens=TOKENS)

    command = [sys.executable, str(SCRIPT), f"hf:{tied_llama}", str(tmp_path / "killed"), str(steps)]
    process = subprocess.Popen(command, env=os.environ, stderr=subprocess.DEVNULL)
    curve = tmp_path / "killed" / "metrics.jsonl"
    while process.poll() is None and not any(row["step"] >= 20 for row in read_metrics(curve)):
        time.sleep(0.01)
    assert process.poll() is None, "it ended before it could be killed"
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert last_whole_checkpoint(tmp_path / "killed" / "checkpoints") is not None

    again = train_sft(
        encode(), model=f"hf:{tied_llama}", out=tmp_path / "killed", options=options(steps), special_tokens=TOKENS
    )
    assert again.steps == steps
    assert 0 < again.record["resumed_at"] < steps
    assert curve.read_bytes() == (tmp_path / "whole" / "metrics.jsonl").read_bytes()
    weights = [(tmp_path / name / "adapter_model.safetensors").read_bytes() for name in ("whole", "killed")]
    assert weights[0] == weights[1]


def test_a_finished_training_is_not_repeated_and_not_overwritten(trained: dict[str, Path], tied_llama: Path) -> None:
    out = trained["tied"]
    before = (out / "training.json").stat().st_mtime_ns
    again = train_sft(
        encode(), model=f"hf:{tied_llama}", out=out, options=options(24), validation=encode(10), special_tokens=TOKENS
    )
    assert again.steps == 24
    assert (out / "training.json").stat().st_mtime_ns == before
    for changed in (
        {"options": options(25)},
        {"encode": encode(59)},
        {"validation": encode(11)},
    ):
        settings: dict[str, Any] = {"encode": encode(), "validation": encode(10), "options": options(24)} | changed
        with pytest.raises(InputError, match="other settings or data"):
            train_sft(**settings, model=f"hf:{tied_llama}", out=out, special_tokens=TOKENS)


def test_a_half_written_checkpoint_is_removed(tmp_path: Path) -> None:
    for step, state in ((4, "{}"), (8, '{"global_st'), (12, None)):
        checkpoint = tmp_path / f"checkpoint-{step}"
        checkpoint.mkdir()
        (checkpoint / "optimizer.pt").touch()
        if state is not None:
            (checkpoint / "trainer_state.json").write_text(state)
    assert last_whole_checkpoint(tmp_path) == tmp_path / "checkpoint-4"
    assert [folder.name for folder in tmp_path.iterdir()] == ["checkpoint-4"]


def test_four_bits_train_on_the_cpu(tied_llama: Path, tmp_path: Path) -> None:
    settings = options(20, bits=4)
    train_sft(encode(), model=f"hf:{tied_llama}", out=tmp_path / "q", options=settings, special_tokens=TOKENS)
    losses = [row["loss"] for row in read_metrics(tmp_path / "q" / "metrics.jsonl")]
    assert losses[-1] < losses[0]


def test_early_stopping_keeps_the_best(tied_llama: Path, tmp_path: Path) -> None:
    settings = options(400, eval_steps=2, early_stopping=2, learning_rate=0.5, lora=LoRA(r=4))
    done = train_sft(
        encode(),
        model=f"hf:{tied_llama}",
        out=tmp_path / "e",
        options=settings,
        validation=encode(5),
        special_tokens=TOKENS,
    )
    assert done.steps < 400


def test_examples_too_long_are_counted_and_named(tied_llama: Path, tmp_path: Path) -> None:
    settings = options(2, max_length=40)
    done = train_sft(encode(), model=f"hf:{tied_llama}", out=tmp_path / "l", options=settings, special_tokens=TOKENS)
    assert done.record["too_long"]
    assert done.record["examples"] + len(done.record["too_long"]) == 60
    with pytest.raises(InputError, match="all 60 are longer than 8 tokens"):
        train_sft(encode(), model=f"hf:{tied_llama}", out=tmp_path / "m", options=options(2, max_length=8))


def test_early_stopping_goes_on_counting_after_a_kill(tied_llama: Path, tmp_path: Path) -> None:
    settings = options(60, eval_steps=2, early_stopping=4, learning_rate=0.2)
    fields: dict[str, Any] = {
        "model": f"hf:{tied_llama}",
        "options": settings,
        "validation": encode(5),
        "special_tokens": TOKENS,
    }
    whole = train_sft(encode(), out=tmp_path / "whole", **fields)
    assert whole.steps < 60

    class Killed(Exception):
        pass

    def kill(self: Any, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.global_step == whole.steps - 3:
            raise Killed

    from duologue.training.metrics_log import MetricsLog

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MetricsLog, "on_step_end", kill)
        with pytest.raises(Killed):
            train_sft(encode(), out=tmp_path / "killed", **fields)
    again = train_sft(encode(), out=tmp_path / "killed", **fields)
    assert again.record["resumed_at"] > 0
    assert again.steps == whole.steps
    curves = [(tmp_path / name / "metrics.jsonl").read_bytes() for name in ("whole", "killed")]
    assert curves[0] == curves[1]


def test_options_that_do_not_fit_together_are_refused() -> None:
    with pytest.raises(ValueError, match="bits needs lora"):
        SFTOptions(bits=4, lora=None)
    with pytest.raises(ValueError, match="early_stopping needs eval_steps"):
        SFTOptions(early_stopping=3)
    with pytest.raises(ValueError, match="best_metric needs eval_steps"):
        SFTOptions(best_metric="bleu")


def test_early_stopping_needs_validation_data(tied_llama: Path, tmp_path: Path) -> None:
    settings = options(4, eval_steps=2, early_stopping=1)
    with pytest.raises(InputError, match="early_stopping needs validation data"):
        train_sft(encode(), model=f"hf:{tied_llama}", out=tmp_path / "e", options=settings)


@pytest.mark.parametrize(
    ("spec", "message"),
    [("openai:gpt", "cannot be trained"), ("hf:/nowhere", "cannot be loaded"), ("hf:a+b", "is an adapter")],
)
def test_a_model_that_cannot_be_trained_is_one_line(spec: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        train_sft(encode(), model=spec, out=tmp_path / "x", options=options(2))


def test_four_bits_keep_their_gradients_when_they_are_evaluated(tied_llama: Path) -> None:
    def gradient(evaluate_first: bool) -> torch.Tensor:
        model = load_base(f"hf:{tied_llama}", bits=4).model
        embedded = model.get_input_embeddings()(torch.tensor([[5, 6, 7]])).detach().requires_grad_()
        if evaluate_first:
            with torch.no_grad():
                model.eval()(inputs_embeds=embedded)
        model.train()(inputs_embeds=embedded).logits[0, -1, 3].backward()
        assert embedded.grad is not None
        return embedded.grad

    assert torch.equal(gradient(True), gradient(False))
    assert gradient(True).abs().sum() > 0


def test_gradient_checkpointing_changes_memory_and_not_the_loss(tied_llama: Path, tmp_path: Path) -> None:
    losses = []
    for name in ("stored", "computed again"):
        settings = options(12, gradient_checkpointing=name != "stored", precision="fp32")
        train_sft(encode(), model=f"hf:{tied_llama}", out=tmp_path / name, options=settings, special_tokens=TOKENS)
        losses.append([row["loss"] for row in read_metrics(tmp_path / name / "metrics.jsonl")])
    assert losses[0] == pytest.approx(losses[1], abs=1e-6)
    assert losses[0][-1] < losses[0][0]


def test_the_speed_card_counts_the_tokens_that_were_trained(tied_llama: Path, tmp_path: Path) -> None:
    done = train_sft(encode(16), model=f"hf:{tied_llama}", out=tmp_path / "a", options=options(4, batch_size=8))
    card = done.record["speed"]
    ids = [sum(example.trained) for example in encode(16)(load_base(f"hf:{tied_llama}").tokenizer)]
    trained = card["useful_tokens_per_second"] / card["iterations_per_second"] * done.steps
    assert trained == pytest.approx(2 * sum(ids))  # two passes
    assert card["tokens_per_second"] > card["useful_tokens_per_second"]
    assert card["cuda"] is None
    assert card["device"].endswith("thread)")
    assert card["memory_mb"] > 100
    assert card["largest_batch"] == 8
