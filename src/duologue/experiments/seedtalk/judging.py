"""Stage `evaluate`: the control report's figures of the conversations and their restyled form.

`scores.json` holds everything, row by row.
"""

from __future__ import annotations

from typing import Any

import msgspec

from duologue.corpora import formats
from duologue.dialogue import read
from duologue.evaluation.contamination import HeldOutRuns
from duologue.evaluation.conversations import ConversationsScore, score_conversations
from duologue.experiments.seedtalk.settings import EvaluateSettings
from duologue.experiments.stages import Work
from duologue.files import write_json
from duologue.operators.run_folder import DIALOGUES

SCORES = "scores.json"


def evaluate(work: Work, settings: EvaluateSettings, seed: int) -> dict[str, Any]:
    """Judge what was grown."""
    reference = None
    if settings.reference is not None:
        reference = formats.read(settings.reference, settings.reference_format)
    tests = {path.name: path.read_text(encoding="utf-8").splitlines() for path in settings.test_sets}
    score = score_conversations(
        read(work.inputs["conversation"] / DIALOGUES),
        restyled=read(work.inputs["restyle"] / DIALOGUES),
        reference=reference,
        tests=HeldOutRuns.of(tests) if tests else None,
        permutations=settings.permutations,
        seed=seed,
    )
    write_json(work.folder / SCORES, score)
    return {"conversations": score.conversations, "control": _control(score)}


def _control(score: ConversationsScore) -> dict[str, Any]:
    return {
        name: {
            "accuracy": msgspec.to_builtins(found.accuracy),
            "chance": max(found.chance["most_frequent"], found.chance["uniform"]),
            "verdict": found.verdict,
        }
        for name, found in score.control.items()
    }
