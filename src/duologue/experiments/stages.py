"""Stages: what an experiment consists of, each done once for the same inputs, options, prompts and version.

A stage writes into a folder of its own. `done.json` is written last, so a folder without it is unfinished, and a stage
whose key is that of its `done.json` is skipped. What a killed stage left is kept: its function goes on from there
(ledgers, checkpoints); when its key has changed, it begins anew.

    stage = Stage("count", count_words, options={"lower": True}, inputs=("corpus",))
    run_stages([corpus, stage], Path("runs/a"))
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from duologue import __version__
from duologue.errors import InputError
from duologue.files import write_json
from duologue.models.budget import Budget
from duologue.prompts.render import fingerprint

logger = logging.getLogger("duologue")
DONE, BEGUN = "done.json", "begun.json"
STAGES, LEDGERS = "stages", "ledgers"


class Work(NamedTuple):
    """What a stage's function is given.

    Attributes:
        folder: where it writes; holds what an interrupted try with the same key has left.
        inputs: folders of the stages it builds on, by name.
        facts: what those stages reported, by name.
        ledger: folder for the replies of models; kept when the stage's key changes, so nothing is asked twice.
        budget: what the whole run may ask and spend.
    """

    folder: Path
    inputs: Mapping[str, Path]
    facts: Mapping[str, Mapping[str, Any]]
    ledger: Path
    budget: Budget


SYSTEM_TURNS = 7
"""Of a dialogue, about: for what can only be guessed before the dialogues are there."""


class Expected(NamedTuple):
    """What a stage will cost at most, as far as it can be told beforehand."""

    requests: int | None = None
    tokens: int | None = None
    steps: int | None = None


@dataclass(frozen=True)
class Stage:
    """A step of an experiment.

    Attributes:
        name: unique in the experiment, and its folder's name.
        run: does the work and returns facts (counts and figures that JSON can hold).
        options: everything that decides the result, as JSON; fingerprints of files and models from outside too.
        inputs: names of the stages whose results it reads.
        prompts: names of the prompts it uses.
        expected: what it will cost.
    """

    name: str
    run: Callable[[Work], Mapping[str, Any]]
    options: Mapping[str, Any] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    prompts: tuple[str, ...] = ()
    expected: Expected = field(default_factory=Expected)


class Standing(NamedTuple):
    """A stage, its key, and whether it is finished."""

    stage: Stage
    key: str
    finished: bool


class Finished(NamedTuple):
    """What became of a stage: its facts, the seconds it took, and whether it had been done before."""

    name: str
    facts: Mapping[str, Any]
    seconds: float
    skipped: bool


def keys(stages: Sequence[Stage]) -> dict[str, str]:
    """The key of each stage: a hash of its options, prompts, the keys of its inputs, and the package's version.

    Raises:
        InputError: a stage reads one that does not come before it.
    """
    found: dict[str, str] = {}
    for stage in stages:
        missing = [name for name in stage.inputs if name not in found]
        if missing:
            raise InputError(f"it reads '{missing[0]}', which does not come before it", where=f"stage {stage.name}")
        decides = {
            "name": stage.name,
            "options": stage.options,
            "inputs": {name: found[name] for name in stage.inputs},
            "prompts": {name: fingerprint(name) for name in stage.prompts},
            "version": __version__,
        }
        text = json.dumps(decides, sort_keys=True, default=str)
        found[stage.name] = hashlib.sha256(text.encode()).hexdigest()[:16]
    return found


def standing(stages: Sequence[Stage], folder: Path) -> list[Standing]:
    """Which stages are finished in a run folder; nothing is run or written."""
    key = keys(stages)
    return [
        Standing(stage, key[stage.name], _read(folder / STAGES / stage.name / DONE).get("key") == key[stage.name])
        for stage in stages
    ]


def run_stages(stages: Sequence[Stage], folder: Path, budget: Budget | None = None) -> Iterator[Finished]:
    """Run what is not finished, in order, and yield each stage when it is done.

    An error or an interruption leaves the finished stages finished; the next call goes on.
    """
    allowed = budget or Budget()
    places: dict[str, Path] = {}
    facts: dict[str, Mapping[str, Any]] = {}
    for number, (stage, key, finished) in enumerate(standing(stages, folder), 1):
        place = folder / STAGES / stage.name
        places[stage.name] = place
        if finished:
            done = _read(place / DONE)
            facts[stage.name] = done["facts"]
            logger.info("[%d/%d] %s: done before", number, len(stages), stage.name)
            yield Finished(stage.name, done["facts"], done["seconds"], skipped=True)
            continue
        logger.info("[%d/%d] %s", number, len(stages), stage.name)
        begun = _begin(place, key)
        started = time.monotonic()
        work = Work(
            place,
            {name: places[name] for name in stage.inputs},
            {name: facts[name] for name in stage.inputs},
            folder / LEDGERS / stage.name,
            allowed,
        )
        facts[stage.name] = dict(stage.run(work))
        # Seconds of earlier tries that were cut short are not known and not counted.
        seconds = round(time.monotonic() - started, 2)
        note = {"key": key, "seconds": seconds, "resumed": begun, "facts": facts[stage.name]}
        write_json(place / DONE, note)
        logger.info("[%d/%d] %s: done in %.1f s", number, len(stages), stage.name, seconds)
        yield Finished(stage.name, facts[stage.name], seconds, skipped=False)


def read_facts(folder: Path, stage: str) -> dict[str, Any]:
    """What a finished stage reported.

    Raises:
        InputError: it is not finished.
    """
    done = read_done(folder, stage)
    if not done:
        raise InputError(f"the stage '{stage}' is not finished", where=str(folder), mend="run the recipe again")
    facts: dict[str, Any] = done["facts"]
    return facts


def read_done(folder: Path, stage: str) -> dict[str, Any]:
    """A stage's note when it was finished: `key`, `seconds`, `resumed`, `facts`; empty where it is not."""
    return _read(folder / STAGES / stage / DONE)


def _begin(place: Path, key: str) -> bool:
    """Make the stage's folder ready; True where an interrupted try with the same key is gone on with."""
    left = _read(place / BEGUN).get("key")
    if left == key and not (place / DONE).exists():
        return True
    if place.exists():
        shutil.rmtree(place)
    place.mkdir(parents=True)
    write_json(place / BEGUN, {"key": key})
    return False


def _read(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError):
        return {}
    return found
