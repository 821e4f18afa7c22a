"""PACIFIC's answers as text and back: spans, amounts with their scale, and how they were worked out.

    spoken({"answer": -12.6, "answer_type": "arithmetic", "derivation": "44.1-56.7", "scale": "million"})
                                    # Spoken("44.1-56.7 = -12.6 million", ["-12.6 million"])
    spoken({"answer": ["2019", "2018"], "answer_type": "multi-span"})      # Spoken("2019; 2018", [])

An amount carries its scale (`%` for percent), since 12.6 and 12.6 million are different answers; a text does not. An
amount that was worked out (`arithmetic`) is said with its derivation, as the published conversion says it; the amount
alone is a reference, so that it is as good.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from duologue.corpora.actions import ACTION, ANSWER, CLARIFY, REFERENCES
from duologue.dialogue import Turn

SCALE, DERIVATION, ANSWER_TYPE = "scale", "derivation", "answer_type"
"""Labels of an answer, where it has them: what an amount is counted in, how it was worked out, what kind it is."""

SPANS = "; "
"""What stands between the spans of an answer."""
EQUALS = " = "
"""What stands between how an amount was worked out and the amount."""

_AMOUNT = re.compile(r"[-+($£€¥ ]*\.?\d[\d,. ]*\)?")
_WORKED_OUT, _QUESTION = "arithmetic", "question"


class Spoken(NamedTuple):
    """An answer as a turn says it, and other texts that are as good."""

    text: str
    others: list[str]


def spoken(record: Mapping[str, Any]) -> Spoken | None:
    """The text of a question's answer; None where it has none that can be said."""
    answer = record.get("answer")
    spans = answer if isinstance(answer, list) else [answer]
    if not all(isinstance(span, str | int | float) and not isinstance(span, bool) for span in spans):
        return None
    scale, derivation = _text(record, SCALE), _text(record, DERIVATION).strip()
    text = SPANS.join(_scaled(str(span), scale) for span in spans if str(span).strip())
    if derivation and record.get(ANSWER_TYPE) == _WORKED_OUT:
        return Spoken(f"{derivation}{EQUALS}{text}", [text])
    return Spoken(text, []) if text else None


def answer_turn(record: Mapping[str, Any], said: Spoken) -> Turn:
    """The system turn of a question."""
    asks = bool(record.get("req_clari", record.get(ANSWER_TYPE) == _QUESTION))
    labels = {ACTION: [CLARIFY if asks else ANSWER]}
    if said.others:
        labels[REFERENCES] = said.others
    for name in (SCALE, DERIVATION, ANSWER_TYPE):
        if _text(record, name).strip():
            labels[name] = [record[name]]
    return Turn("system", said.text, labels=labels)


def answer_record(turn: Turn) -> dict[str, Any]:
    """The fields of a question that its system turn tells, as they are when nothing else is known."""
    asks = turn.labels.get(ACTION) == [CLARIFY]
    scale, derivation = (next(iter(turn.labels.get(name, [])), "") for name in (SCALE, DERIVATION))
    text = turn.said
    begins = f"{derivation.strip()}{EQUALS}"
    if derivation and text.startswith(begins):
        text = text.removeprefix(begins)
    spans = [_unscaled(span, scale) for span in ([text] if asks else text.split(SPANS))]
    kind = _QUESTION if asks else "span" if len(spans) == 1 else "multi-span"
    kind = next(iter(turn.labels.get(ANSWER_TYPE, [])), kind)
    answer: Any = spans
    if kind == _WORKED_OUT and len(spans) == 1:
        answer = _amount(spans[0])
    elif kind == "count":
        answer = spans[0]
    return {
        "answer": answer,
        "derivation": derivation,
        "answer_type": kind,
        "scale": scale,
        "req_clari": asks,
    }


def _text(record: Mapping[str, Any], name: str) -> str:
    """A field that is a text; empty where it is something else or not there."""
    value = record.get(name)
    return value if isinstance(value, str) else ""


def _scaled(span: str, scale: str) -> str:
    if not scale or not _AMOUNT.fullmatch(span.strip()):
        return span
    return f"{span}%" if scale == "percent" else f"{span} {scale}"


def _unscaled(span: str, scale: str) -> str:
    return span.removesuffix("%" if scale == "percent" else f" {scale}") if scale else span


def _amount(text: str) -> int | float | list[str]:
    """A number as JSON has it; a list with the text where it is none."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return [text]
