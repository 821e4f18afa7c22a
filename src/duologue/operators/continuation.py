"""From one history to several replies, each by another strategy (Madani and Srihari 2024).

A work item is a continuation point of a support conversation; what comes of it is the history as the trunk with a
branch a strategy. Which points are continued by which strategies is drawn by the seed alone (`continuation_plan`), so
runs with other layouts or models have the same pairs.

    duologue synthesize continuation ESConv.json --format esconv --layout c1_hf --points 20 --out runs/c1
    duologue synthesize continuation ESConv.json --format esconv --plan pairs.jsonl --strategies all --out runs/all
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec.structs import replace
from pydantic import Field

from duologue.corpora.continuation_points import points
from duologue.corpora.strategies import UNCONDITIONAL, Strategy
from duologue.dialogue import Branch, Dialogue, Origin, Turn, derived_id
from duologue.models.failure import ModelFailure
from duologue.operators.at_once import at_once
from duologue.operators.continuation_plan import Drawing, Pairs, draw, read_pairs, write_pairs
from duologue.operators.draws import first_that_passes
from duologue.operators.gates import Verdict
from duologue.operators.items import Skipped, WorkItem
from duologue.operators.operator import Operator, OperatorOptions
from duologue.operators.rejects import Rejected
from duologue.operators.reply import read_reply
from duologue.prompts.ask import Ask, Rendered
from duologue.prompts.steering import PROMPTS, Layout, Wording, steered_prompt
from duologue.prompts.steering_options import SteeringOptions

PUBLISHED = "extended-esc"
"""The format of the published continuations."""


class ContinuationOptions(OperatorOptions, SteeringOptions):
    """Which points are continued, by which strategies, and how it is asked for."""

    layout: Layout = "c1_hf"
    """Where the instruction stands, and how many of the last turns are chat turns (1, 3, 5 or all)."""
    wording: Wording = "current"
    """How the instruction is worded."""
    strategies: str = "sampled"
    """`sampled`, `all`, or names joined by commas."""
    probability: Annotated[float, Field(ge=0, le=1)] = 0.3
    """Of each strategy, where they are sampled; a point gets at least one."""
    unconditional: bool = False
    """Ask for a reply without a strategy as well."""
    points: Annotated[int | None, Field(ge=1)] = None
    """Draw so many points of the whole corpus; otherwise all are taken."""
    min_turn: Annotated[int, Field(ge=1)] = 3
    """First supporter turn that is written anew; the history has 2 * turn - 1 turns."""
    max_turn: Annotated[int | None, Field(ge=1)] = 12
    """Last such turn."""
    characters: Annotated[int, Field(ge=1)] = 1000
    """Most characters of a reply."""
    keep_prompts: bool = False
    """Keep each reply's prompt with it, as published."""
    answer_tokens: int = Field(default=512, ge=1)
    """Most tokens in one answer."""
    temperature: float = Field(default=0.7, ge=0)
    """Temperature of the first draw; the published setting."""
    plan: Path | None = Field(default=None, exclude=True)
    """File of the pairs of point and strategy: read where it is there, else written."""

    @property
    def drawing(self) -> Drawing:
        """How pairs are drawn."""
        return Drawing(*(getattr(self, name) for name in Drawing._fields))


def plan(
    dialogues: Iterable[Dialogue], options: ContinuationOptions, rng: random.Random
) -> Iterator[WorkItem | Skipped]:
    """An item for every point, with the strategies that continue it."""
    known = options.known()
    for point, names in _pairs(dialogues, options, list(known), rng.getrandbits(64)):
        yield WorkItem(
            point.id,
            (replace(point.dialogue, turns=point.history),),
            {
                "point": point.id,
                "turn": point.turn,
                "gold": {"text": point.gold.said, "strategy": point.gold.labels.get("strategy", [])},
                "strategies": [msgspec.to_builtins(known.get(name) or _NONE) for name in names],
            },
        )


def _pairs(dialogues: Iterable[Dialogue], options: ContinuationOptions, names: list[str], seed: int) -> Iterator[Pairs]:
    if options.plan is not None and options.plan.exists():
        asked = {name: getattr(options, name) for name in Drawing._fields if name in options.model_fields_set}
        return read_pairs(options.plan, points(dialogues), names, asked)
    within = points(dialogues, min_turn=options.min_turn, max_turn=options.max_turn)
    drawn = draw(within, names, options.drawing, seed)
    if options.plan is not None:
        kept = list(drawn)
        write_pairs(options.plan, kept, options.drawing)
        return iter(kept)
    return drawn


def questions(item: WorkItem, options: ContinuationOptions) -> int:
    """One a strategy."""
    return len(item.fields["strategies"])


async def continuation(
    item: WorkItem, ask: Ask, options: ContinuationOptions, rng: random.Random
) -> AsyncIterator[Dialogue | Rejected]:
    """Write replies to one history, each by another strategy."""
    asked = [msgspec.convert(each, Strategy) for each in item.fields["strategies"]]
    replies = (_reply(item, ask.fork(strategy.name), options, strategy) for strategy in asked)
    branches, rejected = await at_once(replies)  # since they share the history
    for each in rejected:
        yield each
    if branches:
        facts = item.dialogue.facts | {name: item.fields[name] for name in ("point", "turn", "gold")}
        yield replace(item.dialogue, facts=facts, branches=branches)


CONTINUATION = Operator(
    name="continuation",
    run=continuation,
    options=ContinuationOptions,
    prompts=PROMPTS,
    plan=plan,
    questions=questions,
    layout=PUBLISHED,
)

_NONE = Strategy(UNCONDITIONAL, "", ())


async def _reply(item: WorkItem, ask: Ask, options: ContinuationOptions, strategy: Strategy) -> Branch | Rejected:
    """The branch of one strategy, or why there is none; only what concerns every request is raised."""
    history, name = item.dialogue.turns, strategy.name
    branch = derived_id(item.id, name)
    prompt = steered_prompt(
        history,
        None if name == UNCONDITIONAL else strategy,
        options.layout,
        options.wording,
        system_role=options.system_role,
        situation=item.dialogue.facts.get("situation"),
    )
    judge = partial(read_reply, strategy=name, most=options.characters)
    rendered = Rendered(f"steering/{options.wording}", prompt.messages)
    try:
        passed = await first_that_passes(ask, rendered, options, judge)
    except ModelFailure as failure:
        if failure.fatal:
            raise
        return Rejected.unanswered(f"{item.id}, {name}", failure)
    if isinstance(passed, Verdict):
        return Rejected(f"{item.id}, {name}", passed.gate, passed.evidence)
    reply = passed.found
    native: dict[str, Any] = {"continuation": {"raw": reply.raw}}
    if options.keep_prompts:
        told = "\n\n".join(f"{message.role}: {message.content}" for message in prompt.messages)
        native[PUBLISHED] = {"prompt": told}
    labels: dict[str, list[str]] = {"strategy": [name], "layout": [options.layout], "wording": [options.wording]}
    if reply.leaks:
        labels["leak"] = reply.leaks
    turn = Turn("system", reply.text, labels={"strategy": [name]}, native=native)
    origin = Origin("continuation", requests=[passed.key] if passed.key else [])
    return Branch(branch, len(history), [turn], labels=labels, origin=origin)
