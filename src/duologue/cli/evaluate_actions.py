"""`duologue evaluate actions CORPUS --classifier …`: how often a classifier names the gold action of gold turns.

duologue evaluate actions validation.json --format pacific --classifier rule
duologue evaluate actions validation.json --format pacific --classifier model --model openai:NAME --out runs/judged
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from duologue.cli.model_flags import ModelFlags
from duologue.cli.results import list_problems, number
from duologue.corpora import formats
from duologue.corpora.actions import ACTIONS
from duologue.corpora.clarification_points import Instance, instances
from duologue.dialogue import Problem
from duologue.errors import InputError
from duologue.evaluation.asking import side_by_side
from duologue.experiments.counting import counting
from duologue.files import write_json
from duologue.measures.classification import ClassificationScore, classification_score
from duologue.models.failure import ModelFailure
from duologue.operators.clarifying.classifiers import CLASSIFIER, Judged, asks_model, classifier_of
from duologue.operators.clarifying.faults import RoleFault
from duologue.prompts.ask import ModelAsk


def actions(
    corpus: str,
    *,
    classifier: str = "rule",
    format: str = "duologue",
    limit: int | None = None,
    out: Path | None = None,
    json: Path | None = None,
    models: ModelFlags | None = None,
) -> int:
    """Let a classifier name the actions of gold turns, and compare with the gold ones.

    Parameters
    ----------
    corpus
        Conversations with gold actions.
    classifier
        `rule`, `model`, `probabilities`, a trained classifier's folder; several joined by commas vote.
    format
        Format of the corpus.
    limit
        Judge only the first so many turns.
    out
        Keep the model's answers here; with the same folder they are not asked for again.
    json
        Write the score here.
    """
    problems: list[Problem] = []
    states = list(instances(formats.read(corpus, format, on_problem=problems.append)))[:limit]
    if not states:
        raise InputError("no turn with a gold action", where=corpus, mend="check --format")

    async def judged() -> list[Judged | RoleFault | ModelFailure]:
        needed = (CLASSIFIER,) if asks_model(classifier) else ()
        ledger = None if out is None else out / "ledger"
        async with (models or ModelFlags()).open_desk((CLASSIFIER,), ledger, needed=needed) as desk:
            judge = classifier_of(classifier, lambda _: ModelAsk(desk, seed=0))

            async def one(state: Instance) -> Judged | RoleFault | ModelFailure:
                try:
                    return await judge.classify(state.gold.said, state)
                except RoleFault as fault:
                    return fault
                except ModelFailure as failure:
                    if failure.fatal:
                        raise
                    return failure

            with counting(sys.stderr, "turns judged", total=len(states)) as advance:
                return await side_by_side(states, one, advance)

    found = asyncio.run(judged())
    named = [(state.action, each.action) for state, each in zip(states, found, strict=True) if isinstance(each, Judged)]
    failed = [f"{state.id}: {each}" for state, each in zip(states, found, strict=True) if not isinstance(each, Judged)]
    if named:
        score = classification_score([gold for gold, _ in named], [told for _, told in named], list(ACTIONS))
        _show(score, classifier)
        if json is not None:
            write_json(json, {"classifier": classifier, "failed": failed, "score": score})
    status = list_problems(failed, "turns that it could not judge")
    return max(status, list_problems(problems, "odd places in the corpus"))


def _show(score: ClassificationScore, name: str) -> None:
    table = Table("", "precision", "recall", "F1", "turns")
    for column in table.columns[1:]:
        column.justify = "right"
    for label, each in score.classes.items():
        table.add_row(label, number(each.precision), number(each.recall), number(each.f1), str(each.support))
    console = Console(highlight=False, markup=False, soft_wrap=True)
    console.print(f"{name}: accuracy {number(score.accuracy)} %, macro F1 {number(score.macro_f1)} %")
    console.print(table)
