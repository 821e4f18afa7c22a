"""`duologue evaluate clarify RUN …`: does a policy know when to ask, and do its conversations reach their goals?

duologue evaluate clarify runs/simulated
duologue evaluate clarify runs/seed-1 runs/seed-2 runs/seed-3 --json scores.json
"""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table

from duologue.cli.results import interval_of, list_problems, number
from duologue.corpora import formats
from duologue.dialogue import Problem, write_rows
from duologue.errors import InputError
from duologue.evaluation.bootstrap import Figure
from duologue.evaluation.clarify.rows import ClarifyRow, read_states
from duologue.evaluation.clarify.score import ClarifyScore, score_states
from duologue.files import write_json


def clarify(*runs: str, rows: Path | None = None, seed: int = 0, json: Path | None = None) -> int:
    """Score simulated conversations: actions, turns, trajectories, questions, whose fault a missed goal is.

    Parameters
    ----------
    runs
        Folders or files of `duologue synthesize simulate`; several are one policy's runs with other seeds.
    rows
        Write a row for each conversation here (JSONL): gold action, action, scores, blame.
    seed
        Of the bootstrap over conversations.
    json
        Write everything here.
    """
    if not runs:
        raise InputError("nothing to evaluate", where="RUNS", mend="give what `duologue synthesize simulate` made")
    problems: list[Problem] = []
    found: dict[str, list[ClarifyRow]] = {}
    missing: list[str] = []
    for run in runs:
        path = Path(run) / "dialogues.jsonl" if Path(run).is_dir() else Path(run)
        states = read_states(formats.read(path, on_problem=problems.append))
        if not states.rows:
            mend = "give what `duologue synthesize simulate` made"
            raise InputError("it has no simulated conversation", where=str(path), mend=mend)
        found[run] = states.rows
        missing += states.missing
    score = score_states(found, seed=seed)
    _show(score)
    if rows is not None:
        write_rows(rows, [row for each in found.values() for row in each])
    if json is not None:
        write_json(json, {"missing": missing, "score": score})
    status = list_problems(missing, "states without a conversation (run `synthesize simulate` again)")
    return max(status, list_problems(problems, "odd places in the dialogues"))


def _show(score: ClarifyScore) -> None:
    console = Console(highlight=False, markup=False, soft_wrap=True)
    told = ", ".join(f"{count} {name}" for name, count in score.support.items())
    console.print(f"{score.states} states, {score.conversations} simulated conversations ({told})")
    spoilt = score.blame.get("simulator", 0)
    columns = ["", "figure", "95 % interval"]
    columns += ["without simulator faults"] if spoilt else []
    columns += [f"{len(next(iter(score.runs.values())).runs)} runs: mean ± deviation"] if score.runs else []
    table = Table(*columns)
    for column in table.columns[1:]:
        column.justify = "right"
    for name, figure in score.figures.items():
        cells = [number(figure.value), interval_of(figure.interval)]
        cells += [_cell(score.without_simulator_faults[name])] if spoilt else []
        if score.runs:
            each = score.runs[name]
            cells.append(f"{number(each.mean)} ± {number(each.deviation or 0.0)}")
        table.add_row(name, *cells)
    console.print(table)
    if score.blame:
        console.print("missed goals: " + ", ".join(f"{count} by the {who}" for who, count in score.blame.items()))
    for kind, count in score.faults.items():
        console.print(f"ended early: {count} × {kind}")


def _cell(figure: Figure) -> str:
    interval = interval_of(figure.interval)
    return number(figure.value) + (f" ({interval})" if interval else "")
