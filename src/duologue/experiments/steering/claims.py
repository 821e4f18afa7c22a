"""The paper's claims (Madani and Srihari 2024) and what a run says of each.

    for claim in claims({"standard": rows, "c1_hf": others}, correlation): print(claim.says, claim.answer)

A claim is told where its conditions were run, and judged where there are at least ten conversations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from duologue.evaluation.bootstrap import Difference, Figure, Interval
from duologue.evaluation.steering.correlation import Correlation
from duologue.experiments.claims import Answer, Claim, answer_above, judged_where_enough, with_interval
from duologue.experiments.steering.conditions import Condition
from duologue.experiments.steering.rows import (
    PER,
    Pairs,
    Row,
    Value,
    difference,
    difference_of_trends,
    followed,
    log_ratio,
    log_sra,
    trend,
)
from duologue.prompts.steering import Layout

_UNITS: dict[Value, tuple[str, int]] = {log_sra: ("in log SRA", 2), followed: ("points", 1)}
Rows = Mapping[Condition, Sequence[Row]]


def claims(rows: Rows, correlation: Correlation | None, *, seed: int = 0) -> list[Claim]:
    """Judge the claims that these conditions allow.

    Args:
        rows: condition -> its replies.
        correlation: of attention and following over the conditions.
        seed: of the bootstrap.
    """
    found = [*_forgetting(rows, seed), *_layouts(rows, seed), *_together(correlation), *_tuning(rows, seed)]
    return judged_where_enough(found, len({row.conversation for own in rows.values() for row in own}))


def _forgetting(rows: Rows, seed: int) -> Iterator[Claim]:
    """With the whole conversation between instruction and reply, the strategy fades."""
    standard = rows.get(Condition("standard", False))
    if standard and _measured([(standard, standard)]):
        absolute, relative = (trend(standard, value, seed=seed) for value in (log_sra, log_ratio))
        yield Claim(
            "The longer the conversation, the less attention the strategy gets (standard layout).",
            "log SRA falls by about half an order of magnitude from 5 to 23 utterances",
            f"log SRA {_told(absolute, 2)} per {PER} utterances; relative to uniform attention, which thins out with "
            f"every token, {_told(relative, 2)}",
            _falls(absolute),
        )
    if standard:
        slope = trend(standard, followed, seed=seed)
        yield Claim(
            "The longer the conversation, the less a reply follows its strategy (standard layout).",
            "Llama 3 8B: about 84 % at 7 messages, 35 to 40 % at 23 and more",
            f"{_told(slope, 1)} points per {PER} utterances",
            _falls(slope),
        )
    near = _pairs(rows, [("c1_hf", "standard")])
    yield from _trends(
        "With the history before the instruction and one chat turn (c1_hf), attention falls less.",
        "c1_hf nearly flat",
        near, log_sra, seed,
    )  # fmt: skip
    yield from _trends(
        "With c1_hf, following falls less.",
        "Llama 3 8B: from 86 to 90 % down to about 75 %",
        near, followed, seed,
    )  # fmt: skip


def _layouts(rows: Rows, seed: int) -> Iterator[Claim]:
    """Where the instruction stands decides."""
    near = _pairs(rows, [("c1_hf", "standard")])
    yield from _means(
        "The strategy gets more attention with c1_hf than with the standard layout.",
        "Llama 3 8B: log SRA -5.76 against -6.92",
        near, log_sra, seed,
    )  # fmt: skip
    yield from _means(
        "It is followed more with c1_hf than with the standard layout.",
        "Llama 3 8B: 81.1 % against 59.4 %; Llama 2 7B: 76.5 % against 14.4 %",
        near, followed, seed,
    )  # fmt: skip
    yield from _means(
        "History before the instruction leaves it more attention than history after it (hf against hl).",
        "log SRA higher in all three pairs of layouts (Llama 3 8B), in two of three (Llama 2 7B)",
        _pairs(rows, [("c1_hf", "c1_hl"), ("c3_hf", "c3_hl"), ("c5_hf", "c5_hl")]), log_sra, seed,
    )  # fmt: skip
    yield from _means(
        "The fewer turns stay chat turns, the more the strategy is followed (c1 against c5).",
        "Llama 3 8B: 81.6 % against 69.7 % in the mean",
        _pairs(rows, [("c1_hf", "c5_hf"), ("c1_hl", "c5_hl")]), followed, seed,
    )  # fmt: skip


def _together(correlation: Correlation | None) -> Iterator[Claim]:
    over = None if correlation is None else correlation.layout_pearson
    if over is not None and over.interval is not None:
        yield Claim(
            "Conditions with more attention to the strategy are those that follow it more.",
            "Pearson's r over models and layouts .94 (Llama 2), .80 (Llama 3)",
            f"r over conditions {with_interval(over.value, over.interval, 2)}",
            answer_above(over.interval),
        )


def _tuning(rows: Rows, seed: int) -> Iterator[Claim]:
    """A trained model needs no such layout."""
    before, after = (rows.get(Condition("standard", tuned)) for tuned in (False, True))
    pairs: Pairs = [(after, before)] if before and after else []
    yield from _means(
        "Fine-tuning raises the attention to the strategy (standard layout).",
        "Llama 3 8B: log SRA from -6.92 to -5.76",
        pairs, log_sra, seed,
    )  # fmt: skip
    yield from _means(
        "Fine-tuning makes replies follow it (standard layout).",
        "from 59.4 % to 94.0 % (Llama 3 8B), from 14.4 % to 93.3 % (Llama 2 7B)",
        pairs, followed, seed,
    )  # fmt: skip
    yield from _trends(
        "After fine-tuning, following falls less as the conversation grows.",
        "flat between 90 and 97 %",
        pairs, followed, seed,
    )  # fmt: skip


def _means(says: str, paper: str, pairs: Pairs, value: Value, seed: int) -> Iterator[Claim]:
    """That the first conditions of the pairs have more."""
    if _can_be_told(pairs, value):
        apart = difference(pairs, value, seed=seed)
        unit, digits = _UNITS[value]
        yield Claim(says, paper, f"{_told(apart, digits)} {unit}", answer_above(apart.interval))


def _trends(says: str, paper: str, pairs: Pairs, value: Value, seed: int) -> Iterator[Claim]:
    """That the first conditions of the pairs lose less with depth."""
    if _can_be_told(pairs, value):
        apart = difference_of_trends(pairs, value, seed=seed)
        unit, digits = _UNITS[value]
        told = f"{_told(apart, digits)} {unit} per {PER} utterances apart"
        yield Claim(says, paper, told, answer_above(apart.interval))


def _pairs(rows: Rows, layouts: Sequence[tuple[Layout, Layout]]) -> Pairs:
    asked = [(rows.get(Condition(first, False)), rows.get(Condition(second, False))) for first, second in layouts]
    return [(first, second) for first, second in asked if first and second]


def _can_be_told(pairs: Pairs, value: Value) -> bool:
    return bool(pairs) and (value is followed or _measured(pairs))


def _measured(pairs: Pairs) -> bool:
    return all(any(row.sra for row in rows) for both in pairs for rows in both)


def _falls(slope: Figure) -> Answer:
    assert slope.interval is not None
    return answer_above(Interval(-slope.interval.high, -slope.interval.low))


def _told(found: Figure | Difference, digits: int) -> str:
    value = found.value if isinstance(found, Figure) else found.difference
    assert found.interval is not None
    return with_interval(value, found.interval, digits)
