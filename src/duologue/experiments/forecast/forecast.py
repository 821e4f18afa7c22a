"""A forecast: the stages that ask a model are tried on a few items, in a folder of their own, outside the run.

    found = forecast(kind.stages(recipe), folder, most=5)
    write_forecast(folder, found)

A stage is tried on what the stage before it made of the same few items, so the two together cost five items, not all
of the first stage's. Stages that only prepare (a sample, a corpus that is read) are done in full; those that train, or
that need a trained model, are not tried: of these the plan tells upper bounds.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from duologue.dialogue import Dialogue, write
from duologue.errors import InputError
from duologue.experiments.blocking import blocking
from duologue.experiments.forecast.estimates import Range, pace_of, total, unseen_share
from duologue.experiments.operating import Operating
from duologue.experiments.stages import STAGES, Stage, Standing, Work, read_facts, standing
from duologue.files import write_json
from duologue.models.budget import Budget, Price
from duologue.models.spec import open_model
from duologue.operators.rehearsal import Rehearsal, rehearse
from duologue.operators.run_folder import DIALOGUES

FORECAST = "forecast.json"


class StageForecast(msgspec.Struct, frozen=True):
    """What one stage will ask and take.

    Attributes:
        key: of the stage as it was forecast; a forecast of another key says nothing.
        model: who was asked.
        items: of the stage in all; expected, where they come from a stage that was only tried.
        sampled: items that were tried.
        first: requests that ask a question for the first time; exact where the plan decides them and what the stage
            works on is there.
        again: requests that ask one again, because an answer did not pass.
        prompt_tokens, completion_tokens: read and written.
        cost: money, by the prices given.
        seconds: of the stage, on a machine as busy as it was.
    """

    key: str
    model: str
    items: float
    sampled: int
    first: Range
    again: Range
    prompt_tokens: Range
    completion_tokens: Range
    cost: Range
    seconds: Range


class Forecast(msgspec.Struct, frozen=True):
    """The stages that were tried, by name; the others are not forecast."""

    stages: dict[str, StageForecast]


class _Upstream(NamedTuple):
    """A stage that was only tried: so many items stand for so many."""

    sampled: int
    items: float


def forecast(
    stages: Sequence[Stage], folder: Path, *, most: int, prices: Mapping[str, Price] | None = None
) -> Forecast:
    """Try the stages that are not finished.

    Args:
        stages: of an experiment, in order.
        folder: the run's; read for what is finished, not written to.
        most: items to try.
        prices: model -> what it costs.

    Raises:
        ModelFailure: a model cannot be reached.
        InputError: a file cannot be read.
    """
    found: dict[str, StageForecast] = {}
    needed = _needed(stages)
    with tempfile.TemporaryDirectory(prefix="duologue-forecast-") as temporary:
        places: dict[str, Path] = {}
        facts: dict[str, Mapping[str, Any]] = {}
        tried: dict[str, _Upstream] = {}
        for each in standing(stages, folder):
            stage = each.stage
            if each.finished:
                places[stage.name] = folder / STAGES / stage.name
                facts[stage.name] = read_facts(folder, stage.name)
                continue
            if any(name not in places for name in stage.inputs):
                continue
            place = Path(temporary) / stage.name
            inputs = {name: places[name] for name in stage.inputs}
            if isinstance(stage.run, Operating):
                specs = stage.run.models(inputs, {name: facts.get(name, {}) for name in stage.inputs})
                rehearsal = blocking(_rehearse(stage.run, specs, inputs, most, prices))
                upstream = next((tried[name] for name in stage.inputs if name in tried), None)
                model = ", ".join(dict.fromkeys(specs.values()))
                found[stage.name], tried[stage.name] = _told(each, model, rehearsal, upstream)
                _keep(rehearsal, place)
            elif stage.name in needed and not stage.expected.steps:
                place.mkdir(parents=True)
                known = {name: facts[name] for name in stage.inputs}
                facts[stage.name] = stage.run(Work(place, inputs, known, place / "ledger", Budget()))
            else:
                continue
            places[stage.name] = place
    return Forecast(found)


def completed(found: Forecast, earlier: Forecast | None, stages: Sequence[Standing]) -> Forecast:
    """A forecast with what an earlier one told of stages that are finished since."""
    done = {each.stage.name: each.key for each in stages if each.finished}
    kept = {name: told for name, told in (earlier.stages.items() if earlier else ()) if done.get(name) == told.key}
    return Forecast(kept | found.stages)


def write_forecast(folder: Path, found: Forecast) -> None:
    """Keep a forecast in a run's folder, where the run compares itself with it."""
    write_json(folder / FORECAST, found)


