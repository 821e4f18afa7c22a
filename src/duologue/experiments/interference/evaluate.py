"""Stage `evaluate`: the four setups judged, compared pairwise on the same dialogues, and the claim's verdict.

`results.json` holds the table, the comparisons and the verdict; `scores/SETUP.json` every row with its reasons.
"""

from __future__ import annotations

from typing import Any

import msgspec

from duologue.dialogue import DialoguePrediction, read, read_rows
from duologue.evaluation.bootstrap import Difference
from duologue.evaluation.interference import InterferenceScore, compare_interference, score_interference, table_row
from duologue.evaluation.pairing import pair, with_states
from duologue.evaluation.tod.databases import Databases
from duologue.experiments.databases import venues_of
from duologue.experiments.interference.settings import SETUPS, EvaluateSettings
from duologue.experiments.interference.verdict import Evidence, Verdict, judge
from duologue.experiments.stages import Work
from duologue.files import write_json
from duologue.measures.embeddings import Embedder

REFERENCE = "simpletod-to-simpletod"
CLEAN, CHAT, OURS = "simpletod-to-interference", "fusedchat-to-interference", "interference-to-interference"
COMPARISONS = ((OURS, REFERENCE), (CLEAN, REFERENCE), (CHAT, REFERENCE), (OURS, CLEAN), (OURS, CHAT))
"""First minus second."""


def evaluate(work: Work, settings: EvaluateSettings, seed: int) -> dict[str, Any]:
    """Judge the four setups."""
    embedder = Embedder()
    venues = venues_of(work.inputs["corpus"])
    databases = None if venues is None else Databases(venues)
    (work.folder / "scores").mkdir(exist_ok=True)
    scores: dict[str, InterferenceScore] = {}
    for trained, asked in SETUPS:
        name = f"{trained}-to-{asked}"
        predictions = read_rows(work.inputs[f"respond/{name}"] / "predictions.jsonl", DialoguePrediction)
        pairing = pair(with_states(predictions), read(work.inputs["data"] / "interference-test.jsonl"))
        scores[name] = score_interference(
            pairing, asked, definition=settings.definition, embedder=embedder, databases=databases, seed=seed
        )
        write_json(work.folder / "scores" / f"{name}.json", msgspec.to_builtins(scores[name]))
    compared = {
        f"{first} - {second}": compare_interference(scores[first], scores[second], seed=seed)
        for first, second in COMPARISONS
    }
    verdict = verdict_of(scores, compared, settings)
    results = {
        "table": {name: msgspec.to_builtins(table_row(score)) for name, score in scores.items()},
        "comparisons": msgspec.to_builtins(compared),
        "verdict": msgspec.to_builtins(verdict),
    }
    write_json(work.folder / "results.json", results)
    return {"verdict": verdict.verdict, "table": results["table"]}


def verdict_of(
    scores: dict[str, InterferenceScore], compared: dict[str, dict[str, Difference]], settings: EvaluateSettings
) -> Verdict:
    """The claim's verdict from the scores and their comparisons."""
    reference = scores[REFERENCE].dst
    own = scores[OURS].acknowledgement
    return judge(
        Evidence(
            dialogues=reference.dialogues,
            reference=reference.joint_goal_accuracy,
            acknowledges=compared[f"{OURS} - {CLEAN}"].get("backstory_similarity"),
            own_first_low=own.intervals["own_first"].low if own is not None and "own_first" in own.intervals else None,
            keeps=compared[f"{OURS} - {REFERENCE}"]["joint_goal_accuracy"],
            degrades=compared[f"{CLEAN} - {REFERENCE}"]["joint_goal_accuracy"],
        ),
        margin=settings.margin,
        floor=settings.floor,
        least=settings.least,
    )
