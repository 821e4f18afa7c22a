"""A stage that runs an operator: through the engine and the stage's ledger, each part into a folder of its own.

work = Operating(CONVERSATION, settings, lambda inputs: [Part("", read(inputs["seeds"] / "seeds.jsonl"), options)], 7)
Stage("conversation", work, inputs=("seeds",))
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from duologue.dialogue import Dialogue
from duologue.errors import DuologueError
from duologue.experiments.blocking import blocking
from duologue.experiments.settings import Asking
from duologue.experiments.stages import Work
from duologue.experiments.trained import spec_of
from duologue.models.desk import ModelDesk
from duologue.models.opening import open_desk
from duologue.operators.engine import Outcome, run
from duologue.operators.operator import Operator, OperatorOptions
from duologue.operators.progress import progress_to
from duologue.operators.receipts import begun, ended
from duologue.operators.rehearsal import Part
from duologue.operators.run_folder import REJECTED, RunFolder

Parts = Callable[[Mapping[str, Path]], Sequence[Part]]
"""Folders of the stages it builds on, by name -> what the operator works on."""


@dataclass(frozen=True)
class Operating:
    """An operator over parts of the input; called, it is the work of a stage.

    Attributes:
        operator: what is done.
        asking: the model that answers in all roles that the operator needs, and how models are reached.
        parts: what it works on.
        seed: seeds every random choice.
        trained: the stage whose trained model answers instead.
        others: role -> who plays it instead; with `trained` these are the roles that its model plays.
    """

    operator: Operator
    asking: Asking
    parts: Parts
    seed: int
    trained: str | None = None
    others: Mapping[str, str] = field(default_factory=dict)

    def models(self, inputs: Mapping[str, Path], facts: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
        """Who plays each role that is needed, given the folders and the facts of the stages it builds on."""
        parts = self.parts(inputs)
        needed = dict.fromkeys(role for part in parts for role in self.operator.needed(part.options))
        others = dict(self.others)
        if self.trained is not None:
            spec = spec_of(inputs[self.trained], facts[self.trained])
            others = dict.fromkeys(self.others or self.operator.roles, spec)
        return {role: others.get(role, self.asking.model) for role in needed}

    def __call__(self, work: Work) -> dict[str, Any]:
        """Do it; the facts hold the counts of each part, or of the only one, and what was asked.

        Raises:
            DuologueError: a failure stopped the run, or no dialogue was made because the models failed.
        """
        return blocking(self._over(work))

    async def _over(self, work: Work) -> dict[str, Any]:
        parts, specs = self.parts(work.inputs), self.models(work.inputs, work.facts)
        options = self.asking.model_options()
        async with open_desk(specs, options, ledger=work.ledger, budget=work.budget) as desk:
            counts = {}
            for part in parts:
                folder = work.folder / part.folder
                counts[part.folder] = await _operate(
                    desk, self.operator, part.dialogues, part.options, folder, seed=self.seed
                )
            told = counts[""] if list(counts) == [""] else {"splits": counts}
            named = {"model": next(iter(desk.models.values())).name} if specs else {}
            return {**named, **told, "requests": desk.receipt.as_dict()}


async def _operate(
    desk: ModelDesk,
    operator: Operator,
    dialogues: Iterable[Dialogue],
    options: OperatorOptions,
    folder: Path,
    *,
    seed: int,
) -> dict[str, Any]:
    """Run an operator into a folder and count what became of its items."""
    receipt = begun(operator, options, desk, source="the stage before", seed=seed)
    with RunFolder(folder) as results, progress_to(sys.stderr) as progress:
        outcome = await run(operator, dialogues, desk, options, results, seed=seed, progress=progress)
        counts = _counts(outcome)
        results.write_receipt(receipt | ended(outcome, desk))
    if outcome.stopped is not None:
        raise outcome.stopped
    if outcome.unanswered and not outcome.made:
        gate, count = outcome.rejected.most_common(1)[0]
        raise DuologueError(
            f"no dialogue was made, {count} of {outcome.tried} failed by {gate}",
            where=str(folder / REJECTED),
            mend="look at the evidence there and run the recipe again",
        )
    return counts


def _counts(outcome: Outcome) -> dict[str, Any]:
    return {
        "tried": outcome.tried,
        "made": outcome.made,
        "rejected": dict(outcome.rejected.most_common()),
        "not_tried": dict(outcome.not_tried),
    }
