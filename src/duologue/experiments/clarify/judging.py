"""Stage `evaluate`: what each policy does and where its conversations lead, and what the methods differ by.

`results.json` holds all figures; `rows.jsonl` a row a conversation, with policy and seed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from duologue.dialogue import read, write_rows
from duologue.errors import InputError
from duologue.evaluation.bootstrap import Difference, Figure, decode_figures
from duologue.evaluation.clarify.over_seeds import estimates
from duologue.evaluation.clarify.rows import ClarifyRow, read_states
from duologue.evaluation.clarify.score import score_states
from duologue.evaluation.estimate import Estimate, difference
from duologue.experiments.claims import Claim
from duologue.experiments.clarify.cells import AS_IS, PLAY_AS_IS, Policy, cells
from duologue.experiments.clarify.claims import claims
from duologue.experiments.clarify.settings import ClarifyRecipe
from duologue.experiments.stages import Work
from duologue.files import write_json
from duologue.operators.run_folder import DIALOGUES

RESULTS, ROWS = "results.json", "rows.jsonl"
DIFFER_BY = ("action macro f1", "trajectory")
"""The figures in which methods are compared."""


class PolicyResult(msgspec.Struct, frozen=True):
    """A method on a number of conversations, all its seeds together.

    Attributes:
        method: its name; `as-is` is the policy before any training.
        size: conversations it learnt from; None of the policy as it is.
        figures: means over seeds, with intervals over seeds and conversations (`evaluation.clarify.over_seeds`).
        seeds: figure -> its value of each seed; empty where there is one seed.
        support: how many states figures rest on, over all seeds.
        confusion: gold action -> what was done -> in how many states, over all seeds.
        blame: conversations that missed their goal by whose fault that is.
        faults: conversations that ended early, by role and kind.
        missing: states without a conversation, over all seeds.
    """

    method: str
    size: int | None
    figures: dict[str, Figure]
    seeds: dict[str, list[float | None]]
    support: dict[str, int]
    confusion: dict[str, dict[str, float]]
    blame: dict[str, int]
    faults: dict[str, int]
    missing: int

    @property
    def policy(self) -> Policy:
        """The row of the table."""
        return Policy(self.method, self.size)


class Compared(msgspec.Struct, frozen=True):
    """The compared method minus another one, on as many conversations: figure -> difference."""

    size: int
    other: str
    differences: dict[str, Difference]


class ClarifyResults(msgspec.Struct, frozen=True):
    """Policies in the order of the table; which method is compared, and by what it differs; the paper's claims."""

    policies: list[PolicyResult]
    compared: str
    differences: list[Compared]
    claims: list[Claim]


def evaluate(work: Work, recipe: ClarifyRecipe) -> dict[str, Any]:
    """Judge all conversations.

    Raises:
        InputError: a policy has none.
    """
    runs: dict[Policy, dict[str, list[ClarifyRow]]] = {}
    missing: dict[Policy, int] = {}
    rows: list[dict[str, Any]] = []
    for policy, seed, stage in _plays(recipe):
        states = read_states(read(work.inputs[stage] / DIALOGUES))
        if not states.rows:
            raise InputError("no conversation was played", where=stage, mend="rejected.jsonl there says why")
        runs.setdefault(policy, {})[str(seed)] = states.rows
        missing[policy] = missing.get(policy, 0) + len(states.missing)
        whose = {**policy._asdict(), "seed": seed}
        rows += [whose | msgspec.structs.asdict(row) for row in states.rows]
    found = dict(
        zip(runs, estimates({each.name: own for each, own in runs.items()}, seed=recipe.seed).values(), strict=True)
    )
    write_rows(work.folder / ROWS, rows)
    judged = claims(
        {size: {each.method: own for each, own in found.items() if each.size == size} for size in recipe.sizes},
        recipe.evaluate.compared,
        conversations=len({row["conversation"] for row in rows}),
    )
    results = ClarifyResults(
        [_result(each, own, runs[each], missing[each], recipe.seed) for each, own in found.items()],
        recipe.evaluate.compared,
        _differences(found, recipe),
        judged,
    )
    write_json(work.folder / RESULTS, results)
    return {"conversations": len(rows), "claims": {claim.says: claim.answer for claim in judged}}


def read_results(folder: Path) -> ClarifyResults:
    """The figures of a finished stage."""
    return decode_figures((folder / RESULTS).read_bytes(), ClarifyResults)


def _plays(recipe: ClarifyRecipe) -> list[tuple[Policy, int | None, str]]:
    """Whose conversations of which seed are in which stage."""
    return [(AS_IS, None, PLAY_AS_IS), *((cell.policy, cell.seed, cell.play) for cell in cells(recipe))]


def _result(
    policy: Policy, figures: dict[str, Estimate], runs: dict[str, list[ClarifyRow]], missing: int, seed: int
) -> PolicyResult:
    counted = score_states(runs, seed=seed)
    return PolicyResult(
        policy.method,
        policy.size,
        {name: each.figure() for name, each in figures.items()},
        {name: spread.runs for name, spread in counted.runs.items()},
        counted.support,
        counted.confusion,
        counted.blame,
        counted.faults,
        missing,
    )


def _differences(found: dict[Policy, dict[str, Estimate]], recipe: ClarifyRecipe) -> list[Compared]:
    """The compared method minus each other one of its size, and minus the policy as it is."""
    told = []
    for size in recipe.sizes:
        first = found.get(Policy(recipe.evaluate.compared, size))
        for other, own in found.items():
            if first is not None and own is not first and other.size in (size, None):
                apart = {name: difference(first[name], own[name]) for name in DIFFER_BY}
                told.append(Compared(size, other.method, apart))
    return told
