"""Claim: at least twice as many useful (trained) tokens a second as the dialogue lab's padding, for an equal loss.

A Llama of the embedded model's shape with fresh weights learns the lab's task, the responses of the `tod` world after
their histories, in fp32, all weights, five ways with the same responses, eight to a step (or as many dialogues as hold
eight), until the loss has covered the same number of tokens:

- `shared`: ours; the responses of a dialogue are one example (`--share-history`), so a history is read once;
- `by length`: ours; an example a response, batches of similar length;
- `packed`: ours; rows of 1,024 tokens whose examples do not see one another, as many to a step as hold eight examples;
- `lab`: as it does: history and response apart cut or padded to 256 and 288 tokens, shuffled, transformers' Trainer;
- `trl`: TRL's SFTTrainer as it comes (shuffled, padded to the batch's longest, gradient checkpointing), but in fp32.

Printed are trained tokens a second, their ratio to the lab's, and the loss on held-out dialogues with its spread over
the seeds. Only steps are timed; evaluation, loading and tokenising are not.

    python benchmarks/training.py                        # shared >= 2x the lab's
    python benchmarks/training.py --steps 4 --seeds 1    # a quick look
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import platform
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from datasets import Dataset
from transformers import AutoModelForCausalLM, Trainer, TrainerCallback, TrainingArguments, set_seed
from transformers.utils import logging
from trl import SFTConfig, SFTTrainer

from duologue.corpora.multiwoz.v21 import dialogue_from_native
from duologue.corpora.worlds.tod import sample
from duologue.dialogue import Dialogue
from duologue.models.spec import TINY
from duologue.training import SFTOptions
from duologue.training.base_model import Base, load_tokenizer
from duologue.training.data import response_data
from duologue.training.examples import IGNORED, Rows, to_rows
from duologue.training.packing import pack, require_isolation
from duologue.training.quiet import quiet_libraries
from duologue.training.speed import CountsTokens, StepClock
from duologue.training.trainer import build_trainer

BATCH, LENGTH = 8, 1024
SOURCE, TARGET = 256, 288  # the lab's lengths, in tokens
RATE = 1e-3


class Found(NamedTuple):
    """Trained tokens a second, and the loss on the held-out examples."""

    tokens_per_second: float
    loss: float


class StopAt(TrainerCallback):
    """Ends a training when its loss has covered so many tokens."""

    def __init__(self, tokens: int) -> None:
        self.tokens = tokens
        self.trainer: Any = None

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        control.should_training_stop = int(self.trainer.trained_tokens) >= self.tokens


class CountingSFTTrainer(CountsTokens, SFTTrainer):
    """TRL's trainer with a count of the tokens."""


class CountingTrainer(CountsTokens, Trainer):
    """transformers' trainer with a count of the tokens."""


def dialogues(count: int, split: str) -> list[Dialogue]:
    return [dialogue_from_native(item.id, item.dialogue) for item in sample(count, 0, split)]


def examples(spoken: Sequence[Dialogue], tokenizer: Any, *, share_history: bool = False) -> Rows:
    encode = response_data(lambda: spoken, SFTOptions(max_length=LENGTH, share_history=share_history))
    return to_rows(encode(tokenizer), loss="completion", max_length=LENGTH, what="the sample")


def padded_as_in_the_lab(rows: Rows, pad: int) -> Rows:
    """Context and answer each cut on the right and padded to a fixed length."""
    columns: dict[str, list[Any]] = {"input_ids": [], "attention_mask": [], "labels": []}
    for ids, labels in zip(rows.columns["input_ids"], rows.columns["labels"], strict=True):
        begin = next(place for place, label in enumerate(labels) if label != IGNORED)
        source, target = ids[:begin][:SOURCE], ids[begin:][:TARGET]
        fill, rest = SOURCE - len(source), TARGET - len(target)
        columns["input_ids"].append([*source, *[pad] * fill, *target, *[pad] * rest])
        columns["attention_mask"].append([1] * len(source) + [0] * fill + [1] * len(target) + [0] * rest)
        columns["labels"].append([IGNORED] * SOURCE + target + [IGNORED] * rest)
    return Rows(columns, rows.too_long)


def stack(rows: list[dict[str, list[int]]]) -> dict[str, torch.Tensor]:
    return {name: torch.tensor([row[name] for row in rows]) for name in rows[0]}


def fresh(seed: int) -> Any:
    set_seed(seed)
    config = AutoModelForCausalLM.from_pretrained(TINY).config
    return AutoModelForCausalLM.from_config(config, dtype=torch.float32)


