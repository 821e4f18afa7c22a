"""Chitchat as interference: a user's backstory and the system's reaction in a task-oriented dialogue.

For a dialogue with a situation: choose an exchange that belongs to its first domain, let the user tell a backstory
after the utterance, let the system react before its response. Text, states, acts and spans stay as they are. A
dialogue whose answers fail a gate is rejected as a whole.

    duologue synthesize interference val.json --format multiwoz21 --situations vaild.json --model tiny --out runs/val
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Iterable, Iterator
from itertools import zip_longest
from pathlib import Path

from msgspec.structs import replace
from pydantic import Field

from duologue.dialogue import Dialogue, Insertion
from duologue.operators import backstory, reaction
from duologue.operators.constraints import values
from duologue.operators.draws import Passed, first_that_passes
from duologue.operators.exchange import Exchange, insert
from duologue.operators.gates import Verdict, first_failure
from duologue.operators.given import GivenBackstory, corpus_key, load_backstories, load_situations
from duologue.operators.items import Skipped, WorkItem
from duologue.operators.operator import Operator, ShownOptions
from duologue.operators.rejects import Rejected
from duologue.operators.turn_choice import choose_exchanges, exchanges
from duologue.prompts.ask import Ask
from duologue.prompts.render import examples


class InterferenceOptions(ShownOptions):
    """Where the chitchat goes and where its matter comes from."""

    turns: int = Field(default=1, ge=1)
    """Exchanges per dialogue that receive chitchat; 1 is the published setting."""
    situations: Path | None = Field(default=None, exclude=True)
    """Situations by dialogue id; a dialogue's own fact `situation` counts where this names none."""
    backstories: Path | None = Field(default=None, exclude=True)
    """Backstories by dialogue id, used instead of asked for; only the dialogues it names are tried."""


def plan(
    dialogues: Iterable[Dialogue], options: InterferenceOptions, rng: random.Random
) -> Iterator[WorkItem | Skipped]:
    """An item for every dialogue that has a situation, or a given backstory where a file gives them."""
    situations = load_situations(options.situations) if options.situations else {}
    given = load_backstories(options.backstories) if options.backstories else None
    for dialogue in dialogues:
        key = corpus_key(dialogue.id)
        situation = situations.get(key) or dialogue.facts.get("situation")
        if given is not None and not given.get(key):
            yield Skipped(dialogue.id, "no backstory given")
        elif given is not None:
            yield WorkItem.of(dialogue, situation=situation, backstories=given[key])
        elif not isinstance(situation, str) or not situation.strip():
            yield Skipped(dialogue.id, "no situation")
        else:
            yield WorkItem.of(dialogue, situation=situation)


async def interference(
    item: WorkItem, ask: Ask, options: InterferenceOptions, rng: random.Random
) -> AsyncIterator[Dialogue | Rejected]:
    """Put a user's backstory and the system's reaction into task-oriented dialogues."""
    dialogue, situation = item.dialogue, item.fields["situation"]
    places = _places(dialogue, item.fields.get("backstories"), options.turns, rng)
    if isinstance(places, Verdict):
        yield Rejected(item.id, places.gate, places.evidence)
        return
    for user, given in places:
        told = _given(given, dialogue) if given else await _tell(ask, dialogue, user, situation, options)
        if isinstance(told, Verdict):
            yield Rejected(item.id, told.gate, told.evidence)
            return
        reacted = await _react(ask, dialogue, user, told.found, options)
        if isinstance(reacted, Verdict):
            yield Rejected(item.id, reacted.gate, reacted.evidence)
            return
        dialogue = insert(dialogue, user, Insertion(backstory.KIND, told.found, "after", told.key))
        dialogue = insert(dialogue, user + 1, Insertion(reaction.KIND, reacted.found, "before", reacted.key))
    yield replace(dialogue, facts=dialogue.facts | {"situation": situation}) if situation else dialogue


INTERFERENCE = Operator(
    name="interference",
    run=interference,
    options=InterferenceOptions,
    prompts=("interference/backstory", "interference/reaction"),
    roles=("user", "system"),
    plan=plan,
    layout="interference",
)


def _places(
    dialogue: Dialogue, given: list[GivenBackstory] | None, count: int, rng: random.Random
) -> list[tuple[int, GivenBackstory | None]] | Verdict:
    """The user turns that are to tell something, each with its given backstory where there is one."""
    placed = {each.turn: each for each in given or [] if each.turn is not None}
    everywhere = range(len(dialogue.turns) - 1)
    wrong = [turn for turn in placed if turn not in everywhere or dialogue.turns[turn].speaker != "user"]
    if wrong:
        return Verdict("no-exchange", False, f"turn {wrong[0]}, for which a backstory is given, opens no exchange")
    if placed:
        return sorted(placed.items())
    if not exchanges(dialogue):
        return Verdict("no-exchange", False, "no whole exchange lies in the dialogue's first domain")
    chosen = choose_exchanges(dialogue, min(count, len(given)) if given else count, rng)
    return list(zip_longest(chosen, (given or [])[: len(chosen)]))


def _given(given: GivenBackstory, dialogue: Dialogue) -> Passed[str] | Verdict:
    return first_failure(backstory.text_gates(given.text, values(dialogue))) or Passed(given.text, None)


async def _tell(
    ask: Ask, dialogue: Dialogue, user: int, situation: str, options: InterferenceOptions
) -> Passed[str] | Verdict:
    context, utterance, _ = Exchange.at(dialogue, user)
    known = values(dialogue)
    return await first_that_passes(
        ask, "interference/backstory", options, lambda answer: backstory.read_backstory(answer, utterance, known),
        role="user", situation=situation, context=context, utterance=utterance,
        examples=examples("interference", options.shots),
    )  # fmt: skip


async def _react(
    ask: Ask, dialogue: Dialogue, user: int, told: str, options: InterferenceOptions
) -> Passed[str] | Verdict:
    context, utterance, response = Exchange.at(dialogue, user)
    return await first_that_passes(
        ask, "interference/reaction", options, lambda answer: reaction.read_reaction(answer, response),
        role="system", context=context, utterance=utterance, backstory=told, response=response,
        examples=examples("interference", options.shots),
    )  # fmt: skip
