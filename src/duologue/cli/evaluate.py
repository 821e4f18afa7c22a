"""`duologue evaluate dst|tod|interference PREDICTIONS`, `evaluate insertions|steering|… DIALOGUES`: a file's scores.

Beside them `evaluate judge A B` and `rubric A` (a model judges), `agreement ANNOTATIONS` (people do).

duologue evaluate dst predictions.jsonl --reference test.json --format multiwoz21
duologue evaluate interference predictions.jsonl --reference runs/test/dialogues.jsonl --json scores.json
duologue evaluate insertions runs/val/dialogues.jsonl
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from cyclopts import App

from duologue.cli.evaluate_actions import actions
from duologue.cli.evaluate_agreement import agreement
from duologue.cli.evaluate_clarify import clarify
from duologue.cli.evaluate_conversations import conversations
from duologue.cli.evaluate_judge import judge, rubric
from duologue.cli.evaluate_probe import probe
from duologue.cli.evaluate_steering import steering
from duologue.cli.evaluate_steering_vectors import steering_vectors
from duologue.cli.evaluate_tod import tod
from duologue.cli.results import list_problems, show_differences, show_figures
from duologue.corpora import formats
from duologue.corpora.venues import Venues
from duologue.dialogue import DialoguePrediction, Problem, read_rows
from duologue.errors import InputError
from duologue.evaluation.bootstrap import Figure
from duologue.evaluation.dst import STATISTICS, DstScore, compare_dst, score_dst
from duologue.evaluation.insertions import FIGURES, score_insertions
from duologue.evaluation.interference import (
    InterferenceScore,
    compare_interference,
    inform_by_domain,
    score_interference,
    table_row,
)
from duologue.evaluation.pairing import Pairing, pair
from duologue.evaluation.tod.databases import Databases
from duologue.files import write_json

evaluate = App(name="evaluate", help="Score predictions, or what was put into dialogues.", result_action="return_value")
evaluate.command(tod)
evaluate.command(conversations)
evaluate.command(steering)
evaluate.command(probe)
evaluate.command(steering_vectors)
evaluate.command(agreement)
evaluate.command(judge)
evaluate.command(rubric)
evaluate.command(actions)
evaluate.command(clarify)


@evaluate.command
def dst(
    predictions: Path,
    *,
    reference: str,
    format: str = "duologue",
    definition: Literal["standard", "published-lenient"] = "standard",
    against: Path | None = None,
    seed: int = 0,
    json: Path | None = None,
) -> int:
    """Joint goal accuracy and slot F1 of predicted belief states.

    Parameters
    ----------
    predictions
        JSONL, as `duologue respond` writes it.
    reference
        The dialogues that were answered, with their belief states.
    format
        Their format, e.g. `multiwoz21`, `interference`.
    definition
        `standard`: all slots and no other, with right values; `published-lenient`: extra slots and near spellings are
        forgiven, as in the interference system's own tables.
    against
        Predictions of another system for the same dialogues: also show the difference, by paired bootstrap.
    seed
        Of the bootstrap.
    json
        Write everything here, each dialogue with the reasons of its wrong turns.
    """
    pairing, odd = _pairing(predictions, reference, format)
    score = score_dst(pairing, definition, seed=seed)
    show_figures(
        f"{definition}, {score.turns} turns of {score.dialogues} dialogues ({pairing.references} references)",
        {name: Figure(getattr(score, name), score.intervals[name]) for name in STATISTICS} | _domains(score),
    )
    result: dict[str, object] = {"problems": pairing.problems, "score": score}
    if against is not None:
        other, _ = _pairing(against, reference, format)
        differences = compare_dst(score, score_dst(other, definition, seed=seed), seed=seed)
        show_differences(f"{predictions} − {against}", differences)
        result["differences"] = differences
    if json is not None:
        write_json(json, result)
    return _status(pairing, odd)


@evaluate.command
def interference(
    predictions: Path,
    *,
    reference: str,
    format: str = "duologue",
    variant: Literal["interference", "simpletod"] = "interference",
    definition: Literal["standard", "published-lenient"] = "standard",
    db: Path | None = None,
    embeddings: str = "minilm",
    against: Path | None = None,
    seed: int = 0,
    json: Path | None = None,
) -> int:
    """The interference table's row: states, inform, success, BLEU, richness, and whether replies take up the backstory.

    Parameters
    ----------
    predictions
        JSONL, as `duologue respond` writes it.
    reference
        The dialogues that were answered, clean or augmented.
    format
        Their format, e.g. `interference`.
    variant
        How references are rendered: with their reactions, or without insertions.
    definition
        Of joint goal accuracy, as in `evaluate dst`.
    db
        The venue databases, for inform and success in total and per domain; the references must carry goals.
    embeddings
        Model for acknowledgement: the packaged `minilm`, or any sentence-transformers folder.
    against
        Predictions of another system for the same dialogues: also show the difference, by paired bootstrap.
    seed
        Of the bootstrap.
    json
        Write everything here, row by row.
    """
    from duologue.measures.embeddings import Embedder

    pairing, odd = _pairing(predictions, reference, format)
    embedder = Embedder(embeddings) if variant == "interference" else None
    databases = None if db is None else Databases(Venues.load(db))

    def scored(found: Pairing) -> InterferenceScore:
        return score_interference(
            found, variant, definition=definition, embedder=embedder, databases=databases, seed=seed
        )

    score = scored(pairing)
    row = table_row(score)
    how = f"BLEU {score.bleu.signature}"
    if score.inform is not None:
        row |= inform_by_domain(score.inform)
        how += f"; states {score.inform.states}, active domains {score.inform.active_domains}"
    show_figures(f"{variant}, {score.dialogues} of {score.references} dialogues; {how}", row)
    result: dict[str, object] = {"problems": pairing.problems, "row": row, "score": score}
    if against is not None:
        differences = compare_interference(score, scored(_pairing(against, reference, format)[0]), seed=seed)
        show_differences(f"{predictions} − {against}", differences)
        result["differences"] = differences
    if json is not None:
        write_json(json, result)
    return _status(pairing, odd)


@evaluate.command
def insertions(
    dialogues: str,
    *,
    format: str = "duologue",
    embeddings: str = "minilm",
    seed: int = 0,
    json: Path | None = None,
) -> int:
    """Backstories and reactions that were put into dialogues: about the situation? varied? names made up?

    Parameters
    ----------
    dialogues
        Dialogues with insertions and their situations, e.g. `dialogues.jsonl` of `duologue synthesize interference`.
    format
        Their format.
    embeddings
        Model that compares meanings: the packaged `minilm`, or any sentence-transformers folder.
    seed
        Of the choice of situations to compare with, and of the bootstrap.
    json
        Write everything here, row by row.
    """
    from duologue.measures.embeddings import Embedder

    odd: list[Problem] = []
    scores = score_insertions(formats.read(dialogues, format, on_problem=odd.append), Embedder(embeddings), seed=seed)
    if not scores:
        raise InputError(
            "no insertion in a dialogue with a situation", where=dialogues,
            mend="give dialogues.jsonl of a run of `duologue synthesize interference`",
        )  # fmt: skip
    for kind, score in scores.items():
        title = f"{kind}: {score.texts} texts with {score.names} names; percent"
        show_figures(title, {name: Figure(getattr(score, name), score.intervals.get(name)) for name in FIGURES})
    if json is not None:
        write_json(json, {"problems": odd, "scores": scores})
    return list_problems(odd, "odd places in the dialogues")


def _pairing(predictions: Path, reference: str, format: str) -> tuple[Pairing, list[Problem]]:
    odd: list[Problem] = []
    references = formats.read(reference, format, on_problem=odd.append)
    return pair(read_rows(predictions, DialoguePrediction), references), odd


def _domains(score: DstScore) -> dict[str, Figure]:
    return {f"{name} joint accuracy": Figure(part.accuracy) for name, part in score.domains.items()}


def _status(pairing: Pairing, odd: list[Problem]) -> int:
    found = list_problems(pairing.problems, "problems with the predictions")
    return max(found, list_problems(odd, "odd places in the references"))
