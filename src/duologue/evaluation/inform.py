"""Inform and success of one file of predictions, beside the other figures of a trained system.

    score = score_inform(pair(predictions, references), Databases(Venues.load("multiwoz_db")))
    score.success["total"], score.intervals["success"]["total"], score.rows[0].domains[0].reason

The verdicts are the MultiWOZ evaluator's (`evaluation.tod`): predictions of a file that others made, of any size, go
there directly.
"""

from __future__ import annotations

import msgspec

from duologue.dialogue import DialoguePrediction
from duologue.evaluation.bootstrap import Difference, Interval
from duologue.evaluation.pairing import PairedDialogue, Pairing
from duologue.evaluation.tod.active_domains import ActiveDomains
from duologue.evaluation.tod.databases import Databases
from duologue.evaluation.tod.evaluator import Evaluation
from duologue.evaluation.tod.explain import Explanation, explain
from duologue.evaluation.tod.inform_success import Match
from duologue.evaluation.tod.outcomes import compare
from duologue.evaluation.tod.predictions import from_rows, survey
from duologue.evaluation.tod.reference import tod_reference


class InformScore(msgspec.Struct, frozen=True):
    """Inform and success in percent of the dialogues, in total and per domain of their goals.

    Attributes:
        states: which were judged: the predicted ones, or the gold ones where the system predicts none.
        active_domains: where they come from; it decides scores.
        match: when an offer fits the goal.
        dialogues: how many have each domain; `total` is all of them.
        inform: percent of those that inform.
        success: percent of those that succeed.
        intervals: of both, at 95 %.
        rows: per dialogue, with reasons.
    """

    states: str
    active_domains: ActiveDomains
    match: Match
    dialogues: dict[str, int]
    inform: dict[str, float]
    success: dict[str, float]
    intervals: dict[str, dict[str, Interval]]
    rows: list[Explanation]


def score_inform(
    pairing: Pairing,
    databases: Databases,
    *,
    match: Match = "subset",
    active: ActiveDomains | None = None,
    seed: int = 0,
) -> InformScore:
    """Judge every predicted dialogue.

    Args:
        pairing: predictions beside references; these carry goals and bookings.
        databases: in which states look for venues.
        match: when an offer fits the goal.
        active: where active domains come from; by default the predictions, else changes of the state.
        seed: of the bootstrap.

    Raises:
        InputError: none of the dialogues has a goal.
    """
    predictions = [from_rows(_answered(dialogue)) for dialogue in pairing.dialogues]
    evaluation = Evaluation(databases, survey(predictions, ours=True), match=match, active=active)
    rows = []
    for prediction, dialogue in zip(predictions, pairing.dialogues, strict=True):
        rows.append(explain(evaluation.add(prediction, tod_reference(dialogue.reference)), databases, match))
    rates = evaluation.rates
    evaluation.look_back()
    return InformScore(
        states=evaluation.states,
        active_domains=evaluation.active_domains,
        match=match,
        dialogues=dict(rates.dialogues),
        inform=rates.inform,
        success=rates.success,
        intervals=rates.intervals(seed),
        rows=rows,
    )


def compare_inform(first: InformScore, second: InformScore, *, seed: int = 0) -> dict[str, Difference]:
    """The first system minus the second, by paired bootstrap over the dialogues that both answered.

    Raises:
        InputError: they have no dialogue in common.
    """
    return compare(*({row.id: row.outcome() for row in score.rows} for score in (first, second)), seed=seed)


def _answered(dialogue: PairedDialogue) -> DialoguePrediction:
    return DialoguePrediction(dialogue.id, [each.prediction for each in dialogue.pairs if each.prediction is not None])
