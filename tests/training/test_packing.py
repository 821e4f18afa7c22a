"""Packed examples do not see one another, and where they would, packing is refused."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from toy_task import TOKENS, encode, options

from duologue.errors import InputError
from duologue.training.base_model import load_base
from duologue.training.examples import IGNORED, Rows, to_rows
from duologue.training.packing import isolation_error, pack, require_isolation
from duologue.training.sft import train_sft


@given(st.lists(st.integers(2, 30), min_size=1, max_size=40), st.integers(30, 64))
def test_packing_keeps_every_token_once(lengths: list[int], room: int) -> None:
    ids = [[number * 100 + place for place in range(size)] for number, size in enumerate(lengths)]
    packed = pack(Rows({"input_ids": ids, "labels": ids}, []), room).columns
    assert all(len(row) <= room for row in packed["input_ids"])
    back = {}
    for row, places, labels in zip(packed["input_ids"], packed["position_ids"], packed["labels"], strict=True):
        for token, place, label in zip(row, places, labels, strict=True):
            assert token % 100 == place
            assert label == (IGNORED if place == 0 else token)
            back.setdefault(token // 100, []).append(token)
    assert [back[number] for number in range(len(ids))] == ids


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_packed_logits_equal_separate_ones(tied_llama: Path, attention: str) -> None:
    model = load_base(f"hf:{tied_llama}").model
    model.set_attn_implementation(attention)
    generator = random.Random(0)
    examples = [[generator.randrange(2, 300) for _ in range(size)] for size in (17, 9, 23)]
    assert isolation_error(model, examples) < 1e-4


def test_packing_is_refused_where_examples_see_one_another(tied_llama: Path) -> None:
    base = load_base(f"hf:{tied_llama}")
    forward = base.model.forward

    def leaking(input_ids: torch.Tensor, position_ids: Any = None, **options: Any) -> Any:
        return forward(input_ids, attention_mask=torch.ones_like(input_ids), position_ids=position_ids, **options)

    base.model.forward = leaking
    rows = to_rows(encode()(base.tokenizer), loss="completion", max_length=256, what="toy")
    with pytest.raises(InputError, match="see one another"):
        require_isolation(base.model, rows, 256)


def test_a_packed_training_trains(tied_llama: Path, tmp_path: Path) -> None:
    done = train_sft(
        encode(), model=f"hf:{tied_llama}", out=tmp_path / "p", options=options(12, packing=True, max_length=256),
        validation=encode(9), special_tokens=TOKENS,
    )  # fmt: skip
    assert done.record["rows"] < done.record["examples"] / 2
    assert done.record["eval_loss"] < 6
