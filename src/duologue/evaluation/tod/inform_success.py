"""Inform and success of one dialogue: did the system offer the right venues, and tell all that was asked?

A domain of the goal is *matched* when the venues last offered all fit the goal; the dialogue *informs* when all of its
domains are matched, and *succeeds* when moreover everything requested was told (spec/tod.md §5.4). An offer is a turn
in which the domain is active and a name (of a train: the identifier) is mentioned; what is offered is what the
databases give for the state.

Three tests of a match, never to be compared with one another:

- `subset`: all offered venues fit the goal; the published standard;
- `overlap`: one of them does, as in the evaluators of DAMD and UBAR; more optimistic;
- `name-free`: as `subset`, but no name need be mentioned: every turn of an active domain with a state offers what the
  state finds ("multi-choice tolerant": a system that asks back among several choices has not failed).

    verdict = judge(reference, answers, databases)
    verdict.informed, verdict.domains["hotel"].missing
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Literal, NamedTuple, TypeAlias

from duologue.evaluation.tod.databases import Databases
from duologue.evaluation.tod.goals import EvaluationGoal
from duologue.evaluation.tod.placeholders import REQUESTABLE, VENUE_CLASSES
from duologue.evaluation.tod.reference import TodReference
from duologue.evaluation.tod.responses import Response
from duologue.evaluation.tod.values import State

Match: TypeAlias = Literal["subset", "overlap", "name-free"]


class Answer(NamedTuple):
    """One answer as it is judged.

    Attributes:
        number: of the system turn, from 0.
        written: the response as the system wrote it.
        response: normalised.
        state: predicted or gold, normalised.
        active: the domains that the turn is about.
    """

    number: int
    written: str
    response: Response
    state: State
    active: Collection[str]


class Offer(NamedTuple):
    """The venues a turn offers, as a set of `Databases`; 0 where the state finds none."""

    number: int
    venues: int


class DomainVerdict(NamedTuple):
    """One domain of the goal.

    Attributes:
        matched: whether the venues offered fit the goal, or none had to be offered.
        exempt: why none had to be offered; None where one had to.
        offer: the one that counts; None where there was none.
        told: class -> number of the system turn that told it first.
        missing: requested classes that were never told.
    """

    matched: bool
    exempt: str | None
    offer: Offer | None
    told: Mapping[str, int]
    missing: tuple[str, ...]


class DialogueVerdict(NamedTuple):
    """One dialogue, with a verdict for each domain of its goal."""

    informed: bool
    success: bool
    domains: Mapping[str, DomainVerdict]


def judge(
    reference: TodReference, answers: Iterable[Answer], databases: Databases, match: Match = "subset"
) -> DialogueVerdict:
    """Judge a system's answers to a dialogue.

    Args:
        reference: goal and bookings.
        answers: in order; system turns may be missing.
        databases: in which the states look for venues.
        match: when an offer fits the goal.
    """
    goal = reference.goal
    offers: dict[str, Offer] = {}
    told: dict[str, dict[str, int]] = {domain: {} for domain in goal}
    for answer in answers:
        mentions = answer.response.mentions
        if not mentions and match != "name-free":
            continue
        booked = reference.booked[answer.number]
        for domain in answer.active:
            if domain not in goal:
                continue
            if _offers(domain, answer, match):
                venues = databases.query(domain, answer.state.get(domain, {})) if domain in answer.state else 0
                before = offers.get(domain)
                # A narrower search replaces a broader one; the same or a broader one does not.
                if before is None or not before.venues or before.venues & ~venues:
                    offers[domain] = Offer(answer.number, venues)
            for name in REQUESTABLE:
                # A reference number that could not have been known counts for nothing.
                if name in mentions and (name != "REFERENCE" or domain in booked):
                    told[domain].setdefault(name, answer.number)
    domains = {
        domain: _judge_domain(domain, wanted, offers.get(domain), told[domain], databases, match)
        for domain, wanted in goal.items()
    }
    informed = all(each.matched for each in domains.values())
    return DialogueVerdict(informed, informed and not any(each.missing for each in domains.values()), domains)


def _offers(domain: str, answer: Answer, match: Match) -> bool:
    named = VENUE_CLASSES.get(domain)
    if named is None:
        return False
    return named in answer.response.mentions or (match == "name-free" and domain in answer.state)


def _judge_domain(
    domain: str,
    wanted: EvaluationGoal,
    offer: Offer | None,
    told: Mapping[str, int],
    databases: Databases,
    match: Match,
) -> DomainVerdict:
    exempt = _exempt(domain, wanted, offer)
    matched = exempt is not None
    if not matched and offer is not None and offer.venues:
        fitting = databases.query(domain, wanted.informable)
        matched = bool(offer.venues & fitting) if match == "overlap" else not offer.venues & ~fitting
    missing = tuple(name for name in wanted.requestable if name not in told)
    return DomainVerdict(matched, exempt, offer, told, missing)


def _exempt(domain: str, wanted: EvaluationGoal, offer: Offer | None) -> str | None:
    if "name" in wanted.informable:
        return "the goal names the venue"
    if domain not in VENUE_CLASSES:
        return "the domain has no venues"
    if domain == "train" and (offer is None or not offer.venues) and "TRAINID" not in wanted.requestable:
        return "no train was offered and no train number requested"
    return None
