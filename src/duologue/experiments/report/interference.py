"""The interference report: what was put in, what was turned away, how training went, the table, the verdict.

write_report(Path("runs/demo"))      # runs/demo/report.html
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from markupsafe import Markup

from duologue.corpora.children import corpus_id
from duologue.dialogue import Dialogue, DialoguePrediction, read, read_rows
from duologue.errors import InputError
from duologue.evaluation.inform import InformScore
from duologue.experiments.interference.evaluate import REFERENCE
from duologue.experiments.interference.settings import SETUPS, SPLITS, VARIANTS
from duologue.experiments.report.plots import Bar, curves, intervals
from duologue.experiments.report.reasons import write_reasons
from duologue.experiments.report.rejects import rejects_by_gate
from duologue.experiments.report.render import render_page
from duologue.experiments.report.run_fields import run_fields
from duologue.experiments.run_folder import REPORT
from duologue.experiments.stages import STAGES, read_facts
from duologue.files import write_text
from duologue.training.metrics_file import read_metrics

NAMES = [f"{trained}-to-{asked}" for trained, asked in SETUPS]


REASONS = "reasons"


class _Scores(msgspec.Struct):
    """The part of a setup's scores that has pages of its own."""

    inform: InformScore | None = None


class Column(NamedTuple):
    """A column of the table: the figure's key, its heading, what it says, and its digits."""

    key: str
    heading: str
    says: str
    digits: int


COLUMNS = (
    Column("joint_goal_accuracy", "JGA", "joint goal accuracy, % of turns whose belief state is wholly right", 1),
    Column("slot_f1", "Slot F1", "F1 over the slots of the belief state, %", 1),
    Column("inform", "Inform", "% of dialogues that offer venues fit for the goal (reasons below)", 1),
    Column("success", "Success", "% of dialogues that moreover tell everything requested", 1),
    Column("bleu_all", "BLEU", "of all delexicalised responses", 1),
    Column("bleu_original", "BLEU orig", "of the turns without chitchat", 1),
    Column("bleu_augmented", "BLEU aug", "of the turns with chitchat, reaction included", 1),
    Column(
        "acknowledgement_backstory_similarity", "Ack.", "cosine of the reply's nearest sentence to the backstory", 3
    ),
    Column("acknowledgement_reaction_similarity", "Ack. ref.", "the same, to the reference reaction", 3),
    Column(
        "acknowledgement_own_first", "Own first", "% nearer to its own backstory than to another's; 50 is chance", 1
    ),
    Column("conditional_entropy", "CBE", "conditional bigram entropy of the responses", 2),
)


def write_report(folder: Path) -> Path:
    """Write `report.html` from what a finished run has left, and pages of reasons in `reasons/`.

    Raises:
        InputError: the run is not finished.
    """
    stages = folder / STAGES
    run = run_fields(folder)
    recipe = run["recipe"]
    read_facts(folder, "evaluate")
    results = json.loads((stages / "evaluate" / "results.json").read_text(encoding="utf-8"))
    columns = [column for column in COLUMNS if any(column.key in row for row in results["table"].values())]
    metrics: dict[str, list[dict[str, Any]]] = {
        variant: rows
        for variant in VARIANTS
        if (rows := read_metrics(stages / "train" / variant / "model" / "metrics.jsonl"))
    }
    page = render_page(
        "interference.html.jinja",
        **run,
        corpus=read_facts(folder, "corpus"),
        data=read_facts(folder, "data"),
        situations=read_facts(folder, "situations"),
        synthesis=read_facts(folder, "synthesize"),
        splits=SPLITS,
        examples=_examples(stages, recipe["report"]["examples"]),
        rejects=rejects_by_gate(
            [(stage, stages / stage / split) for stage in ("situations", "synthesize") for split in SPLITS],
            recipe["report"]["rejects"],
        ),
        trained={variant: read_facts(folder, f"train/{variant}") for variant in VARIANTS},
        curves=Markup(curves(metrics)) if metrics else None,
        setups=[{"name": name, "trained": t, "asked": a} for name, (t, a) in zip(NAMES, SETUPS, strict=True)],
        columns=columns,
        table=results["table"],
        intervals=Markup(intervals(_panels(results["table"]))),
        comparisons=results["comparisons"],
        reference=REFERENCE,
        informed=_informed(folder),
        answers=_answers(stages, recipe["report"]["examples"]),
        verdict=results["verdict"],
    )
    write_text(folder / REPORT, page)
    return folder / REPORT


