"""TRL's DPOTrainer over pairs that are tokenised already: configuration, adapter, reference."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from datasets import Dataset
from trl import DPOConfig, DPOTrainer

from duologue.training.arguments import tuning_arguments
from duologue.training.base_model import Base
from duologue.training.equip import adapter_config, equip, give_head_a_bias
from duologue.training.lora_targets import adapted_modules
from duologue.training.order import EpochOrder, Ours
from duologue.training.preference_collator import PairCollator
from duologue.training.preference_data import PreferenceRows
from duologue.training.preference_options import DPOOptions
from duologue.training.reference import copy_to_reference
from duologue.training.trackers import tensorboard_in
from duologue.training.what_trains import adapted


class PairTrainer(Ours, DPOTrainer):
    """TRL's trainer with our additions; nothing is tokenised again."""

    def _prepare_dataset(self, dataset: Any, *args: Any, **options: Any) -> Any:
        return dataset

    def _prepare_inputs(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """Without the rows' numbers, which no model takes."""
        prepared: dict[str, Any] = super()._prepare_inputs({k: v for k, v in inputs.items() if k != "row"})
        if self.model.training:
            self.count_tokens(read=prepared["attention_mask"].sum(), trained=prepared["completion_mask"].sum())
        return prepared


def build_pair_trainer(
    base: Base,
    rows: PreferenceRows,
    held_out: PreferenceRows | None,
    folder: Path,
    options: DPOOptions,
    precision: str,
    *,
    name: str,
    kind: type[PairTrainer] = PairTrainer,
    **own: Any,
) -> PairTrainer:
    """A trainer of pairs.

    Args:
        base: the policy: a model that gets an adapter (or trains whole), or one that has an adapter (`load_policy`).
        rows: to train on.
        held_out: for the evaluation loss.
        folder: of the result.
        options: of the training.
        precision: of the computation.
        name: of the training, for the lines of progress.
        kind: the class.
        own: what else that class takes.

    Raises:
        InputError: an entry of `options.lora.targets` matches no module.
    """
    has_adapter = hasattr(base.model, "peft_config")
    targets = None
    if has_adapter:
        targets = adapted(base.model)
    elif options.lora is not None:
        targets = adapted_modules(base.model, options.lora.targets)
    adapter = None if targets is None or has_adapter else adapter_config(base.model, targets, options.lora, [])
    lengths = [
        max(map(len, both)) for both in zip(rows.columns["chosen_ids"], rows.columns["rejected_ids"], strict=True)
    ]
    with tensorboard_in(folder / "tensorboard"):
        trainer = kind(
            model=base.model,
            args=_config(folder, options, precision, len(rows), evaluate=held_out is not None),
            train_dataset=Dataset.from_dict(rows.columns),
            eval_dataset=None if held_out is None else Dataset.from_dict(held_out.columns),
            processing_class=base.tokenizer,
            data_collator=PairCollator(base.tokenizer.pad_token_id),
            peft_config=adapter,
            order=EpochOrder(lengths, options.batch_size, options.seed, by_length=options.group_by_length),
            **own,
        )
    copy_to_reference(trainer.model)
    give_head_a_bias(trainer.model)
    equip(trainer, folder, options, targets, name=name, evaluates=held_out is not None)
    return trainer


def _config(folder: Path, options: DPOOptions, precision: str, examples: int, *, evaluate: bool) -> DPOConfig:
    losses = {"sigmoid": 1.0} | ({"sft": options.sft_weight} if options.sft_weight else {})
    return DPOConfig(
        **tuning_arguments(folder, options, precision, examples, evaluate=evaluate),
        max_length=None,
        beta=options.beta,
        label_smoothing=options.label_smoothing,
        loss_type=[*losses],
        loss_weights=[*losses.values()],
        prediction_loss_only=True,
    )
