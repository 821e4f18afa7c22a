"""GRPO on ACT's conversations: advantages and loss as written, and what scores better becomes more probable."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import ValidationError
from toy_act import toy_roller
from toy_pairs import dpo_options, said, toy_pairs
from toy_task import TOKENS, encode
from toy_task import options as sft_options

from duologue.dialogue import read_rows
from duologue.training.act import train_grpo
from duologue.training.adapter import load_adapter
from duologue.training.base_model import load_base
from duologue.training.grpo_trainer import GRPOTrainer, advantages
from duologue.training.preference import prepare
from duologue.training.preference_data import pair_examples
from duologue.training.preference_options import GroupOptions, GRPOOptions
from duologue.training.preference_trainer import build_pair_trainer
from duologue.training.reference import load_policy
from duologue.training.rollout_log import Rolled, RolloutLog
from duologue.training.sft import train_sft
from duologue.views.preference import Pair, Rollout
from duologue.views.preference_tokens import continuation_tokens


def grpo_options(steps: int, **changes: Any) -> GRPOOptions:
    shared = dpo_options(steps).model_dump(exclude={"beta", "label_smoothing", "sft_weight"})
    return GRPOOptions(**{**shared, "sampling": GroupOptions(samples=3, max_new_tokens=6, max_turns=2), **changes})


def three(model: Any, tokenizer: Any, pairs: Sequence[Pair], step: int) -> list[list[Rollout]]:
    """A good answer, a bad one, and one whose helper failed."""
    return [
        [
            Rollout(pair.id, said("where?", "there", "fine"), ("clarify", "answer"), "fine", 1.0),
            Rollout(pair.id, said("no idea"), ("answer",), "no idea", 0.0),
            Rollout(pair.id, said("hm"), ("answer",), "hm", 1.0, ("user: timeout",)),
        ]
        for pair in pairs
    ]


def test_advantages_are_of_the_group_and_failures_are_not_in_it() -> None:
    good, bad, failed = advantages([1.0, 0.0, None])
    assert (good, bad) == pytest.approx((1.0, -1.0), abs=1e-3)
    assert failed is None
    assert advantages([0.1, 0.1, 0.1, None]) == [0, 0, 0, None]
    assert advantages([1.0, None]) == [0, None]
    assert advantages([None, None]) == [None, None]
    with pytest.raises(ValidationError, match="greater than or equal to 2"):
        GRPOOptions(sampling=GroupOptions(samples=1))


def probability(model: Any, tokenizer: Any, pair: Pair, *texts: str) -> float:
    """The mean log-probability of the policy's tokens in a continuation."""
    prompt = [{"role": each.role, "content": each.content} for each in pair.prompt]
    tokens = continuation_tokens(prompt, said(*texts), tokenizer)
    with torch.no_grad():
        scores = model(torch.tensor([tokens.ids])).logits[0, :-1].log_softmax(-1)
    each = scores[torch.arange(len(tokens.ids) - 1), torch.tensor(tokens.ids[1:])]
    marks = torch.tensor(tokens.trained[1:])
    return float((each * marks).sum() / marks.sum())


def test_what_scores_better_becomes_more_probable(chat_llama: Path, tmp_path: Path) -> None:
    pairs = toy_pairs(8)
    done = train_grpo(pairs, three, model=str(chat_llama), out=tmp_path, options=grpo_options(8))
    assert done.record["method"] == "grpo"
    base, tuned = load_base(str(chat_llama)), load_adapter(tmp_path)
    for pair in pairs:
        good, bad = (
            [probability(each.model, each.tokenizer, pair, *texts) for each in (base, tuned)]
            for texts in (("where?", "there", "fine"), ("no idea",))
        )
        assert good[1] > good[0] + 0.5
        assert bad[1] < bad[0]
    row = next(read_rows(tmp_path / "rollouts.jsonl", Rolled))
    assert row.reasons[2] == "failed"


def five(model: Any, tokenizer: Any, pairs: Sequence[Pair], step: int) -> list[list[Rollout]]:
    """The same with one that scores in the middle, and one that was cut."""
    more = [Rollout(each.id, said("so so"), ("answer",), "so so", 0.5) for each in pairs]
    cut = [Rollout(each.id, said("on and"), ("answer",), "on and", 0.5, cut=(0,)) for each in pairs]
    found = three(model, tokenizer, pairs, step)
    return [[*each, middle, last] for each, middle, last in zip(found, more, cut, strict=True)]


@pytest.mark.parametrize("kind", ["new adapter", "sft adapter", "full"])
def test_the_loss_is_the_papers(kind: str, chat_llama: Path, tied_llama: Path, tmp_path: Path) -> None:
    """Shao et al. 2024, eqs. 3 and 4, with nothing of TRL: a mean over tokens, over a group, over states."""
    pairs, settings = (
        toy_pairs(2),
        grpo_options(3, batch_size=2, beta=0.5, **({"lora": None} if kind == "full" else {})),
    )
    model = str(chat_llama)
    if kind == "sft adapter":
        model = str(tmp_path / "sft")
        train_sft(encode(), model=f"hf:{tied_llama}", out=model, options=sft_options(12), special_tokens=TOKENS)
    prepared = prepare(pair_examples(pairs), None, model, settings, "toy", None)
    before = load_policy(model, settings, "fp32")
    base = load_policy(model, settings, "fp32")
    own = {"kind": GRPOTrainer, "grpo": settings, "pairs": pairs, "roll": five, "log_rollouts": RolloutLog(tmp_path)}
    trainer = build_pair_trainer(base, prepared.rows, None, tmp_path, settings, "fp32", name="toy", **own)
    trainer.train()
    batch = trainer.collate([trainer._learnt[0], trainer._learnt[1]])
    policy = trainer.model
    with torch.no_grad():
        loss = float(trainer.compute_loss(policy, batch))
        expected = 0.0
        for row in range(10):
            ids, marks = batch["input_ids"][row], batch["completion_mask"][row, 1:]

            def each(of: Any, ids: Any = ids) -> Any:
                scores = of(ids[None]).logits[0, :-1].log_softmax(-1)
                return scores[torch.arange(len(ids) - 1), ids[1:]]

            reference = each(before.model.eval()) - each(policy)
            away = reference.exp() - reference - 1
            advantage = [1, -1, None, 0, 0][row % 5]  # rewards 1, 0, none, .5, .5, whose deviation is .354
            if advantage is not None:
                terms = (advantage * 0.5 / (0.5**1.5 + 1e-4) - 0.5 * away) * marks
                expected -= float(terms.sum() / marks.sum()) / 4 / 2
    assert loss == pytest.approx(expected, abs=1e-5)
    assert abs(loss) > 1e-3
    decode = trainer.processing_class.decode
    counted = [
        decode(ids[marks.bool()]) for ids, marks in zip(batch["input_ids"], batch["completion_mask"], strict=True)
    ]
    assert counted[0].count(trainer.processing_class.eos_token) == 2
    assert counted[4].strip() == "on and"


def test_the_model_carries_its_own_conversations_and_the_reward_may_know_the_action(
    chat_llama: Path, tmp_path: Path
) -> None:
    options = grpo_options(4, action_weight=0.5, lora=None, learning_rate=1e-3)
    with toy_roller(options.sampling) as roll:
        train_grpo(toy_pairs(), roll, model=str(chat_llama), out=tmp_path, options=options)
    rows = list(read_rows(tmp_path / "rollouts.jsonl", Rolled))
    assert len(rows) == 16
    assert {len(row.rollouts) for row in rows} == {3}
    assert json.loads((tmp_path / "training.json").read_text())["finished"]
