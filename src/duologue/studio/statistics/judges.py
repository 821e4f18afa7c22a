"""A model's verdicts on a project's comparisons, as `duologue evaluate judge` writes them into its folder.

verdicts = read_verdicts(Path("runs/judged/scores.json"))
sides_of(verdicts, pairs)     # which of two answers the judge prefers, beside what people say
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from duologue.errors import InputError
from duologue.evaluation.bootstrap import decode_figures
from duologue.evaluation.judge.pairwise_score import PairwiseScore
from duologue.studio.projects.item import Item
from duologue.studio.projects.project import Project
from duologue.studio.statistics.judgements import Compared, Key

_FILE = "scores.json"


class Judged(NamedTuple):
    """Judge -> what it said, and which judges' verdicts cannot be used, and why."""

    verdicts: dict[str, PairwiseScore]
    problems: list[str]


class _Scores(msgspec.Struct):
    score: PairwiseScore


def read_verdicts(path: Path) -> PairwiseScore:
    """Read the `scores.json` of `evaluate judge`.

    Raises:
        InputError: it is another file.
    """
    try:
        return decode_figures(path.read_bytes(), _Scores).score
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        mend = "name the --out folder of duologue evaluate judge"
        raise InputError(f"no verdicts ({error})", where=path.name, mend=mend) from None


def verdicts_of(
    project: Project,
    items: Mapping[str, Item],
    place: Callable[[str], Path],
    open: Callable[[Path], PairwiseScore] = read_verdicts,
) -> Judged:
    """The verdicts that a project names; what cannot be used yet is told, and people go on."""
    systems = {each.system for item in items.values() for each in item.answers}
    judged = Judged({}, [])
    for name, folder in project.source.judges.items():
        try:
            found = open(place(f"{folder}/{_FILE}"))
        except InputError as error:
            judged.problems.append(f"judge {name}: {error}")
            continue
        if odd := sorted(set(found.systems) - systems):
            known = ", ".join(sorted(systems))
            told = f"judge {name}: compares {odd[0]!r}, which is none of {known}; judge again with --names"
            judged.problems.append(told)
        else:
            judged.verdicts[name] = found
    return judged


def sides_of(verdicts: PairwiseScore, pairs: Iterable[Compared]) -> dict[Key, float]:
    """The side that a judge prefers: -1 the left answer, 1 the right one, 0 neither; nothing of what it left open."""
    outcomes = {row.id: row.outcome for row in verdicts.rows}
    found: dict[Key, float] = {}
    for each in pairs:
        outcome = outcomes.get(each.item.facts.get("compared", each.item.id))
        if {each.left.system, each.right.system} != set(verdicts.systems):
            continue
        if outcome == "tie":
            found[each.key] = 0.0
        elif outcome == "first" or outcome == "second":
            winner = verdicts.systems[0 if outcome == "first" else 1]
            found[each.key] = -1.0 if winner == each.left.system else 1.0
    return found
