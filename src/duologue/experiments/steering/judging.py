"""Stage `evaluate`: following and attention of every condition, and what they say of the paper's claims.

`results.json` holds all figures; `following.jsonl` and `attention.jsonl` a row a reply, with the condition as layout.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from duologue.corpora.strategy_replies import strategy_replies
from duologue.dialogue import read, write_rows
from duologue.evaluation.bootstrap import decode_figures
from duologue.evaluation.steering.attention_tables import SRAFigures, by, by_depth
from duologue.evaluation.steering.correlation import Correlation, correlate
from duologue.evaluation.steering.following import FollowingRow, FollowingScore, recognise, score_following
from duologue.evaluation.steering.sra_row import ROWS, SRARow, read_rows_of
from duologue.experiments.claims import Claim
from duologue.experiments.stages import Work
from duologue.experiments.steering.claims import claims
from duologue.experiments.steering.conditions import Condition, conditions
from duologue.experiments.steering.rows import Row
from duologue.experiments.steering.settings import EvaluateSettings, SteeringRecipe
from duologue.files import write_json
from duologue.models.text_classifier import TextClassifier
from duologue.operators.run_folder import DIALOGUES
from duologue.prompts.steering import Layout

RESULTS, FOLLOWING = "results.json", "following.jsonl"


class Attention(msgspec.Struct, frozen=True):
    """SRA of a condition's replies: of all, of each strategy, and of each depth (utterances before the reply)."""

    replies: SRAFigures
    strategies: dict[str, SRAFigures]
    depths: dict[int, SRAFigures]


class ConditionResult(msgspec.Struct, frozen=True):
    """A condition.

    Attributes:
        layout: where the instruction stood.
        tuned: asked was the trained model.
        rejected: pairs without a reply, by gate.
        following: of its replies.
        attention: of the same; None where it was not measured.
    """

    layout: Layout
    tuned: bool
    rejected: dict[str, int]
    following: FollowingScore
    attention: Attention | None


class SteeringResults(msgspec.Struct, frozen=True):
    """Name of a condition -> what was found; how attention and following go together; the paper's claims."""

    conditions: dict[str, ConditionResult]
    correlation: Correlation | None
    claims: list[Claim]


def evaluate(work: Work, recipe: SteeringRecipe) -> dict[str, Any]:
    """Judge all replies.

    Raises:
        InputError: the classifier does not know a strategy.
    """
    classifier = TextClassifier.load(work.inputs["classifier"] / work.facts["classifier"]["folder"])
    results: dict[str, ConditionResult] = {}
    rows: dict[Condition, list[Row]] = {}
    everything: list[FollowingRow] = []
    measured: list[SRARow] = []
    for condition in conditions(recipe):
        replies = strategy_replies(read(work.inputs[f"continue/{condition.stage}"] / DIALOGUES))
        found = [replace(row, layout=condition.name) for row in recognise(list(replies), classifier)]
        own = _attention_rows(work, condition, found) if recipe.attend is not None else []
        rows[condition] = _joined(found, own, recipe.evaluate)
        results[condition.name] = ConditionResult(
            condition.layout,
            condition.tuned,
            work.facts[f"continue/{condition.stage}"]["rejected"],
            score_following(found, classifier=classifier.fingerprint, seed=recipe.seed),
            _attention(own, recipe.evaluate, recipe.seed) if own else None,
        )
        everything += found
        measured += own
    correlation = None
    if measured:
        asked = recipe.evaluate
        correlation = correlate(everything, measured, mode=asked.mode, span=asked.part, seed=recipe.seed)
    write_rows(work.folder / FOLLOWING, everything)
    write_rows(work.folder / ROWS, measured)
    judged = claims(rows, correlation, seed=recipe.seed)
    write_json(work.folder / RESULTS, SteeringResults(results, correlation, judged))
    return {"replies": len(everything), "claims": {claim.says: claim.answer for claim in judged}}


def read_results(folder: Path) -> SteeringResults:
    """The figures of a finished stage."""
    return decode_figures((folder / RESULTS).read_bytes(), SteeringResults)


def _attention_rows(work: Work, condition: Condition, found: list[FollowingRow]) -> list[SRARow]:
    """The rows of replies with a strategy, of whose conversations intervals are drawn."""
    conversation = {row.id: row.conversation for row in found}
    return [
        replace(row, layout=condition.name, dialogue=conversation[row.id])
        for row in read_rows_of(work.inputs[f"attend/{condition.stage}"])
        if row.id in conversation
    ]


def _joined(found: list[FollowingRow], own: list[SRARow], asked: EvaluateSettings) -> list[Row]:
    attention = {row.id: row for row in own}

    def values(id: str) -> tuple[float | None, float | None]:
        row = attention.get(id)
        if row is None:
            return None, None
        return row.sra.get(asked.mode, {}).get(asked.part), row.ratio.get(asked.mode, {}).get(asked.part)

    return [Row(row.id, row.conversation, row.depth, row.followed, *values(row.id)) for row in found]


def _attention(own: list[SRARow], asked: EvaluateSettings, seed: int) -> Attention:
    (everything,) = by(own, "layout", part=asked.part, mode=asked.mode, seed=seed).values()
    return Attention(
        everything,
        by(own, "strategy", part=asked.part, mode=asked.mode, seed=seed),
        by_depth(own, part=asked.part, mode=asked.mode, seed=seed),
    )
