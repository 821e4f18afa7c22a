"""Stages `attend/CONDITION`: the attention that the replies of a condition pay to their strategy."""

from __future__ import annotations

import sys
from typing import Any

from duologue.corpora.strategies import Strategies
from duologue.dialogue import read
from duologue.evaluation.steering.attend import attend as measure_all
from duologue.evaluation.steering.measuring import MeasureOptions
from duologue.evaluation.steering.replies import replies_of
from duologue.experiments.counting import counting
from duologue.experiments.stages import Work
from duologue.experiments.steering.conditions import TRAIN, Condition
from duologue.experiments.steering.settings import SteeringRecipe
from duologue.experiments.trained import spec_of
from duologue.operators.run_folder import DIALOGUES


def attend(work: Work, condition: Condition, recipe: SteeringRecipe) -> dict[str, Any]:
    """Measure every reply; the replies of the trained model with its own attention."""
    from duologue.models.in_process import open_in_process

    settings, asked = recipe.attend, recipe.continuation
    assert settings is not None
    own = settings.model or asked.model
    spec = spec_of(work.inputs[TRAIN], work.facts[TRAIN]) if condition.tuned else own
    opened = open_in_process(spec, device=settings.device, dtype=settings.dtype, where="attend.model")
    known: Strategies = asked.known()
    source = work.inputs[f"continue/{condition.stage}"] / DIALOGUES
    with counting(sys.stderr, "replies measured") as advance:
        rows = measure_all(
            (reply for each in read(source) for reply in replies_of(each, known, system_role=asked.system_role)),
            opened.loaded,
            work.folder,
            model=spec,
            fingerprint=opened.fingerprint,
            options=MeasureOptions(turns=settings.maps),
            maps=settings.maps,
            batch=settings.batch,
            advance=advance,
        )
    return {"model": spec, "replies": len(rows), "unmeasured": sum("reply" in row.reasons for row in rows)}
