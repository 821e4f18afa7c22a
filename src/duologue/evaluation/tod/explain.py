"""Why a dialogue failed, domain by domain, in a row that can be read, filtered and shown beside the dialogue.

    explain(judged, databases).domains[0].reason        # "wrong venues: area is centre, the goal wants north"

Turns are named by their position in the dialogue, from 0, users' turns counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

import msgspec

from duologue.evaluation.tod.databases import Databases
from duologue.evaluation.tod.evaluator import Judged
from duologue.evaluation.tod.goals import EvaluationGoal
from duologue.evaluation.tod.inform_success import DomainVerdict, Match
from duologue.evaluation.tod.outcomes import TOTAL, Outcome, outcome

_LISTED = 10

Kind: TypeAlias = Literal[
    "passed", "never active", "nothing offered", "nothing found", "wrong venues", "not told", "other domain failed"
]


class OfferedVenues(msgspec.Struct, frozen=True):
    """What was offered: the turn, how many venues and the first of them, and the state that found them."""

    turn: int
    count: int
    venues: list[str]
    state: dict[str, str]


class BrokenConstraint(msgspec.Struct, frozen=True):
    """What the goal wants and what the offered venues that break it have."""

    wanted: str
    found: list[str]


class MissingRequestable(msgspec.Struct, frozen=True):
    """Something requested that was never told, and the user turns of the reference that ask for it."""

    name: str
    asked: list[int]


class DomainExplanation(msgspec.Struct, frozen=True):
    """One domain of the goal.

    Attributes:
        domain: its name.
        inform: whether the domain is matched.
        success: whether it counts as a success, for which the whole dialogue must inform.
        wanted: constraints of the goal.
        requested: classes of placeholders that the user wants to hear.
        kind: what to filter by.
        reason: the same in words.
        offered: the offer that counts; None where there was none.
        broken: slot of the goal -> how the offer breaks it.
        told: class -> the turn that told it first.
        missing: what was requested and never told.
    """

    domain: str
    inform: bool
    success: bool
    wanted: dict[str, str]
    requested: list[str]
    kind: Kind
    reason: str
    offered: OfferedVenues | None
    broken: dict[str, BrokenConstraint]
    told: dict[str, int]
    missing: list[MissingRequestable]


class ExplainedTurn(msgspec.Struct, frozen=True):
    """A system turn as it was judged.

    Attributes:
        turn: its position.
        user: what was said before it.
        reference: what the reference says.
        response: what the system wrote.
        active: the domains that the turn was taken to be about.
        filled: slots of the judged state that are new or changed since the answer before.
    """

    turn: int
    user: str
    reference: str
    response: str
    active: list[str]
    filled: dict[str, str]


class Explanation(msgspec.Struct, frozen=True):
    """One dialogue: the verdicts, an explanation for each domain of its goal, and the turns as they were judged."""

    id: str
    inform: bool
    success: bool
    domains: list[DomainExplanation]
    turns: list[ExplainedTurn]

    def outcome(self) -> Outcome:
        """What counts of it."""
        return {
            TOTAL: (self.inform, self.success),
            **{each.domain: (each.inform, each.success) for each in self.domains},
        }


def explain(judged: Judged, databases: Databases, match: Match = "subset") -> Explanation:
    """Say why a dialogue passed or failed.

    Args:
        judged: what `Evaluation.add` gave.
        databases: those it was judged with.
        match: the test it was judged by.
    """
    verdict = judged.verdict
    return Explanation(
        id=judged.reference.id,
        inform=verdict.informed,
        success=verdict.success,
        domains=[_explain(judged, domain, each, databases, match) for domain, each in verdict.domains.items()],
        turns=list(_turns(judged)),
    )


def _turns(judged: Judged) -> Iterator[ExplainedTurn]:
    texts, before = judged.reference.texts, dict[tuple[str, str], str]()
    for answer in judged.answers:
        position = judged.reference.positions[answer.number]
        state = {(domain, slot): value for domain, slots in answer.state.items() for slot, value in slots.items()}
        yield ExplainedTurn(
            turn=position,
            user=texts[position - 1] if position else "",
            reference=texts[position],
            response=answer.written,
            active=list(answer.active),
            filled={f"{domain} {slot}": value for (domain, slot), value in sorted(state.items() - before.items())},
        )
        before = state


def _explain(
    judged: Judged, domain: str, verdict: DomainVerdict, databases: Databases, match: Match
) -> DomainExplanation:
    reference = judged.reference
    informed, succeeded = outcome(judged.verdict)[domain]
    goal = reference.goal[domain]
    broken = {} if verdict.matched else _broken(domain, goal, verdict, databases)
    asked = reference.asked.get(domain, {})
    missing = [MissingRequestable(name, list(asked.get(name, []))) for name in verdict.missing]
    kind = _kind(judged, domain, verdict)
    return DomainExplanation(
        domain=domain,
        inform=informed,
        success=succeeded,
        wanted=dict(goal.informable),
        requested=list(goal.requestable),
        kind=kind,
        reason=_reason(kind, verdict, broken, missing, match),
        offered=_offered(judged, domain, verdict, databases),
        broken=broken,
        told={name: reference.positions[number] for name, number in verdict.told.items()},
        missing=missing,
    )


def _kind(judged: Judged, domain: str, verdict: DomainVerdict) -> Kind:
    if not verdict.matched:
        if verdict.offer is not None:
            return "wrong venues" if verdict.offer.venues else "nothing found"
        return "nothing offered" if any(domain in answer.active for answer in judged.answers) else "never active"
    if verdict.missing:
        return "not told"
    return "passed" if judged.verdict.informed else "other domain failed"


def _reason(
    kind: Kind,
    verdict: DomainVerdict,
    broken: dict[str, BrokenConstraint],
    missing: list[MissingRequestable],
    match: Match,
) -> str:
    if kind == "wrong venues":
        which = "none" if match == "overlap" else "not all"
        pieces = [
            f"{slot} is {', '.join(each.found[:3])}, the goal wants {each.wanted}" for slot, each in broken.items()
        ]
        return f"{which} of the venues offered fit: {'; '.join(pieces)}"
    if kind == "nothing found":
        return "a name was mentioned, but the state finds no venue"
    if kind == "nothing offered":
        return "no turn of this domain mentions a name (of a train: its number)"
    if kind == "never active":
        return "no turn is about this domain"
    if kind == "not told":
        return "; ".join(f"{each.name} never told{_when(each.asked)}" for each in missing)
    if kind == "other domain failed":
        return "this domain passed, another one of the dialogue did not inform"
    return verdict.exempt or "the venues offered fit the goal"


def _when(asked: list[int]) -> str:
    return f" (asked for in turn {', '.join(map(str, asked))})" if asked else ""


def _broken(
    domain: str, goal: EvaluationGoal, verdict: DomainVerdict, databases: Databases
) -> dict[str, BrokenConstraint]:
    if verdict.offer is None or not verdict.offer.venues:
        return {}
    return {
        slot: BrokenConstraint(goal.informable[slot], found)
        for slot, found in databases.broken(domain, goal.informable, verdict.offer.venues).items()
    }


def _offered(judged: Judged, domain: str, verdict: DomainVerdict, databases: Databases) -> OfferedVenues | None:
    if verdict.offer is None:
        return None
    number, venues = verdict.offer
    answer = next(answer for answer in judged.answers if answer.number == number)
    return OfferedVenues(
        turn=judged.reference.positions[number],
        count=venues.bit_count(),
        venues=databases.names(domain, venues, _LISTED),
        state=dict(answer.state.get(domain, {})),
    )
