"""The figures of an evaluation, under the names that the public evaluator prints them with.

score.inform["total"], score.bleu["spans"], score.dst.joint_accuracy
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from duologue.evaluation.bleu import bleu_signature
from duologue.evaluation.bootstrap import Interval
from duologue.evaluation.richness import Richness
from duologue.evaluation.tod.active_domains import ActiveDomains
from duologue.evaluation.tod.inform_success import Match
from duologue.evaluation.tod.outcomes import TOTAL, Rates
from duologue.evaluation.tod.predictions import Survey
from duologue.evaluation.tod.problems import Problems
from duologue.evaluation.tod.state_tracking import TrackingFigures


class TodScore(msgspec.Struct, frozen=True):
    """One system's figures; the first twelve as the public evaluator has them.

    Attributes:
        inform: percent of dialogues, per domain and `total`.
        success: the same.
        bleu: by set of references.
        richness: entropy, cond_entropy, avg_lengths, msttr, num_unigrams, num_bigrams, num_trigrams.
        dst: state tracking as published; None where the file has no states.
        dialogues: judged.
        turns: judged.
        inform_count: dialogues that inform.
        success_count: dialogues that succeed.
        has_state: whether every turn of the file has a state.
        has_active_domains: whether every turn of the file says its domains.
        unknown_placeholders: name -> how often.
        dst_unified: state tracking with booking slots named alike.
        domains: dialogues with each domain, the denominators of the rates.
        intervals: of inform and success, at 95 %, by bootstrap over dialogues.
        states: which states were judged.
        active_domains: where active domains come from; it decides scores.
        match: when an offer fits the goal.
        references: dialogues of the corpus.
        bleu_signature: of sacreBLEU.
        problem_counts: kind -> how often.
        problems: the first of them, with their places.
    """

    inform: dict[str, float]
    success: dict[str, float]
    bleu: dict[str, float]
    richness: dict[str, float]
    dst: TrackingFigures | None
    dialogues: int
    turns: int
    inform_count: int
    success_count: int
    has_state: bool
    has_active_domains: bool
    unknown_placeholders: dict[str, int]
    dst_unified: TrackingFigures | None
    domains: dict[str, int]
    intervals: dict[str, dict[str, Interval]]
    states: str
    active_domains: ActiveDomains
    match: Match
    references: int
    bleu_signature: str
    problem_counts: dict[str, int]
    problems: list[str]

    @classmethod
    def of(
        cls,
        rates: Rates,
        *,
        bleu: dict[str, float],
        richness: Richness,
        dst: TrackingFigures | None,
        dst_unified: TrackingFigures | None,
        turns: int,
        survey: Survey,
        unknown: Mapping[str, int],
        match: Match,
        states: str,
        active_domains: ActiveDomains,
        problems: Problems,
        references: int,
        seed: int,
    ) -> TodScore:
        """Put the figures together."""
        return cls(
            inform=_printed(rates.inform),
            success=_printed(rates.success),
            bleu=bleu,
            richness=published_richness(richness),
            dst=dst,
            dialogues=rates.dialogues[TOTAL],
            turns=turns,
            inform_count=rates.informed[TOTAL],
            success_count=rates.succeeded[TOTAL],
            has_state=survey.has_states,
            has_active_domains=survey.has_active_domains,
            unknown_placeholders=dict(unknown),
            dst_unified=dst_unified,
            domains=dict(rates.dialogues),
            intervals=rates.intervals(seed),
            states=states,
            active_domains=active_domains,
            match=match,
            references=references,
            bleu_signature=bleu_signature(),
            problem_counts=dict(problems.counts),
            problems=problems.lines,
        )


def _printed(rates: Mapping[str, float]) -> dict[str, float]:
    """To one decimal, as the public evaluator gives them."""
    return {name: round(value, 1) for name, value in rates.items()}


def published_richness(found: Richness) -> dict[str, float]:
    """The figures under the public evaluator's names."""
    return {
        "entropy": found.entropy,
        "cond_entropy": found.conditional_entropy,
        "avg_lengths": found.mean_length,
        "msttr": found.msttr,
        "num_unigrams": found.unigrams,
        "num_bigrams": found.bigrams,
        "num_trigrams": found.trigrams,
    }
