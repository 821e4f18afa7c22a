"""Which points are continued by which strategies: drawn once, the same for every layout and every model.

Points are drawn without repetition, and each has its strategies by its own id and the seed alone. So two runs with the
same seed continue the same pairs, whatever their layouts, models, order or interruptions. A file holds the pairs for
good, to be read by other runs, on other machines, or to be written by hand:

    {"drawn": {"strategies": "sampled", "probability": 0.3, …}}
    {"point": "esconv-0123456789ab-t3", "strategies": ["Offer Hope", "unconditional"]}
"""

from __future__ import annotations

import hashlib
import heapq
import os
import random
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from duologue.corpora.continuation_points import Point
from duologue.corpora.strategies import UNCONDITIONAL
from duologue.dialogue import read_rows
from duologue.errors import InputError


class Pairs(NamedTuple):
    """A point and the names of the strategies that continue it; `unconditional` is a reply without one."""

    point: Point
    strategies: list[str]


class Drawing(NamedTuple):
    """How pairs are drawn.

    Attributes:
        strategies: `all`, `sampled`, or names joined by commas.
        probability: of each strategy, where they are sampled; at least one is taken.
        unconditional: whether each point gets a reply without a strategy as well.
        points: how many points are drawn; None takes all.
        min_turn: the first supporter turn that is written, see `continuation_points`.
        max_turn: the last.
    """

    strategies: str
    probability: float
    unconditional: bool
    points: int | None
    min_turn: int
    max_turn: int | None


def draw(points: Iterable[Point], names: Iterable[str], drawing: Drawing, seed: int) -> Iterator[Pairs]:
    """Draw pairs, in the order of the points.

    Args:
        points: streamed; only where a number of them is drawn they are gone through first.
        names: of the strategies, in their published order.
        drawing: how.
        seed: of the draws.

    Raises:
        InputError: a strategy that there is not.
    """
    known = list(names)
    chosen = None if drawing.strategies in ("all", "sampled") else _named(drawing.strategies, known)
    if drawing.points is not None:
        points = _some(points, drawing.points, seed)
    for point in points:
        rng = random.Random(f"{seed}\0{point.id}")
        taken = chosen or (known if drawing.strategies == "all" else _sampled(known, drawing.probability, rng))
        yield Pairs(point, [*taken, *([UNCONDITIONAL] if drawing.unconditional else [])])


def write_pairs(path: Path, pairs: Iterable[Pairs], drawing: Drawing) -> None:
    """Write pairs to a file, whole or not at all; several processes may write the same ones at once."""
    rows = [msgspec.json.encode({"drawn": drawing._asdict()})]
    rows += [msgspec.json.encode({"point": each.point.id, "strategies": each.strategies}) for each in pairs]
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.", suffix=".part")
    with os.fdopen(handle, "wb") as file:
        file.write(b"\n".join(rows) + b"\n")
    Path(part).replace(path)


def read_pairs(path: Path, points: Iterable[Point], names: Iterable[str], given: Mapping[str, Any]) -> Iterator[Pairs]:
    """Read the pairs of a file, in the order of the points.

    Args:
        path: the file.
        points: all points of the corpus, streamed.
        names: of the strategies that there are.
        given: fields of the drawing that were asked for expressly; they must be those of the file.

    Raises:
        InputError: the file cannot be used, was drawn otherwise, or names a point that does not come.
    """
    known = [*names, UNCONDITIONAL]
    planned: dict[str, list[str]] = {}
    for number, row in enumerate(read_rows(path, _Row), 1):
        where = f"{path}, line {number}"
        if row.point is None:
            _refuse_others(row.drawn, given, str(path))
            continue
        if row.point in planned:
            raise InputError(f"point {row.point} a second time", where=where, mend="give it one line")
        if not row.strategies:
            raise InputError("no strategies", where=where, mend="name at least one, or leave the line out")
        planned[row.point] = _known(row.strategies, known, where)
    for point in points:
        if point.id in planned:
            yield Pairs(point, planned.pop(point.id))
    if planned:
        missing = f"{len(planned)} points are not in this corpus, the first is {next(iter(planned))}"
        raise InputError(missing, where=str(path), mend="read the corpus that the plan was drawn from")


class _Row(msgspec.Struct, forbid_unknown_fields=True):
    point: str | None = None
    strategies: list[str] = []
    drawn: dict[str, Any] = {}


def _refuse_others(drawn: Mapping[str, Any], given: Mapping[str, Any], path: str) -> None:
    for name, value in given.items():
        if name in drawn and drawn[name] != value:
            flag = f"--{name.replace('_', '-')}"
            raise InputError(
                f"drawn with {flag} {drawn[name]}, not {value}",
                where=path,
                mend=f"leave {flag} out, or name a new file",
            )


def _named(text: str, known: list[str]) -> list[str]:
    return _known(list(dict.fromkeys(name.strip() for name in text.split(","))), known, "--strategies")


def _known(names: list[str], known: list[str], where: str) -> list[str]:
    """The names, told apart by case only where they are.

    Raises:
        InputError: one is not known, or stands there twice.
    """
    spelled = {name.lower(): name for name in known}
    for name in names:
        if name.lower() not in spelled:
            raise InputError(f"no strategy {name!r}", where=where, mend=f"known are {', '.join(known)}")
    found = [spelled[name.lower()] for name in names]
    if len(set(found)) < len(found):
        raise InputError("a strategy stands there twice", where=where, mend="name it once")
    return found


def _sampled(known: list[str], probability: float, rng: random.Random) -> list[str]:
    """Each with its probability; where none comes, one of all."""
    taken = [name for name in known if rng.random() < probability]
    return taken or [rng.choice(known)]


def _some(points: Iterable[Point], count: int, seed: int) -> list[Point]:
    """So many, drawn without repetition, in the order in which they came."""

    def key(numbered: tuple[int, Point]) -> bytes:
        return hashlib.sha256(f"{seed}\0{numbered[1].id}".encode()).digest()

    return [point for _, point in sorted(heapq.nsmallest(count, enumerate(points), key=key), key=lambda each: each[0])]