def trainer_of(way: str, rows: Rows, responses: int, tokenizer: Any, seed: int, folder: Path) -> Any:
    """The trainer of one of the five ways."""
    base = Base(fresh(seed), tokenizer, str(TINY))
    plain: dict[str, Any] = {
        "output_dir": str(folder),
        "learning_rate": RATE,
        "lr_scheduler_type": "constant",
        "max_steps": 10_000,
        "bf16": False,
        "use_cpu": True,
        "seed": seed,
        "report_to": "none",
        "save_strategy": "no",
        "logging_strategy": "no",
        "disable_tqdm": True,
    }
    if way == "trl":
        # Ids and labels as ours, so the examples are the same to the token; everything else as it comes.
        config = SFTConfig(**plain, dataset_kwargs={"skip_prepare_dataset": True})
        data = Dataset.from_dict(rows.columns)
        return CountingSFTTrainer(model=base.model, args=config, train_dataset=data, processing_class=tokenizer)
    if way == "lab":
        data = Dataset.from_dict(padded_as_in_the_lab(rows, tokenizer.pad_token_id).columns)
        arguments = TrainingArguments(**plain, per_device_train_batch_size=BATCH)
        return CountingTrainer(model=base.model, args=arguments, train_dataset=data, data_collator=stack)
    if way == "packed":
        require_isolation(base.model, rows, LENGTH)
        rows = pack(rows, LENGTH)
    options = SFTOptions(
        learning_rate=RATE,
        scheduler="constant",
        max_steps=10_000,
        save_steps=10_000,
        batch_size=max(1, round(BATCH * len(rows) / responses)),
        precision="fp32",
        lora=None,
        packing=way == "packed",
        group_by_length=way in ("by length", "shared"),
        seed=seed,
    )
    return build_trainer(base, rows, None, [], folder, options, "fp32", name=way)


@torch.no_grad()
def held_out_loss(model: Any, rows: Rows) -> float:
    """Mean loss a trained token, each example alone."""
    model.eval()
    total, count = 0.0, 0
    for ids, labels in zip(rows.columns["input_ids"], rows.columns["labels"], strict=True):
        logits = model(torch.tensor([ids])).logits[0, :-1]
        wanted = torch.tensor(labels[1:])
        total += float(torch.nn.functional.cross_entropy(logits, wanted, reduction="sum", ignore_index=IGNORED))
        count += int((wanted != IGNORED).sum())
    return total / count


def measure(way: str, rows: Rows, responses: int, held_out: Rows, tokenizer: Any, tokens: int, seed: int) -> Found:
    with tempfile.TemporaryDirectory() as folder, quiet_libraries():
        trainer = trainer_of(way, rows, responses, tokenizer, seed, Path(folder))
        clock, stop = StepClock(), StopAt(tokens)
        stop.trainer = trainer
        trainer.add_callback(clock)
        trainer.add_callback(stop)
        trainer.train()
        return Found(int(trainer.trained_tokens) / clock.seconds, held_out_loss(trainer.model, held_out))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=60, help="of eight average examples, in tokens")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--dialogues", type=int, default=200)
    given = parser.parse_args()
    logging.disable_progress_bar()

    tokenizer = load_tokenizer("tiny")
    spoken = dialogues(given.dialogues, "train")
    rows = examples(spoken, tokenizer)
    together = examples(spoken, tokenizer, share_history=True)
    held_out = examples(dialogues(8, "val"), tokenizer)
    trained = sum(label != IGNORED for labels in rows.columns["labels"] for label in labels)
    tokens = given.steps * BATCH * trained // len(rows)

    found = {
        way: [
            measure(way, together if way == "shared" else rows, len(rows), held_out, tokenizer, tokens, seed)
            for seed in range(given.seeds)
        ]
        for way in ("lab", "trl", "by length", "packed", "shared")
    }
    lab = [each.tokens_per_second for each in found["lab"]]
    result = {}
    for way, runs in found.items():
        losses = [each.loss for each in runs]
        result[way] = {
            "trained_tokens_per_second": statistics.median(each.tokens_per_second for each in runs),
            "ratio_to_lab": statistics.median(
                each.tokens_per_second / other for each, other in zip(runs, lab, strict=True)
            ),
            "loss": statistics.mean(losses),
            "loss_spread": max(losses) - min(losses),
        }
        one = result[way]
        pace = f"{one['trained_tokens_per_second']:7,.0f} trained tokens/s   {one['ratio_to_lab']:.2f}x the lab's"
        print(f"{way:10} {pace}   loss {one['loss']:.3f} (spread over seeds {one['loss_spread']:.3f})")
    print("target: shared 2x the lab's, losses within the spread of the seeds")
    print(
        json.dumps(
            {
                "benchmark": "training",
                "ways": result,
                "trained_tokens": tokens,
                "examples": len(rows),
                "threads": torch.get_num_threads(),
                "settings": vars(given),
                "python": platform.python_version(),
                "versions": {name: importlib.metadata.version(name) for name in ("torch", "transformers", "trl")},
            }
        )
    )


if __name__ == "__main__":
    main()
