"""The figures of an evaluation, under the names that the public evaluator prints them with.

score.inform["total"], score.bleu["spans"], score.dst.joint_accuracy
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import msgspec

from duologue.evaluation.bleu import bleu_signature
from duologue.evaluation.richness import Richness
from duologue.evaluation.tod.active_domains import ActiveDomains
from duologue.evaluation.tod.inform_success import DialogueVerdict, Match
from duologue.evaluation.tod.predictions import Survey
from duologue.evaluation.tod.problems import Problems
from duologue.evaluation.tod.state_tracking import TrackingFigures

TOTAL = "total"


class Rates:
    """How many dialogues inform and succeed, per domain of their goals and in total."""

    def __init__(self) -> None:
        self.dialogues: Counter[str] = Counter()
        self.informed: Counter[str] = Counter()
        self.succeeded: Counter[str] = Counter()

    def add(self, verdict: DialogueVerdict) -> None:
        """Count a dialogue; a domain succeeds only in a dialogue that informs."""
        self.dialogues[TOTAL] += 1
        self.informed[TOTAL] += verdict.informed
        self.succeeded[TOTAL] += verdict.success
        for domain, each in verdict.domains.items():
            self.dialogues[domain] += 1
            self.informed[domain] += each.matched
            self.succeeded[domain] += verdict.informed and not each.missing

    def percent(self, counts: Counter[str]) -> dict[str, float]:
        """Percent of the dialogues with each domain, to one decimal."""
        return {name: round(100 * counts[name] / total, 1) for name, total in self.dialogues.items()}


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
        active_domains: ActiveDomains,
        problems: Problems,
        references: int,
    ) -> TodScore:
        """Put the figures together."""
        return cls(
            inform=rates.percent(rates.informed),
            success=rates.percent(rates.succeeded),
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
            states="predicted" if survey.has_states else "gold",
            active_domains=active_domains,
            match=match,
            references=references,
            bleu_signature=bleu_signature(),
            problem_counts=dict(problems.counts),
            problems=problems.lines,
        )


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