def read_forecast(folder: Path) -> Forecast | None:
    """A run folder's forecast, where there is one.

    Raises:
        InputError: it cannot be read.
    """
    path = folder / FORECAST
    if not path.exists():
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=Forecast)
    except msgspec.MsgspecError as error:
        raise InputError(str(error), where=str(path), mend="remove it, or forecast again with --dry-run") from None


def held_to(found: Forecast, stands: Sequence[Standing], prices: Mapping[str, Price]) -> Budget:
    """The budget that a forecast allows for what is to do: its upper bounds; what nothing bounds is not limited."""
    finished = {each.stage.name for each in stands if each.finished}
    stages = [told for name, told in found.stages.items() if name not in finished]

    def most(*figures: Range) -> float | None:
        bounds = [figure.high for figure in figures]
        return None if None in bounds else sum(bound for bound in bounds if bound is not None)

    requests = most(*(figure for stage in stages for figure in (stage.first, stage.again)))
    tokens = most(*(figure for stage in stages for figure in (stage.prompt_tokens, stage.completion_tokens)))
    cost = most(*(stage.cost for stage in stages))
    return Budget(
        max_requests=None if requests is None else int(requests),
        max_tokens=None if tokens is None else int(tokens),
        max_cost=cost or None,
        prices=prices,
    )


async def _rehearse(
    work: Operating, specs: Mapping[str, str], inputs: Mapping[str, Path], most: int, prices: Mapping[str, Price] | None
) -> Rehearsal:
    opened = {spec: open_model(spec, work.asking.model_options()) for spec in set(specs.values())}
    try:
        models = {role: opened[spec] for role, spec in specs.items()}
        return await rehearse(work.operator, work.parts(inputs), models, seed=work.seed, most=most, prices=prices)
    finally:
        for model in opened.values():
            await model.close()


def _told(
    each: Standing, model: str, rehearsal: Rehearsal, upstream: _Upstream | None
) -> tuple[StageForecast, _Upstream]:
    """What the items that were tried say of all; an item that the stage before did not make counts as nothing."""
    receipts = [trial.receipt for trial in rehearsal.trials]
    items, missing = float(rehearsal.population), 0
    if upstream is not None and upstream.sampled:
        missing = max(0, upstream.sampled - rehearsal.population) if receipts else 0
        items = upstream.items * max(1.0, rehearsal.population / upstream.sampled)
    population = round(items)
    sampled = len(receipts) + missing
    unsure = upstream is not None and not missing and sampled < population

    def of(counts: Iterable[float]) -> Range:
        found = total([*counts, *[0.0] * missing], population)
        # That each of the few was made does not mean that all will be.
        return replace(found, low=found.low * (1 - unseen_share(sampled))) if unsure and sampled else found

    def asked(counts: Iterable[float]) -> Range:
        found = of(counts)
        if not receipts or not found.exact or sampled == population:
            return found
        slack = population * unseen_share(sampled)  # nor that none will be asked again, or all alike
        return replace(found, low=max(0.0, found.value - slack), high=found.value + slack)

    if upstream is None and rehearsal.questions is not None:
        first = Range(rehearsal.questions, rehearsal.questions, rehearsal.questions)
    else:
        first = asked(receipt.first for receipt in receipts)
    again = asked(receipt.again.total() for receipt in receipts)
    tokens = [float(receipt.completion_tokens) for receipt in receipts] + [0.0] * missing
    told = StageForecast(
        key=each.key,
        model=model,
        items=items,
        sampled=sampled,
        first=first,
        again=again,
        prompt_tokens=of(receipt.prompt_tokens for receipt in receipts),
        completion_tokens=of(receipt.completion_tokens for receipt in receipts),
        cost=of(receipt.cost for receipt in receipts),
        seconds=pace_of(rehearsal.waves).seconds(tokens, population, rehearsal.together),
    )
    return told, _Upstream(sampled, items)


def _keep(rehearsal: Rehearsal, place: Path) -> None:
    """Write what was made as the stage would, for the stages after it."""
    made: dict[str, list[Dialogue]] = {name: [] for name in rehearsal.folders}
    for trial in rehearsal.trials:
        made.setdefault(trial.folder, []).extend(each for each in trial.results if isinstance(each, Dialogue))
    for folder, dialogues in made.items():
        (place / folder).mkdir(parents=True, exist_ok=True)
        write(place / folder / DIALOGUES, dialogues)


def _needed(stages: Sequence[Stage]) -> set[str]:
    """Stages whose results those read that ask a model, directly or through others."""
    needed: set[str] = set()
    for stage in reversed(stages):
        if isinstance(stage.run, Operating) or stage.name in needed:
            needed |= set(stage.inputs)
    return needed
