"""`duologue evaluate judge A B`: which of two systems answers better, says a model; `rubric A`: how well one does.

duologue evaluate judge runs/c1 runs/standard --model openai:NAME --out runs/judged
duologue evaluate rubric runs/c1 --model openai:NAME --out runs/rubric
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from duologue.cli.judge_flags import AnswerFlags, JudgeFlags, refuse_limit
from duologue.cli.model_flags import ModelFlags
from duologue.cli.results import interval_of, list_problems, number
from duologue.cli.win_tables import show_wins
from duologue.dialogue import write_rows
from duologue.evaluation.asking import JUDGE
from duologue.evaluation.bootstrap import Figure
from duologue.evaluation.comparisons.loading import load_answers, load_comparisons
from duologue.evaluation.judge.pairwise import judge_pairs
from duologue.evaluation.judge.pairwise_score import PairwiseScore, score_pairs
from duologue.evaluation.judge.rubric import RubricScore, judge_answers, read_criteria, score_rubric
from duologue.experiments.counting import counting
from duologue.files import locked, write_json
from duologue.prompts.ask import ModelAsk

_ROWS, _SCORES, _LEDGER = "verdicts.jsonl", "scores.json", "ledger"


def judge(
    first: str,
    second: str,
    *,
    out: Path,
    layouts: tuple[str, str] | None = None,
    names: tuple[str, str] | None = None,
    limit: int | None = None,
    json: Path | None = None,
    answers: AnswerFlags | None = None,
    judging: JudgeFlags | None = None,
    models: ModelFlags | None = None,
) -> int:
    """A model compares two systems' answers, each pair in both orders. Run the same command again to resume.

    Parameters
    ----------
    first
        Dialogues with branches (a file, or the folder of `synthesize continuation`); with --reference predictions.
    second
        The same of the other system.
    out
        Folder for `verdicts.jsonl`, `scores.json` and the ledger of the judge's answers.
    layouts
        Which layout's branches are the first system's and which the second's, where a file has several.
    names
        What to call the two systems.
    limit
        Judge only the first so many comparisons.
    json
        Write everything here as well.
    """
    refuse_limit(limit)
    files, how, flags = answers or AnswerFlags(), judging or JudgeFlags(), models or ModelFlags()
    found = load_comparisons(
        (first, second), layouts=layouts, names=names, references=files.references(), strategies=files.meanings()
    )
    found = found._replace(comparisons=found.comparisons[:limit])

    async def judged() -> PairwiseScore:
        async with flags.open_desk((JUDGE,), out / _LEDGER) as desk:
            with counting(sys.stderr, "comparisons judged", total=len(found.comparisons)) as advance:
                rows = await judge_pairs(
                    found, lambda _: ModelAsk(desk, seed=how.seed), sampling=how.sampling(), on_row=advance
                )
            return score_pairs(rows, found.systems, judge=desk.models[JUDGE].name, seed=how.seed)

    with locked(out):
        score = asyncio.run(judged())
        write_rows(out / _ROWS, score.rows)
        for place in {out / _SCORES, json or out / _SCORES}:
            write_json(place, {"problems": found.problems, "score": score})
    _show_pairs(score)
    failed = [f"{row.id}: {' / '.join(row.said)}" for row in score.rows if row.outcome == "failed"]
    status = list_problems(failed, "comparisons whose requests failed")
    return max(status, list_problems(found.problems, "answers that cannot be compared"))


def rubric(
    source: str,
    *,
    out: Path,
    criteria: Path | None = None,
    layout: str | None = None,
    limit: int | None = None,
    json: Path | None = None,
    answers: AnswerFlags | None = None,
    judging: JudgeFlags | None = None,
    models: ModelFlags | None = None,
) -> int:
    """A model scores one system's answers from 1 to 5 by criteria. Run the same command again to resume.

    Parameters
    ----------
    source
        Dialogues with branches (a file, or the folder of `synthesize continuation`); with --reference predictions.
    out
        Folder for `verdicts.jsonl`, `scores.json` and the ledger of the judge's answers.
    criteria
        Criteria of your own, YAML: `always:` (and `strategy:`), below it `name: what a 5 means`.
    layout
        Which layout's branches are judged, where the file has several.
    limit
        Judge only the first so many answers.
    json
        Write everything here as well.
    """
    refuse_limit(limit)
    files, how, flags = answers or AnswerFlags(), judging or JudgeFlags(), models or ModelFlags()
    given = load_answers(source, layout=layout, references=files.references(), strategies=files.meanings())
    silent = [f"{each.key}: no answer; left out" for each in given if not each.text]
    told = [each for each in given if each.text][:limit]
    chosen = read_criteria(criteria)

    async def judged() -> RubricScore:
        async with flags.open_desk((JUDGE,), out / _LEDGER) as desk:
            with counting(sys.stderr, "answers judged", total=len(told)) as advance:
                rows = await judge_answers(
                    told, chosen, lambda _: ModelAsk(desk, seed=how.seed), sampling=how.sampling(), on_row=advance
                )
            return score_rubric(rows, judge=desk.models[JUDGE].name, seed=how.seed)

    with locked(out):
        score = asyncio.run(judged())
        write_rows(out / _ROWS, score.rows)
        for place in {out / _SCORES, json or out / _SCORES}:
            write_json(place, {"problems": silent, "score": score})
    _show_rubric(score)
    failed = [f"{row.id}: {row.said}" for row in score.rows if row.failed]
    status = list_problems(failed, "answers whose request failed")
    return max(status, list_problems(silent, "answers that are empty"))


def _show_pairs(score: PairwiseScore) -> None:
    console = Console(highlight=False, markup=False, soft_wrap=True)
    names = dict(zip(("first", "second"), score.systems, strict=True))
    console.print(f"{score.comparisons} comparisons, each in both orders, by {score.judge}")
    table = Table("", "comparisons", "%", "95 % interval")
    for column in table.columns[1:]:
        column.justify = "right"
    for outcome, count in score.counts.items():
        label = f"{names[outcome]} wins" if outcome in names else outcome
        figure = score.shares[outcome]
        table.add_row(label, str(count), number(figure.value), interval_of(figure.interval))
    console.print(table)
    told = score.position
    agree = _told(told.consistent, " %")
    console.print(f"ties in both orders: {score.both_ties} of {score.counts['tie']}; the orders agree in {agree}")
    console.print(
        f"position: {_told(told.shown_first, ' %')} of the verdicts for one answer are for the one shown first, "
        f"50 without a bias; in both orders shown first won {told.first_twice} times, shown second {told.second_twice}"
    )
    if score.wins.pairs:
        show_wins("where both orders gave a verdict", score.wins)


def _told(figure: Figure, unit: str = "") -> str:
    interval = interval_of(figure.interval)
    return f"{number(figure.value)}{unit}" + (f" ({interval})" if interval else "")


def _show_rubric(score: RubricScore) -> None:
    console = Console(highlight=False, markup=False, soft_wrap=True)
    console.print(f"{score.answers} answers, 1 to 5, by {score.judge}; mean {_told(score.overall)}")
    table = Table("", "mean", "95 % interval", "1", "2", "3", "4", "5", "unparsable")
    for column in table.columns[1:]:
        column.justify = "right"
    for name, each in score.criteria.items():
        given = [str(each.given.get(value, 0)) for value in range(1, 6)]
        table.add_row(name, number(each.mean.value), interval_of(each.mean.interval), *given, str(each.unparsable))
    console.print(table)
