"""From our options to a trainer, TRL's or for encoder-decoder models transformers': configuration, adapter, data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from datasets import Dataset
from peft import LoraConfig, get_peft_model, prepare_model_for_kbit_training
from transformers import DataCollatorForSeq2Seq, Seq2SeqTrainingArguments
from trl import SFTConfig

from duologue.training.arguments import tuning_arguments
from duologue.training.base_model import Base
from duologue.training.equip import adapter_config, equip, give_head_a_bias
from duologue.training.examples import IGNORED, Rows
from duologue.training.lora_targets import adapted_modules
from duologue.training.options import SFTOptions
from duologue.training.order import EpochOrder, OrderedSeq2SeqTrainer, OrderedSFTTrainer
from duologue.training.packing import PackedCollator
from duologue.training.trackers import tensorboard_in


def build_trainer(
    base: Base,
    rows: Rows,
    held_out: Rows | None,
    added: list[int],
    folder: Path,
    options: SFTOptions,
    precision: str,
    name: str,
) -> OrderedSFTTrainer | OrderedSeq2SeqTrainer:
    """A trainer over rows that are already tokenised and masked; nothing is tokenised again.

    Raises:
        InputError: an entry of `options.lora.targets` matches no module.
    """
    seq2seq = base.model.config.is_encoder_decoder
    targets = None if options.lora is None else adapted_modules(base.model, options.lora.targets)
    adapter = None if targets is None else adapter_config(base.model, targets, options.lora, added)
    lengths = [len(ids) for ids in rows.columns["input_ids"]]
    common = {
        "args": _config(folder, options, precision, len(rows), evaluate=held_out is not None, seq2seq=seq2seq),
        "train_dataset": Dataset.from_dict(rows.columns),
        "eval_dataset": None if held_out is None else Dataset.from_dict(held_out.columns),
        "processing_class": base.tokenizer,
        "order": EpochOrder(lengths, options.batch_size, options.seed, by_length=options.group_by_length),
    }
    with tensorboard_in(folder / "tensorboard"):
        trainer = _seq2seq(base, adapter, options, common) if seq2seq else _causal(base, adapter, options, common)
    equip(trainer, folder, options, targets, name=name, evaluates=held_out is not None)
    return trainer


def _causal(base: Base, adapter: LoraConfig | None, options: SFTOptions, common: dict[str, Any]) -> OrderedSFTTrainer:
    collator = PackedCollator(base.tokenizer.pad_token_id) if options.packing else None
    trainer = OrderedSFTTrainer(model=base.model, peft_config=adapter, data_collator=collator, **common)
    give_head_a_bias(trainer.model)
    return trainer


def _seq2seq(
    base: Base, adapter: LoraConfig | None, options: SFTOptions, common: dict[str, Any]
) -> OrderedSeq2SeqTrainer:
    """What TRL does for causal models: prepare quantised weights, put the adapter on; pads carry no loss."""
    model = base.model
    if options.bits is not None:
        model = prepare_model_for_kbit_training(model, use_gradient_checkpointing=options.gradient_checkpointing)
    if adapter is not None:
        if options.gradient_checkpointing:
            model.enable_input_require_grads()
        model = get_peft_model(model, adapter)
    collator = DataCollatorForSeq2Seq(base.tokenizer, model=model, label_pad_token_id=IGNORED)
    return OrderedSeq2SeqTrainer(model=model, data_collator=collator, **common)


def _config(
    folder: Path, options: SFTOptions, precision: str, examples: int, *, evaluate: bool, seq2seq: bool
) -> SFTConfig | Seq2SeqTrainingArguments:
    shared = tuning_arguments(folder, options, precision, examples, evaluate=evaluate)
    if seq2seq:
        return Seq2SeqTrainingArguments(**shared, prediction_loss_only=True)
    return SFTConfig(**shared, max_length=None, dataset_kwargs={"skip_prepare_dataset": True}, shuffle_dataset=False)
