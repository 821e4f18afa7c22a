"""Stage `evaluate`: every system with every decoding judged alike; `results.json` holds the table.

Without databases there is no inform and success. What a system says in words is delexicalised first, and so are the
references; a system of the view `response` writes no state, so inform and success take the gold states.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from duologue.corpora.venues import Venues
from duologue.dialogue import Dialogue, DialoguePrediction, read, read_rows
from duologue.evaluation.bootstrap import Difference, Interval, decode_figures
from duologue.evaluation.dst import score_dst
from duologue.evaluation.pairing import pair, with_states
from duologue.evaluation.tod.databases import Databases
from duologue.evaluation.tod.evaluator import Judged
from duologue.evaluation.tod.outcomes import TOTAL, Outcome, compare, outcome
from duologue.experiments.databases import venues_of
from duologue.experiments.decoding_sweep import DecodingRow
from duologue.experiments.dev_metrics import RENDERED, evaluation_of
from duologue.experiments.lab.settings import LabRecipe
from duologue.experiments.lab.systems import dev_system
from duologue.experiments.stages import Work
from duologue.files import write_json

RESULTS = "results.json"


class LabRow(msgspec.Struct, frozen=True):
    """A system with a decoding.

    Attributes:
        system: its name.
        decoding: its name.
        bleu: against the references, both delexicalised where there are databases.
        inform, success: percent of dialogues, and their intervals; None without databases or goals.
        richness: conditional bigram entropy.
        joint_goal_accuracy: percent of turns; None where no state is written.
        mean_tokens, longest_tokens: of its replies.
        distinct_2: percent of pairs of words that differ; None where there is none.
        cut: turns whose reply was cut at the most tokens.
        trainable: parameters that were trained; None where none was.
        steps_per_second: of the training.
        turns_per_second: answered; None where they came from the ledger.
    """

    system: str
    decoding: str
    bleu: float
    inform: float | None
    inform_interval: Interval | None
    success: float | None
    success_interval: Interval | None
    richness: float | None
    joint_goal_accuracy: float | None
    mean_tokens: float
    longest_tokens: int
    distinct_2: float | None
    cut: int
    trainable: int | None
    steps_per_second: float | None
    turns_per_second: float | None


class LabResults(msgspec.Struct, frozen=True):
    """The table, and each system's first decoding minus that of the system it is compared with."""

    rows: list[LabRow]
    compared_with: str | None
    differences: dict[str, dict[str, Difference]]


def evaluate(work: Work, recipe: LabRecipe) -> dict[str, Any]:
    """Judge all answers."""
    dialogues = list(read(work.inputs["corpus"] / "test.jsonl"))
    venues = venues_of(work.inputs["corpus"])
    rows: list[LabRow] = []
    outcomes: dict[str, dict[str, Outcome]] = {}
    for name in recipe.systems:
        for number, decoding in enumerate(recipe.decodings_of(name)):
            found: dict[str, Outcome] = {}
            rows.append(_row(work, recipe, name, decoding, dialogues, venues, found))
            if not number:
                outcomes[name] = found
    base = recipe.evaluate.differ_from
    differences: dict[str, dict[str, Difference]] = {}
    if base is not None and venues is not None and _have_goals(dialogues):
        differences = {
            name: compare(found, outcomes[base], seed=recipe.seed) for name, found in outcomes.items() if name != base
        }
    write_json(work.folder / RESULTS, LabResults(rows, base if differences else None, differences))
    return {"rows": len(rows)}


def read_results(folder: Path) -> LabResults:
    """The table of a finished stage."""
    return decode_figures((folder / RESULTS).read_bytes(), LabResults)


def _row(
    work: Work,
    recipe: LabRecipe,
    name: str,
    decoding: str,
    dialogues: Sequence[Dialogue],
    venues: Venues | None,
    outcomes: dict[str, Outcome],
) -> LabRow:
    system = dev_system(recipe, name, venues)
    answered, trained = work.facts[f"respond/{name}"], work.facts.get(f"train/{name}", {})
    said = list(read_rows(work.inputs[f"respond/{name}"] / f"{decoding}.jsonl", DialoguePrediction))
    rows = list(with_states(said)) if system.predicts_states else said

    def on_judged(judged: Judged) -> None:
        outcomes[judged.reference.id] = outcome(judged.verdict)

    evaluation = evaluation_of(rows, dialogues, system, None if venues is None else Databases(venues), on_judged)
    score = evaluation.score(seed=recipe.seed)
    judged = venues is not None and _have_goals(dialogues)
    states = system.predicts_states and any(turn.state is not None for each in dialogues for turn in each.turns)
    spoken = msgspec.convert(answered["decodings"][decoding], DecodingRow)
    speed = trained.get("speed") or {}
    return LabRow(
        system=name,
        decoding=decoding,
        bleu=score.bleu[RENDERED],
        inform=score.inform[TOTAL] if judged else None,
        inform_interval=score.intervals["inform"].get(TOTAL) if judged else None,
        success=score.success[TOTAL] if judged else None,
        success_interval=score.intervals["success"].get(TOTAL) if judged else None,
        richness=score.richness["cond_entropy"] + 0.0,  # of nothing said it is -0.0
        joint_goal_accuracy=score_dst(pair(rows, dialogues)).joint_goal_accuracy if states else None,
        mean_tokens=spoken.mean_tokens,
        longest_tokens=spoken.longest_tokens,
        distinct_2=spoken.distinct_2,
        cut=spoken.cut,
        trainable=trained.get("trainable"),
        steps_per_second=speed.get("iterations_per_second"),
        turns_per_second=None if spoken.seconds is None else spoken.turns / spoken.seconds,
    )


def _have_goals(dialogues: Sequence[Dialogue]) -> bool:
    return any(each.goal is not None for each in dialogues)
