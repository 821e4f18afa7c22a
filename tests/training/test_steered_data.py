"""Strategy-conditioned training: only the reply is trained, after the very prompt that asks for it."""

from __future__ import annotations

import json
from itertools import compress, pairwise
from pathlib import Path
from typing import Any

import pytest
from command_line import duologue
from family_templates import FAMILIES
from random_llama import make_random_llama
from support_talk import support_talk
from trl_templates import tokenizer_for

from duologue.dialogue import Branch, Dialogue, Turn, write
from duologue.errors import InputError
from duologue.models.chat_template import fit_template
from duologue.prompts.steering import LAYOUTS
from duologue.prompts.steering_options import SteeringOptions
from duologue.training.options import LoRA, SFTOptions
from duologue.training.steered_data import steered_data


def branched(number: int = 1) -> Dialogue:
    """A history of seven turns with two replies by strategies and one without."""
    talk = support_talk(number, 4)
    talk.turns = talk.turns[:7]
    for name in ("Offer Hope", "Chit Chat", "unconditional"):
        reply = Turn("system", f"A reply for {name} in talk {number}.")
        talk.branches.append(Branch(f"{talk.id}~{name}", 7, [reply], labels={"strategy": [name]}))
    return talk


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("layout", ["c1_hf", "standard"])
def test_only_the_reply_is_trained_after_the_prompt_that_asks_for_it(family: str, layout: Any) -> None:
    tokenizer = tokenizer_for(FAMILIES[family])
    steering = SteeringOptions(layout=layout)
    examples = list(steered_data(lambda: [branched()], steering, max_length=9999)(tokenizer))
    assert len(examples) == 3
    for tokens, name in zip(examples, ("Offer Hope", "Chit Chat", "unconditional"), strict=True):
        trained = tokenizer.decode(list(compress(tokens.ids, tokens.trained)))
        assert trained.strip().startswith(f"A reply for {name} in talk 1.")
        assert len(trained) < 60
        prompt = steering.prompt(branched().turns, name, steering.known())
        messages = [{"role": message.role, "content": message.content} for message in prompt.messages]
        asked = fit_template(messages, tokenizer).render(messages, prompt=True)
        before = tokenizer.decode(tokens.ids[: tokens.trained.index(True)])
        assert before.rstrip() == asked.rstrip()


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("system_role", [True, False])
def test_what_is_too_long_loses_its_oldest_turns_never_its_instruction(layout: Any, system_role: bool) -> None:
    tokenizer = tokenizer_for(FAMILIES["llama-3"])
    steering = SteeringOptions(layout=layout, system_role=system_role)
    (whole, *_) = steered_data(lambda: [branched()], steering, max_length=9999)(tokenizer)
    (cut, *_) = steered_data(lambda: [branched()], steering, max_length=len(whole.ids) - 1)(tokenizer)
    assert len(cut.ids) < len(whole.ids)
    assert [turn.partition(":")[0] for turn in cut.dropped] == ["user", "system"]
    text = tokenizer.decode(cut.ids)
    assert '"Offer Hope" strategy' in text
    assert "trouble 0" not in text
    assert "trouble 3" in text


def test_labelled_turns_of_a_supporter_are_examples_too_and_a_wrong_collection_is_told() -> None:
    tokenizer = tokenizer_for(FAMILIES["llama-3"])
    esconv = SteeringOptions(collection="esconv")
    examples = list(steered_data(lambda: [support_talk(1, 3)], esconv, max_length=9999)(tokenizer))
    assert [tokens.name for tokens in examples] == [f"dialogue talk-1, turn {turn}" for turn in (1, 3, 5)]
    with pytest.raises(InputError, match=r"dialogue talk-1, turn 1: no strategy 'Question'.*--collection"):
        list(steered_data(lambda: [support_talk(1, 3)], SteeringOptions(), max_length=9999)(tokenizer))


def test_every_published_setting_can_be_given() -> None:
    SFTOptions(
        lora=LoRA(r=128, alpha=256, dropout=0.05, targets=["linear"]),
        epochs=5,
        batch_size=2,
        accumulate=32,
        scheduler="cosine_with_restarts",
        restarts=5,
        warmup_steps=0.1,
        learning_rate=5e-5,
        eval_steps=20,
        save_steps=20,
        keep_checkpoints=1,
        early_stopping=10,
        best_metric="loss",
        max_length=4096,
        bits=4,
        precision="bf16",
    )
    with pytest.raises(ValueError, match="restarts and the scheduler cosine_with_restarts belong together"):
        SFTOptions(restarts=5)


def test_training_with_restarts_from_the_command_line(tmp_path: Path) -> None:
    model = make_random_llama(tmp_path / "model", context=2048)
    write(tmp_path / "replies.jsonl", [branched(number) for number in range(4)])
    common = [tmp_path / "replies.jsonl", "--format", "duologue", "--view", "steered", "--max-length", 2048]
    options = ["--max-steps", 12, "--batch-size", 2, "--scheduler", "cosine_with_restarts", "--restarts", 3]
    options += ["--log-steps", 1, "--lora.r", 2, "--precision", "fp32"]
    asked = ["train", "sft", *common, "--model", f"hf:{model}", "--out", tmp_path / "out", *options]
    assert duologue(*asked, "--validation", tmp_path / "replies.jsonl") == 0
    rows = [json.loads(line) for line in (tmp_path / "out/metrics.jsonl").read_text().splitlines()]
    rates = [row["learning_rate"] for row in rows if "learning_rate" in row]
    assert sum(later > earlier for earlier, later in pairwise(rates)) == 2
    record = json.loads((tmp_path / "out/training.json").read_text())
    assert "eval_loss" in record
    assert duologue("mask", *common, "--model", f"hf:{model}") == 0