def _informed(folder: Path) -> dict[str, InformScore]:
    """Inform and success of each setup; their reasons become pages beside the report."""
    found = {}
    for name in NAMES:
        score = _inform_score(folder / STAGES / "evaluate" / "scores" / f"{name}.json")
        if score is not None:
            found[name] = score
            (folder / REASONS).mkdir(exist_ok=True)
            write_reasons(score.rows, folder / REASONS / f"{name}.html", title=name.replace("-to-", " → "))
    return found


def _inform_score(path: Path) -> InformScore | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Scores).inform
    except msgspec.DecodeError as error:
        raise InputError(
            f"scores of another version of Duologue ({error})",
            where=str(path),
            mend=f"remove {path.parent.parent} and run again",
        ) from None


def _panels(table: dict[str, Any]) -> dict[str, list[Bar]]:
    panels = {}
    for key, heading in (
        ("joint_goal_accuracy", "joint goal accuracy, %"),
        ("bleu_original", "BLEU, turns without chitchat"),
        ("acknowledgement_backstory_similarity", "similarity to the backstory"),
    ):
        bars = []
        for name in NAMES:
            figure = table[name].get(key)
            if figure is not None and figure["value"] is not None:
                interval = figure.get("interval") or {}
                bars.append(
                    Bar(name.replace("-to-", " → "), figure["value"], interval.get("low"), interval.get("high"))
                )
        if len(bars) == len(NAMES):
            panels[heading] = bars
        elif bars:  # the reference has no backstory to acknowledge
            panels[heading] = [
                Bar(name.replace("-to-", " → "), float("nan")) for name in NAMES[: len(NAMES) - len(bars)]
            ] + bars
    return panels


def _examples(stages: Path, count: int) -> list[dict[str, Any]]:
    """Dialogues before and after: the turns around the augmented exchange."""
    found: list[dict[str, Any]] = []
    for dialogue in read(stages / "data" / "interference-test.jsonl"):
        if len(found) == count:
            break
        at = next((i for i, turn in enumerate(dialogue.turns) if turn.insertions), None)
        if at is None:
            continue
        start, end = max(0, at - 2), min(len(dialogue.turns), at + 4)
        found.append(
            {
                "id": corpus_id(dialogue),
                "situation": dialogue.facts.get("situation"),
                "skipped": start,
                "left": len(dialogue.turns) - end,
                "turns": [
                    {
                        "speaker": turn.speaker,
                        "text": turn.text,
                        "before": [i for i in turn.insertions if i.where == "before"],
                        "after": [i for i in turn.insertions if i.where == "after"],
                    }
                    for turn in dialogue.turns[start:end]
                ],
            }
        )
    return found


def _answers(stages: Path, count: int) -> list[dict[str, Any]]:
    """Test exchanges with backstory beside what the systems answered."""
    systems = [name for name in NAMES if name != REFERENCE]
    answers: dict[str, dict[tuple[str, int], str]] = {}
    for name in systems:
        rows = read_rows(stages / "respond" / name / "predictions.jsonl", DialoguePrediction)
        answers[name] = {(row.id, turn.turn): turn.response for row in rows for turn in row.turns}
    found: list[dict[str, Any]] = []
    for dialogue in read(stages / "data" / "interference-test.jsonl"):
        at = _augmented(dialogue)
        if at is None or len(found) == count:
            continue
        user, system = dialogue.turns[at - 1], dialogue.turns[at]
        found.append(
            {
                "id": corpus_id(dialogue),
                "utterance": user.text,
                "backstory": user.inserted("backstory"),
                "reaction": system.inserted("reaction"),
                "response": system.text,
                "answers": {name: answers[name].get((dialogue.id, at), "") for name in systems},
            }
        )
    return found


def _augmented(dialogue: Dialogue) -> int | None:
    """The index of the system turn whose user turn tells a backstory."""
    return next((i + 1 for i, t in enumerate(dialogue.turns[:-1]) if t.inserted("backstory") is not None), None)
