"""`duologue evaluate tod PREDICTIONS --reference FILE --db FOLDER`: the MultiWOZ evaluator.

duologue evaluate tod ubar.json --reference test.json --db multiwoz_db --explain reasons.jsonl --json scores.json
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from duologue.cli.results import list_problems
from duologue.corpora import formats
from duologue.corpora.venues import Venues
from duologue.dialogue import Problem
from duologue.errors import InputError
from duologue.evaluation.tod.active_domains import ActiveDomains
from duologue.evaluation.tod.databases import Databases
from duologue.evaluation.tod.evaluator import Evaluation, Judged, evaluate_tod
from duologue.evaluation.tod.explain import explain as explanation
from duologue.evaluation.tod.goals import read_goals
from duologue.evaluation.tod.inform_success import Match
from duologue.evaluation.tod.predictions import surveyed
from duologue.evaluation.tod.reference import Overrides, References, read_by_dialogue
from duologue.evaluation.tod.outcomes import TOTAL
from duologue.evaluation.tod.score import TodScore
from duologue.files import replacing, write_json


def tod(
    predictions: Path,
    *,
    reference: str,
    db: Path,
    format: str = "multiwoz21",
    match: Match = "subset",
    active_domains: ActiveDomains | None = None,
    goals: Path | None = None,
    booked: Path | None = None,
    gold_states: Path | None = None,
    bleu_reference: tuple[str, ...] = (),
    strict: bool = False,
    explain: Path | None = None,
    json: Path | None = None,
) -> int:
    """Inform, success, BLEU, richness and state tracking, as the public MultiWOZ evaluator defines them.

    Parameters
    ----------
    predictions
        `{dialogue: [{response, state?, active_domains?}]}`, or JSONL as `duologue respond` writes it; may be partial,
        and JSONL may still be growing.
    reference
        The corpus: goals, bookings, gold states and delexicalised references are derived from it.
    db
        The folder with restaurant_db.json, attraction_db.json, hotel_db.json and train_db.json.
    format
        The corpus's format. `multiwoz22` has neither goals nor bookings: give --goals and --booked with it.
    match
        When an offer fits the goal: `subset` (all venues do, the standard), `overlap` (one does), or `name-free` (as
        subset, no name need be mentioned).
    active_domains
        What a turn is about: as `given` in the file, as the change of its `states` tells, or as its `placeholders` say
        (`[hotel_name]`). Default: given where every turn has them, else states. It decides scores.
    goals
        The original evaluator's goals.json, in place of the corpus's goals.
    booked
        The original evaluator's booked_domains.json, in place of the corpus's bookings.
    gold_states
        The original evaluator's gold_states.json, in place of the corpus's states.
    bleu_reference
        NAME=FILE: a further set of references for BLEU, `{dialogue: [delexicalised text, …]}`. May be repeated.
    strict
        Exit with status 1 when predictions and corpus do not fit or a placeholder is unknown.
    explain
        Write one line a dialogue here: what was offered when, which constraint broke, what was never told.
    json
        Write all figures here, under the names of the public evaluator.
    """
    databases = Databases(Venues.load(db))
    overrides = Overrides(
        goals=None if goals is None else read_goals(goals),
        booked=None if booked is None else read_by_dialogue(booked, dict[str, list[list[str]]], "booked domains"),
        states=None
        if gold_states is None
        else read_by_dialogue(gold_states, dict[str, list[dict[str, dict[str, str]]]], "states"),
    )
    found, coming = surveyed(predictions)
    evaluation = Evaluation(
        databases,
        found,
        match=match,
        active=active_domains,
        derived_name=f"{format}-spans",
        references=dict(map(_bleu_reference, bleu_reference)),
    )
    odd: list[Problem] = []
    references = References(formats.read(reference, format, on_problem=odd.append), overrides)
    with _explaining(explain, databases, match) as on_judged:
        score = evaluate_tod(evaluation, coming, references, on_judged)
    if not score.dialogues:
        raise InputError(
            f"none of the {found.dialogues} predicted dialogues is among the {score.references} references",
            where=str(predictions),
            mend="give the corpus that the system answered as --reference, in its --format",
        )
    _show(score)
    if json is not None:
        write_json(json, score)
    status = list_problems(_problems(score), "problems with the predictions")
    return max(status if strict else 0, list_problems(odd, "odd places in the references"))


def _bleu_reference(option: str) -> tuple[str, dict[str, list[str]]]:
    name, equals, path = option.partition("=")
    if not (name and equals and path):
        raise InputError(f"expected NAME=FILE, found {option!r}", where="--bleu-reference", mend="e.g. hdsa=hdsa.json")
    return name, read_by_dialogue(Path(path), dict[str, list[str]], "reference texts")


@contextmanager
def _explaining(path: Path | None, databases: Databases, match: Match) -> Iterator[Callable[[Judged], object] | None]:
    if path is None:
        yield None
        return
    encode = msgspec.json.Encoder().encode
    with replacing(path) as part, part.open("wb") as out:
        yield lambda judged: out.write(encode(explanation(judged, databases, match)) + b"\n")


def _problems(score: TodScore) -> list[str]:
    unknown = [f"unknown placeholder [{name}], {count} times" for name, count in score.unknown_placeholders.items()]
    return [f"{count} × {kind}" for kind, count in score.problem_counts.items()] + unknown + score.problems


def _show(score: TodScore) -> None:
    how = f"states {score.states}; active domains {score.active_domains}; match {score.match}"
    rates = Table("", "inform", "success", "dialogues")
    for name in (*sorted(score.inform.keys() - {TOTAL}), TOTAL):
        rates.add_row(name, f"{score.inform[name]:.1f}", f"{score.success[name]:.1f}", str(score.domains[name]))
    figures = Table("", "figure")
    for name, value in score.bleu.items():
        figures.add_row(f"BLEU, {name}", f"{value:.2f}")
    for name, value in score.richness.items():
        figures.add_row(name.replace("_", " "), str(value) if isinstance(value, int) else f"{value:.2f}")
    for label, tracking in (("as published", score.dst), ("slots unified", score.dst_unified)):
        if tracking is not None:
            figures.add_row(f"joint accuracy, {label}", f"{tracking.joint_accuracy:.1f}")
            figures.add_row(f"slot F1, {label}", f"{tracking.slot_f1:.1f}")
    console = Console(highlight=False)
    console.print(f"{score.dialogues} of {score.references} dialogues, {score.turns} turns; {how}", soft_wrap=True)
    console.print(rates)
    console.print(figures)
    console.print(f"BLEU: {score.bleu_signature}", soft_wrap=True)
