"""`duologue evaluate tod PREDICTIONS --reference FILE --db FOLDER`: the MultiWOZ evaluator.

duologue evaluate tod ubar.json --reference test.json --db multiwoz_db --explain reasons.jsonl --json scores.json
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec
from cyclopts import Parameter

from duologue.cli.results import list_problems, show_differences
from duologue.cli.tod_tables import problems_of, show_published, show_score
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
from duologue.evaluation.tod.outcomes import Outcome, compare, outcome
from duologue.evaluation.tod.predictions import delexicalised, surveyed
from duologue.evaluation.tod.reference import Overrides, References, read_by_dialogue
from duologue.evaluation.tod.score import TodScore
from duologue.files import replacing, write_json
from duologue.views.find_values import ValueFinder


def tod(
    predictions: Path,
    *,
    reference: str,
    db: Path,
    format: str = "multiwoz21",
    delexicalise: Annotated[bool, Parameter(negative=())] = False,
    match: Match = "subset",
    active_domains: ActiveDomains | None = None,
    goals: Path | None = None,
    booked: Path | None = None,
    gold_states: Path | None = None,
    bleu_reference: tuple[str, ...] = (),
    strict: bool = False,
    explain: Path | None = None,
    against: Path | None = None,
    published: bool = False,
    seed: int = 0,
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
    delexicalise
        The responses are words as a user reads them (`duologue respond chat`): what the databases hold, and what looks
        like a time, a price, a reference, …, becomes placeholders first.
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
        Write one line a dialogue here: its turns, what was offered when, which constraint broke, what was never told.
        `duologue report` makes a page of it.
    against
        Predictions of another system for the same dialogues: also show the difference, by paired bootstrap.
    published
        Show the rows of the public leaderboard beside this system's.
    seed
        Of the bootstrap.
    json
        Write all figures here, under the names of the public evaluator.
    """
    venues = Venues.load(db)
    judge = _Judge(
        databases=Databases(venues),
        finder=ValueFinder(venues) if delexicalise else None,
        reference=reference,
        format=format,
        match=match,
        active_domains=active_domains,
        overrides=Overrides(
            goals=None if goals is None else read_goals(goals),
            booked=None if booked is None else read_by_dialogue(booked, list[list[str]], "booked domains"),
            states=None
            if gold_states is None
            else read_by_dialogue(gold_states, list[dict[str, dict[str, str]]], "states"),
        ),
        texts=dict(map(_bleu_reference, bleu_reference)),
        seed=seed,
    )
    outcomes, others = dict[str, Outcome](), dict[str, Outcome]()
    with _explaining(explain, judge) as write:

        def on_judged(judged: Judged) -> None:
            write(judged)
            if against is not None:
                outcomes[judged.reference.id] = outcome(judged.verdict)

        score, odd = judge(predictions, on_judged)
    show_score(score)
    result = {"predictions": str(predictions), **msgspec.to_builtins(score)}
    if against is not None:
        other, _ = judge(against, lambda judged: others.update({judged.reference.id: outcome(judged.verdict)}))
        differences = compare(outcomes, others, seed=seed)
        show_differences(f"{predictions} − {against}, points", differences)
        result |= {"against": msgspec.to_builtins(other), "differences": msgspec.to_builtins(differences)}
    if published:
        show_published(score)
    if json is not None:
        write_json(json, result)
    status = list_problems(problems_of(score), "problems with the predictions")
    return max(status if strict else 0, list_problems(odd, "odd places in the references"))


class _Judge(NamedTuple):
    """How a file of predictions is judged; a second one is judged in the same way."""

    databases: Databases
    finder: ValueFinder | None
    reference: str
    format: str
    match: Match
    active_domains: ActiveDomains | None
    overrides: Overrides
    texts: dict[str, dict[str, list[str]]]
    seed: int

    def __call__(self, predictions: Path, on_judged: Callable[[Judged], object]) -> tuple[TodScore, list[Problem]]:
        """The figures, and what is odd in the references."""
        found, coming = surveyed(predictions)
        if self.finder is not None:
            coming = map(partial(delexicalised, finder=self.finder), coming)
        evaluation = Evaluation(
            self.databases,
            found,
            match=self.match,
            active=self.active_domains,
            derived_name=f"{self.format}-spans",
            references=self.texts,
        )
        odd: list[Problem] = []
        references = References(formats.read(self.reference, self.format, on_problem=odd.append), self.overrides)
        score = evaluate_tod(evaluation, coming, references, on_judged, seed=self.seed)
        if not score.dialogues:
            raise InputError(
                f"none of the {found.dialogues} predicted dialogues is among the {score.references} references",
                where=str(predictions),
                mend="give the corpus that the system answered as --reference, in its --format",
            )
        return score, odd


def _bleu_reference(option: str) -> tuple[str, dict[str, list[str]]]:
    name, equals, path = option.partition("=")
    if not (name and equals and path):
        raise InputError(f"expected NAME=FILE, found {option!r}", where="--bleu-reference", mend="e.g. hdsa=hdsa.json")
    return name, read_by_dialogue(Path(path), list[str], "reference texts")


@contextmanager
def _explaining(path: Path | None, judge: _Judge) -> Iterator[Callable[[Judged], object]]:
    if path is None:
        yield lambda judged: None
        return
    encode = msgspec.json.Encoder().encode
    with replacing(path) as part, part.open("wb") as out:
        yield lambda judged: out.write(encode(explanation(judged, judge.databases, judge.match)) + b"\n")
