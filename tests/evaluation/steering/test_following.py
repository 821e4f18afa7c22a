"""Following, its correlation with attention, and predictability, on replies whose answer is known."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from strategy_talk import told_talk

from duologue.corpora.strategy_replies import strategy_replies
from duologue.errors import InputError
from duologue.evaluation.bootstrap import draws
from duologue.evaluation.steering.correlation import correlate
from duologue.evaluation.steering.following import FollowingRow, score_following
from duologue.evaluation.steering.predictability import NGrams, predictability
from duologue.evaluation.steering.sra_row import SRARow


def row(number: int, asked: str, recognised: str, layout: str = "standard", depth: int = 5) -> FollowingRow:
    return FollowingRow(f"b{number}", f"talk{number // 4}", asked, recognised, 0.9, 0.5, depth, layout)


def measured(name: str, value: float | None, layout: str | None) -> SRARow:
    return SRARow(name, "dialogue", "model", 5, layout, sra={"response_mean": {"strategy_name": value}})


ROWS = [
    row(0, "Question", "Question"),
    row(1, "Question", "Others", depth=7),
    row(2, "Others", "Others", layout="c1_hf"),
    row(3, "Others", "Others", layout="c1_hf", depth=7),
    row(4, "Question", "Question", layout="c1_hf", depth=7),
    row(5, "Others", "Question", depth=7),
    row(6, "Others", "Others", layout="c3_hf"),
    row(7, "Others", "Question", layout="c3_hf"),
]


def test_following_is_counted_in_total_per_strategy_layout_and_depth() -> None:
    score = score_following(ROWS, seed=1)
    assert (score.replies, score.conversations) == (8, 2)
    assert score.accuracy.value == pytest.approx(62.5)
    assert score.accuracy.interval is not None
    assert (score.accuracy.interval.low, score.accuracy.interval.high) == (50.0, 75.0)  # of whole conversations
    assert score.strategies["Question"].accuracy.value == pytest.approx(200 / 3)
    assert score.score.classes["Question"].precision == pytest.approx(50)
    assert {name: share.accuracy.value for name, share in score.layouts.items()} == {
        "c1_hf": 100, "c3_hf": 50, "standard": pytest.approx(100 / 3),
    }  # fmt: skip
    assert score.depths[5].accuracy.value == 75
    assert score.layout_depths["standard"][7].replies == 2
    assert score.layout_depths["standard"][7].accuracy.value == 0


def test_attention_is_joined_by_id_and_correlated() -> None:
    sra = {each.id: 0.001 * (1 + at) for at, each in enumerate(ROWS)}
    attention = [measured(each.id, sra[each.id], each.layout) for each in ROWS]
    attention += [measured("b0", 1.0, "another layout")]
    attention[1] = measured("b1", None, "standard")
    found = correlate(ROWS, attention)
    kept = [each for each in ROWS if each.id != "b1"]
    values, followed = [sra[each.id] for each in kept], [each.followed for each in kept]
    assert (found.replies, found.unmatched) == (7, 1)
    assert found.pearson.value == pytest.approx(np.corrcoef(values, followed)[0, 1])
    assert found.log_pearson.value == pytest.approx(np.corrcoef(np.log(values), followed)[0, 1])
    assert found.layouts["c1_hf"].accuracy == 100
    assert found.layouts["c3_hf"].log_sra == pytest.approx((math.log(0.007) + math.log(0.008)) / 2)
    means = [(each.sra, each.accuracy) for each in found.layouts.values()]
    assert found.layout_pearson is not None
    assert found.layout_pearson.value == pytest.approx(np.corrcoef(*zip(*means, strict=True))[0, 1])
    with pytest.raises(InputError, match="0 replies have an SRA"):
        correlate(ROWS, attention, mode="first_token")


def test_over_layouts_conversations_are_drawn_and_every_mean_is_taken_anew() -> None:
    rng = random.Random(5)
    rows, attention = [], []
    for number in range(160):
        layout, sure = [("c1_hf", 0.9), ("c3_hf", 0.7), ("c5_hf", 0.6), ("standard", 0.5)][number % 4]
        recognised = "Question" if rng.random() < sure else "Others"
        rows.append(FollowingRow(f"b{number}", f"talk{number // 8}", "Question", recognised, 0.9, 0.5, 5, layout))
        attention.append(measured(f"b{number}", sure * rng.lognormvariate(-5, 1), layout))
    found = correlate(rows, attention, seed=3)
    sra = {each.key: each.sra["response_mean"]["strategy_name"] for each in attention}
    talks = [f"talk{number}" for number in range(20)]
    drawn: dict[str, list[float]] = {"layout_pearson": [], "layout_log_pearson": []}
    for counts in np.concatenate(list(draws(len(talks), seed=3))):
        times = dict(zip(sorted(talks), map(int, counts), strict=True))
        own = [each for each in rows for _ in range(times[each.conversation])]
        layouts = [[each for each in own if each.layout == name] for name in found.layouts]
        followed = [np.mean([each.followed for each in some]) for some in layouts]
        for name, taken in (("layout_pearson", float), ("layout_log_pearson", math.log)):
            means = [np.mean([taken(sra[each.id, each.layout] or 0) for each in some]) for some in layouts]
            drawn[name].append(float(np.corrcoef(means, followed)[0, 1]))
    for name, each in drawn.items():
        interval = getattr(found, name).interval
        assert (interval.low, interval.high) == pytest.approx(tuple(np.quantile(each, [0.025, 0.975])))


def test_two_layouts_or_layouts_that_do_not_differ_have_no_correlation() -> None:
    attention = [measured(each.id, 0.002, each.layout) for each in ROWS]
    assert correlate(ROWS, attention).layout_pearson is None
    two = [each for each in ROWS if each.layout != "c3_hf"]
    assert correlate(two, [measured(each.id, 0.001, each.layout) for each in two]).layout_log_pearson is None


def test_strategies_are_told_from_words_and_the_words_are_named() -> None:
    replies = list(strategy_replies(told_talk(12)))
    found = predictability(replies, NGrams())
    assert found.accuracy.value > 95
    assert found.macro_f1.value > 95
    assert found.chance == pytest.approx(100 / 3)
    assert found.conversations == 12
    assert "?" in found.words["Question"]
    assert any("happy" in word for word in found.words["Others"])
    assert any(" " in word for word in predictability(replies, NGrams(2, 3)).words["Information"])


def test_what_is_the_same_within_a_conversation_only_does_not_help() -> None:
    """Each conversation has words and a strategy of its own: nothing of it can be known from others."""
    replies = [
        reply._replace(text=f"word{reply.conversation} again", strategy="Question" if at % 2 else "Others")
        for at, name in enumerate(sorted({each.conversation for each in strategy_replies(told_talk(20))}))
        for reply in strategy_replies(told_talk(20))
        if reply.conversation == name
    ]
    assert predictability(replies, NGrams(1, 1)).accuracy.value < 70


def test_too_little_is_told_in_one_line() -> None:
    with pytest.raises(InputError, match="2 conversations with 3 strategies"):
        predictability(list(strategy_replies(told_talk(2))), NGrams())
