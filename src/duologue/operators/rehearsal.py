"""A rehearsal: an operator on a few of its items, outside any run, to tell what all of them will ask and take.

    found = await rehearse(CONVERSATION, [Part("", dialogues, options)], models, seed=7, most=5)
    found.population, found.trials, found.waves

The items are spread at random over the whole plan, and answered as in a run: same prompts, same seeds. The first goes
alone and meets whatever is loaded on first use; the second goes alone; then all go together (the first two once more,
for the time only), so that it can be told what an answer takes by itself and what it takes from others.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from duologue.dialogue import Dialogue
from duologue.models.budget import Budget, Price
from duologue.models.desk import ModelDesk
from duologue.models.failure import ModelFailure
from duologue.models.receipt import Receipt
from duologue.models.request import Model
from duologue.operators.items import Skipped, WorkItem, item_rng, item_seed
from duologue.operators.operator import Operator, OperatorOptions
from duologue.operators.origin import Maker
from duologue.operators.rejects import Rejected
from duologue.prompts.ask import ModelAsk


class Part(NamedTuple):
    """A share of an operator's input: the folder its results go to (`""` for the only one), and its own options."""

    folder: str
    dialogues: Iterable[Dialogue]
    options: OperatorOptions


class Trial(NamedTuple):
    """One item: where its results belong, what became of it, and what it asked."""

    folder: str
    results: list[Dialogue | Rejected]
    receipt: Receipt


class Wave(NamedTuple):
    """Items that were at work together.

    Attributes:
        seconds: until the last was done; of the first wave with what was loaded.
        longest: completion tokens of the item that has most.
        total: completion tokens of all.
    """

    seconds: float
    longest: int
    total: int


class Rehearsal(NamedTuple):
    """What a rehearsal showed.

    Attributes:
        folders: of the parts.
        population: items of the whole plan.
        questions: that these ask; None where the answers decide.
        trials: the items that were tried.
        waves: the same by wave.
        together: requests that the slowest of the models answers at once.
    """

    folders: list[str]
    population: int
    questions: int | None
    trials: list[Trial]
    waves: list[Wave]
    together: int


class _Planned(NamedTuple):
    part: Part
    item: WorkItem


class _Counted(NamedTuple):
    population: int
    questions: int | None
    chosen: list[_Planned]


async def rehearse(
    operator: Operator,
    parts: Sequence[Part],
    models: Mapping[str, Model],
    *,
    seed: int,
    most: int,
    prices: Mapping[str, Price] | None = None,
) -> Rehearsal:
    """Try a few items of a plan.

    Args:
        operator: what is done.
        parts: the input; read to its end, to count the items.
        models: role -> model; closed by the caller.
        seed: the run's, so that the answers are those of the run.
        most: items to try.
        prices: model -> what it costs.

    Raises:
        ModelFailure: a failure that every further item would meet.
        InputError: the input cannot be read.
    """
    counted = _choose(operator, _planned(operator, parts, seed), most, random.Random(f"rehearsal\0{seed}"))
    chosen = counted.chosen
    trials: list[Trial] = []
    waves: list[Wave] = []
    begun = time.perf_counter()
    together = min([await model.ready() for model in set(models.values())], default=1)
    for group in [chosen[:1], chosen[1:2], chosen][: len(chosen)]:
        tried = await asyncio.gather(*(_try(operator, each, models, seed, prices) for each in group))
        tokens = [each.receipt.completion_tokens for each in tried]
        waves.append(Wave(time.perf_counter() - begun, max(tokens), sum(tokens)))
        trials += tried[len(trials) :] if group is chosen else tried
        begun = time.perf_counter()
    folders = [part.folder for part in parts]
    return Rehearsal(folders, counted.population, counted.questions, trials, waves, together)


def _planned(operator: Operator, parts: Sequence[Part], seed: int) -> Iterator[_Planned]:
    for part in parts:
        for item in operator.plan(part.dialogues, part.options, random.Random(f"{operator.name}\0{seed}")):
            if not isinstance(item, Skipped):
                yield _Planned(part, item)


def _choose(operator: Operator, items: Iterable[_Planned], most: int, rng: random.Random) -> _Counted:
    """Draw a few from a stream of unknown length (reservoir sampling), and count all."""
    chosen: list[_Planned] = []
    count = 0
    questions: int | None = 0
    for each in items:
        count += 1
        asks = operator.questions(each.item, each.part.options)
        questions = None if questions is None or asks is None else questions + asks
        if len(chosen) < most:
            chosen.append(each)
        elif (place := rng.randrange(count)) < most:
            chosen[place] = each
    return _Counted(count, questions, chosen)


async def _try(
    operator: Operator, chosen: _Planned, models: Mapping[str, Model], seed: int, prices: Mapping[str, Price] | None
) -> Trial:
    part, item = chosen
    desk = ModelDesk(models, budget=Budget(prices=prices))
    ask = ModelAsk(desk, seed=item_seed(operator.name, seed, item.id))
    maker = Maker.of(operator, part.options, seed, desk)
    results: list[Dialogue | Rejected] = []
    try:
        async for made in operator.run(item, ask, part.options, item_rng(operator.name, seed, item.id)):
            results.append(made if isinstance(made, Rejected) else maker.sign(made, item, ask.keys, draw=len(results)))
    except ModelFailure as failure:
        if failure.fatal:
            raise
        results.append(Rejected.unanswered(item.id, failure))
    return Trial(part.folder, results, desk.receipt)
