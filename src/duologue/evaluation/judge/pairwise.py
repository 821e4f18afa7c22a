"""A model compares two systems' answers, each pair in both orders.

    rows = await judge_pairs(found, lambda _: ModelAsk(desk, seed=0))
    rows[0].outcome, rows[0].verdicts

The protocol of MT-Bench (Zheng et al. 2023, "Judging LLM-as-a-Judge with MT-Bench and Chatbot Arena"): the strategy
first, then quality. A system wins where it does in both orders; a tie in either order, or another winner in each, is a
tie. An answer of the judge without a verdict makes its comparison `unparsable`, a failed request `failed`: both are
counted, and stand in every share's denominator.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Literal, TypeAlias

import msgspec

from duologue.evaluation.asking import JUDGE, answer_of, side_by_side
from duologue.evaluation.comparisons.comparison import Comparison, Comparisons
from duologue.models.failure import ModelFailure
from duologue.prompts.ask import Answer, Ask, AskFor, Sampling

Verdict: TypeAlias = Literal["first", "second", "tie"]
"""Of the two systems, whatever the order in which their answers were shown."""
Outcome: TypeAlias = Literal["first", "second", "tie", "unparsable", "failed"]

PROMPT = "judge/pairwise"
NAMES = {"user": "User", "system": "Assistant", "tool": "Tool"}
DEFAULT = Sampling(max_tokens=1024)
_VERDICT = re.compile(r"^\W*verdict\W+(A|B|tie)\W*$", re.IGNORECASE | re.MULTILINE)


class PairwiseRow(msgspec.Struct, frozen=True):
    """One comparison.

    Attributes:
        id: what was answered.
        conversation: the conversation it is from.
        strategy: what was to be followed; None where nothing.
        outcome: what both orders together say.
        verdicts: with the first system's answer shown first, and shown second; None where there was none to be read.
        said: what the judge wrote in these orders, or why it wrote nothing.
        keys: of these replies in the ledger; empty where there is none.
    """

    id: str
    conversation: str
    strategy: str | None
    outcome: Outcome
    verdicts: tuple[Verdict | None, Verdict | None]
    said: tuple[str, str]
    keys: tuple[str, str]


async def judge_pairs(
    found: Comparisons,
    ask_for: AskFor,
    *,
    sampling: Sampling = DEFAULT,
    on_row: Callable[[], object] = lambda: None,
) -> list[PairwiseRow]:
    """Ask about every comparison, twice.

    Args:
        found: what is compared.
        ask_for: who is asked about a comparison.
        sampling: how the judge's answers are drawn.
        on_row: called when a comparison is judged.

    Raises:
        ModelFailure: a fatal one, e.g. no server; any other makes that comparison `failed`.
    """
    return await side_by_side(found.comparisons, lambda each: _judged(each, ask_for(each.id), sampling), on_row)


def verdict_in(answer: str) -> str | None:
    """`A`, `B` or `TIE`, from the last line that is a verdict; None where no line is."""
    found = _VERDICT.findall(answer)
    return found[-1].upper() if found else None


async def _judged(each: Comparison, ask: Ask, sampling: Sampling) -> PairwiseRow:
    texts = (each.first.text, each.second.text)
    straight, turned = await asyncio.gather(
        _asked(each, texts, ask, sampling), _asked(each, (texts[1], texts[0]), ask, sampling)
    )
    verdicts = (_verdict(straight, ("first", "second")), _verdict(turned, ("second", "first")))
    failed = isinstance(straight, ModelFailure) or isinstance(turned, ModelFailure)
    return PairwiseRow(
        each.id,
        each.conversation,
        each.strategy.name if each.strategy else None,
        "failed" if failed else outcome_of(*verdicts),
        verdicts,
        (_said(straight), _said(turned)),
        (_key(straight), _key(turned)),
    )


def outcome_of(straight: Verdict | None, turned: Verdict | None) -> Outcome:
    """What the verdicts of both orders say together."""
    if straight is None or turned is None:
        return "unparsable"
    return straight if straight == turned else "tie"


async def _asked(each: Comparison, shown: tuple[str, str], ask: Ask, sampling: Sampling) -> Answer | ModelFailure:
    return await answer_of(
        ask(
            PROMPT,
            role=JUDGE,
            sampling=sampling,
            strategy=each.strategy,
            turns=each.history,
            names=NAMES | each.first.roles,
            first=shown[0],
            second=shown[1],
        )
    )


def _verdict(answer: Answer | ModelFailure, sides: tuple[Verdict, Verdict]) -> Verdict | None:
    named = None if isinstance(answer, ModelFailure) else verdict_in(answer.text)
    return None if named is None else {"A": sides[0], "B": sides[1], "TIE": "tie"}[named]


def _said(answer: Answer | ModelFailure) -> str:
    return str(answer) if isinstance(answer, ModelFailure) else answer.text


def _key(answer: Answer | ModelFailure) -> str:
    return "" if isinstance(answer, ModelFailure) else answer.key
