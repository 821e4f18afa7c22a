"""Training on what the policy does: action-based contrastive self-training, and GRPO as its rival.

    trained = train_act(pairs, roll, model="runs/sft", out="runs/act", options=ACTOptions())

`roll` samples conversations (`experiments.clarify_rollouts` makes it of a classifier, a simulated user and a measure);
`experiments.clarify_training` has both from dialogues.
The folder then holds what `train_dpo` leaves, and `rollouts.jsonl`: every conversation that was sampled, with what
became of it and why.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from duologue.training.evaluation import DialogueEvaluation
from duologue.training.preference import carry_out_pairs, prepare, require_training
from duologue.training.preference_data import pair_examples
from duologue.training.preference_options import ACTOptions, GRPOOptions, PreferenceOptions
from duologue.training.quiet import quiet_libraries
from duologue.training.record import Trained
from duologue.views.preference import Pair, Roll


def train_act(
    pairs: Sequence[Pair],
    roll: Roll,
    *,
    model: str,
    out: str | Path,
    options: ACTOptions | None = None,
    validation: Sequence[Pair] | None = None,
    evaluation: DialogueEvaluation | None = None,
    data: str = "the pairs",
    roles: str = "",
) -> Trained:
    """Train `model` on what it does in the states of these pairs, and save it in `out`.

    Args:
        pairs: of gold and contrasting continuations.
        roll: samples conversations, see Roll.
        model: what supervised fine-tuning left, as `train_dpo` takes it; it is the reference, too.
        out: the folder of the result; a finished training is not repeated, a stopped one goes on.
        options: see ACTOptions.
        validation: states of the evaluation loss, which is how unlikely their chosen sides are (SFT's loss).
        evaluation: figures of conversations beside that loss, which can choose the best weights.
        data: how errors and the record call the pairs.
        roles: who classifies, plays the user and scores, for the record.

    Raises:
        InputError: no usable pair, no such model, or `out` holds a training with other settings.
        MissingExtra: TRL or PEFT is not installed.
    """
    options = options or ACTOptions()
    states = drawn_actions(pairs, options.seed) if options.random_actions else list(pairs)

    def kind() -> dict[str, Any]:
        from duologue.training.act_trainer import ACTTrainer

        return {"kind": ACTTrainer, "act": options}

    return _train(states, roll, kind, model, Path(out), options, validation, evaluation, data, roles)


def train_grpo(
    pairs: Sequence[Pair],
    roll: Roll,
    *,
    model: str,
    out: str | Path,
    options: GRPOOptions | None = None,
    validation: Sequence[Pair] | None = None,
    evaluation: DialogueEvaluation | None = None,
    data: str = "the pairs",
    roles: str = "",
) -> Trained:
    """The rival of `train_act`, on the same conversations and scores; see there.

    Of the pairs it needs the states and the gold actions only.
    """
    options = options or GRPOOptions()

    def kind() -> dict[str, Any]:
        from duologue.training.grpo_trainer import GRPOTrainer

        return {"kind": GRPOTrainer, "grpo": options}

    return _train(list(pairs), roll, kind, model, Path(out), options, validation, evaluation, data, roles)


def _train(
    states: list[Pair],
    roll: Roll,
    kind: Callable[[], dict[str, Any]],
    model: str,
    folder: Path,
    options: PreferenceOptions,
    validation: Sequence[Pair] | None,
    evaluation: DialogueEvaluation | None,
    data: str,
    roles: str,
) -> Trained:
    require_training(options, has_validation=validation is not None, evaluation=evaluation)
    started = time.time()
    with quiet_libraries():
        held_out = None if validation is None else pair_examples(validation)
        prepared = prepare(pair_examples(states), held_out, model, options, data, evaluation)
        if roles:
            prepared.settings["roles"] = roles

        def own(folder: Path) -> dict[str, Any]:
            from duologue.training.rollout_log import RolloutLog

            return {**kind(), "pairs": states, "roll": roll, "log_rollouts": RolloutLog(folder)}

        return carry_out_pairs(prepared, model, folder, options, evaluation, started=started, name=data, own=own)


def drawn_actions(pairs: Sequence[Pair], seed: int) -> list[Pair]:
    """The pairs with a winning action drawn for each state, turned round where it is the other one (ablation)."""
    return [turned_round(pair) if random.Random(f"{seed}\0{pair.id}").random() < 0.5 else pair for pair in pairs]


def turned_round(pair: Pair) -> Pair:
    """What was rejected is chosen, and its action is the gold one."""
    return msgspec.structs.replace(
        pair,
        chosen=pair.rejected,
        rejected=pair.chosen,
        action=pair.rejected_action,
        rejected_action=pair.action,
    )
