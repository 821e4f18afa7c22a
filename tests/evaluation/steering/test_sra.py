"""SRA from sums: by hand, and equal to the published aggregation of full tensors."""

from __future__ import annotations

import math

import numpy as np
import pytest
from attention_families import family, some_ids
from published_aggregation import full_tensors, rows_of

from duologue.evaluation.steering.attention_tables import by, main_part
from duologue.evaluation.steering.sra import measure, per_head, per_layer
from duologue.evaluation.steering.sra_row import SRARow
from duologue.models.attention import Watched
from duologue.models.attention.teacher_forced import reply_attention


def test_by_hand() -> None:
    """Two layers, two heads, two reply tokens; a prompt of five tokens, the first a sink; a part of two tokens."""
    kept = [[[0.5, 0.4], [0.3, 0.6]], [[1.0, 1.0], [1.0, 1.0]]]
    part = [[[0.2, 0.1], [0.2, 0.1]], [[0.5, 0.0], [0.5, 0.4]]]
    sums = np.stack([kept, part], -1)
    found = measure(sums, [2], prompt=5, sinks=1)
    first = (0.2 / 0.4 + 0.5 / 1.0) / 2 / 2
    second = (0.1 / 0.5 + 0.2 / 1.0) / 2 / 2
    assert found.sra["response_mean"][0] == pytest.approx((first + second) / 2)
    assert found.sra["first_token"][0] == pytest.approx(first)
    assert found.raw["first_token"][0] == pytest.approx((0.2 + 0.2 + 0.5 + 0.5) / 4 / 2)
    assert found.ratio["response_mean"][0] == pytest.approx((first * 4 + second * 5) / 2)
    one = measure(sums, [2], prompt=5, sinks=1, layers=[1])
    assert one.sra["first_token"][0] == pytest.approx(0.25)
    assert per_layer(sums, [2]).shape == (2, 2, 1)
    assert per_head(sums, [2])[0, :, 0, 0] == pytest.approx([0.2 / 0.5 / 2, 0.2 / 0.3 / 2])


def test_from_a_model_as_published_but_with_the_last_token_of_the_part() -> None:
    ids = some_ids(40)
    (found,) = reply_attention(family("llama"), [Watched(ids, 30, {"name": [(6, 10)]})])
    figures = measure(found.sums.numpy(), [4], prompt=30, sinks=1)
    rows = rows_of(full_tensors(family("llama", eager=True), ids), 30)
    assert figures.sra["response_mean"][0] == pytest.approx(rows[:, 6:10].mean().item(), rel=1e-4)
    assert figures.sra["first_token"][0] == pytest.approx(rows[0, 6:10].mean().item(), rel=1e-4)


def test_a_part_without_tokens_has_no_value() -> None:
    found = measure(np.ones((1, 1, 3, 2)), [0], prompt=5, sinks=1)
    assert math.isnan(found.sra["response_mean"][0])


def test_uniform_attention_has_the_ratio_one() -> None:
    seen = 9 + np.arange(4)
    sums = np.stack([(seen - 2) / seen, 3 / seen], -1)[None, None]
    found = measure(sums, [3], prompt=9, sinks=2)
    assert found.ratio["response_mean"][0] == pytest.approx(1)
    assert found.ratio["first_token"][0] == pytest.approx(1)
    assert found.sra["response_mean"][0] == pytest.approx(np.mean(1 / (seen - 2)))


def row(dialogue: str, layout: str, value: float | None) -> SRARow:
    values = {"response_mean": {"strategy_name": value}}
    return SRARow(
        f"{dialogue}-{layout}", dialogue, "tiny", 5, layout, "Offer Hope",
        sra=values, ratio={"response_mean": {"strategy_name": None if value is None else 100 * value}},
        tokens={"strategy_name": 4, "instruction": 30},
    )  # fmt: skip


def test_tables_by_layout_and_by_strategy() -> None:
    rows = [row("a", "c1_hf", 0.02), row("b", "c1_hf", 0.04), row("a", "standard", 0.01), row("b", "standard", None)]
    assert main_part(rows) == "strategy_name"
    layouts = by(rows, "layout", part="strategy_name")
    assert list(layouts) == ["c1_hf", "standard"]
    assert layouts["c1_hf"].sra.value == pytest.approx(0.03)
    assert layouts["c1_hf"].log_sra.value == pytest.approx((math.log(0.02) + math.log(0.04)) / 2)
    assert layouts["c1_hf"].ratio.value == pytest.approx(3)
    interval = layouts["c1_hf"].sra.interval
    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx((0.02, 0.04))
    assert (layouts["standard"].replies, layouts["standard"].missing) == (1, 1)
    assert by(rows, "strategy", part="strategy_name")["Offer Hope"].replies == 3
