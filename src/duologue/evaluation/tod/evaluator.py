"""The whole MultiWOZ evaluation of one system: inform, success, BLEU, richness and state tracking.

The figures are those of the public evaluator, to the digit (spec/tod.md §5). Unlike it, this reads nothing but what it
is given, changes nothing in place, needs no file in memory, and can say why a dialogue failed (`explain`).

    found, predictions = surveyed("ubar.json")
    evaluation = Evaluation(databases, found)
    for prediction in predictions:
        reference = references.take(prediction.id)
        if reference is not None:
            evaluation.add(prediction, reference)
    evaluation.score().inform["total"]

`evaluate_tod` is that loop.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from duologue.errors import InputError
from duologue.evaluation.bleu import BleuCounts
from duologue.evaluation.richness import RichnessCounts
from duologue.evaluation.tod.active_domains import ActiveDomains, active_domains
from duologue.evaluation.tod.databases import Databases
from duologue.evaluation.tod.inform_success import Answer, DialogueVerdict, Match, judge
from duologue.evaluation.tod.outcomes import Rates, outcome
from duologue.evaluation.tod.predictions import Survey, TodPrediction, TodTurn
from duologue.evaluation.tod.problems import Problems
from duologue.evaluation.tod.reference import References, TodReference, dialogue_key
from duologue.evaluation.tod.responses import normalise_response, placeholder_domains
from duologue.evaluation.tod.score import TodScore
from duologue.evaluation.tod.state_tracking import StateTracking
from duologue.evaluation.tod.tokens import tokens
from duologue.evaluation.tod.values import State, normalise_state

ReferenceTexts = Mapping[str, Sequence[str]]
"""dialogue -> delexicalised text of each system turn."""


class Judged(NamedTuple):
    """A dialogue that was added: what was judged, and the verdict."""

    reference: TodReference
    answers: list[Answer]
    verdict: DialogueVerdict


class Evaluation:
    """Adds up one system's dialogues; keeps counts, not dialogues.

    Attributes:
        states: which are judged, `predicted` or `gold`.
        active_domains: where they come from.
        rates: how many dialogues inform and succeed so far.
        problems: what does not fit.
    """

    def __init__(
        self,
        databases: Databases,
        survey: Survey,
        *,
        match: Match = "subset",
        active: ActiveDomains | None = None,
        derived_name: str = "spans",
        references: Mapping[str, ReferenceTexts] | None = None,
    ) -> None:
        """Begin an evaluation.

        Args:
            databases: in which states look for venues.
            survey: what the file offers. Without states on every turn the gold states are judged (the setting of policy
                optimisation) and there is no state tracking.
            match: when an offer fits the goal.
            active: where active domains come from; by default the file, else changes of the state.
            derived_name: under which BLEU against the corpus's own spans is reported.
            references: further sets of references for BLEU, by name, keyed by `dialogue_key`.

        Raises:
            InputError: active domains shall be those given, and there are none.
        """
        if active == "given" and not survey.has_active_domains:
            raise InputError(
                "not every turn says its active domains",
                where="predictions",
                mend="leave out --active-domains given, or take states or placeholders",
            )
        self.problems = Problems()
        self._databases = databases
        self._survey = survey
        self._match = match
        self.active_domains: ActiveDomains = active or ("given" if survey.has_active_domains else "states")
        self.states = "predicted" if survey.has_states else "gold"
        self._derived = derived_name
        self._texts = dict(references or {})
        self._bleu = {name: BleuCounts() for name in (derived_name, *self._texts)}
        self._richness = RichnessCounts()
        self._tracking = (StateTracking(), StateTracking(unified=True))
        self.rates = Rates()
        self._unknown: Counter[str] = Counter()
        self._bookings = self._wanted_bookings = 0

    def add(self, prediction: TodPrediction, reference: TodReference) -> Judged:
        """Count the answers to one dialogue."""
        turns = self._aligned(prediction, reference)
        if not reference.goal:
            self.problems.add("no goal", f"dialogue {reference.id} has no goal, so it informs and succeeds")
        responses = [normalise_response(turn.response) for _, turn in turns]
        predicted = [normalise_state(turn.state or {}) for _, turn in turns]
        gold = [reference.states[number] for number, _ in turns]
        states: Sequence[State] = predicted if self._survey.has_states else gold
        active = self._active_domains([turn for _, turn in turns], states)
        answers = [
            Answer(number, turn.response, response, state, domains)
            for (number, turn), response, state, domains in zip(turns, responses, states, active, strict=True)
        ]
        self._bookings += any(reference.booked)
        self._wanted_bookings += any("REFERENCE" in each.requestable for each in reference.goal.values())
        verdict = judge(reference, answers, self._databases, self._match)
        self.rates.add(outcome(verdict))
        for response in responses:
            self._richness.add(tokens(response.text))
            self._unknown.update(response.unknown)
        if self._survey.has_states:
            for tracking in self._tracking:
                for said, wanted in zip(predicted, gold, strict=True):
                    tracking.add(said, wanted)
        self._add_bleu(reference, answers)
        return Judged(reference, answers, verdict)

    def score(self, references: int = 0, seed: int = 0) -> TodScore:
        """The figures of all dialogues so far.

        Args:
            references: how many dialogues the corpus has, for the report.
            seed: of the bootstrap.
        """
        published, unified = (tracking.figures() for tracking in self._tracking)
        return TodScore.of(
            self.rates,
            bleu={name: counts.bleu() for name, counts in self._bleu.items()},
            richness=self._richness.figures(),
            dst=published if self._survey.has_states else None,
            dst_unified=unified if self._survey.has_states else None,
            turns=self._richness.turns,
            survey=self._survey,
            unknown=self._unknown,
            match=self._match,
            active_domains=self.active_domains,
            states=self.states,
            problems=self.problems,
            references=references,
            seed=seed,
        )

    def _aligned(self, prediction: TodPrediction, reference: TodReference) -> list[tuple[int, TodTurn]]:
        """The turns that answer a system turn, with its number; what does not fit becomes a problem."""
        count = min(len(reference.positions), len(reference.booked), len(reference.states))
        number_of = {position: number for number, position in enumerate(reference.positions[:count])}
        aligned: dict[int, TodTurn] = {}
        odd = []
        for order, turn in enumerate(prediction.turns):
            number = order if turn.position is None else number_of.get(turn.position, count)
            if number >= count or number in aligned:
                odd.append(order if turn.position is None else turn.position)
            else:
                aligned[number] = turn
        if odd:
            self.problems.add(
                "too many turns",
                f"dialogue {reference.id} has {count} system turns; left out: prediction {', '.join(map(str, odd))}",
            )
        if len(aligned) < count:
            self.problems.add(
                "too few turns", f"dialogue {reference.id}: {len(aligned)} of {count} system turns have a prediction"
            )
        return sorted(aligned.items(), key=lambda item: item[0])

    def _active_domains(self, turns: Sequence[TodTurn], states: Sequence[State]) -> Sequence[Sequence[str]]:
        if self.active_domains == "given":
            return [turn.active_domains or () for turn in turns]
        if self.active_domains == "placeholders":
            return [placeholder_domains(turn.response) for turn in turns]
        return active_domains(states)

    def _add_bleu(self, reference: TodReference, answers: Sequence[Answer]) -> None:
        for name, counts in self._bleu.items():
            texts = (
                reference.responses if name == self._derived else self._texts[name].get(dialogue_key(reference.id), ())
            )
            there = [answer for answer in answers if answer.number < len(texts)]
            if len(there) < len(answers):
                self.problems.add("no reference text", f"dialogue {reference.id}: {name} has {len(texts)} of its turns")
            if there:
                wanted = [normalise_response(texts[answer.number]).text for answer in there]
                counts.add([answer.response.text for answer in there], wanted)

    def look_back(self) -> None:
        """Say what only all dialogues together show to be odd.

        Raises:
            InputError: none of the dialogues has a goal.
        """
        self.rates.require_goals()
        if self._wanted_bookings and not self._bookings:
            self.problems.add("no bookings", "the corpus has none, so no reference number counts; give --booked")


def evaluate_tod(
    evaluation: Evaluation,
    predictions: Iterable[TodPrediction],
    references: References,
    on_judged: Callable[[Judged], object] | None = None,
    *,
    seed: int = 0,
) -> TodScore:
    """Evaluate predictions as they come.

    Args:
        evaluation: which adds them up.
        predictions: in any order; a dialogue that comes again, or is not in the corpus, is a problem and not scored.
        references: the corpus.
        on_judged: sees every dialogue, for reasons or rows.
        seed: of the bootstrap.

    Raises:
        InputError: none of the dialogues has a goal.
    """
    for prediction, reference in _known(evaluation.problems, predictions, references):
        judged = evaluation.add(prediction, reference)
        if on_judged is not None:
            on_judged(judged)
    evaluation.look_back()
    return evaluation.score(references.count(), seed)


def _known(
    problems: Problems, predictions: Iterable[TodPrediction], references: References
) -> Iterator[tuple[TodPrediction, TodReference]]:
    seen: set[str] = set()
    for prediction in predictions:
        key = dialogue_key(prediction.id)
        reference = None if key in seen else references.take(key)
        if reference is not None:
            yield prediction, reference
        elif key in seen:
            problems.add("predicted again", f"dialogue {prediction.id}: the first prediction is scored")
        else:
            problems.add("unknown dialogue", f"{prediction.id}: predicted, but not among the references")
        seen.add(key)
