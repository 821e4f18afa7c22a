"""A model as the judge of an item: it must read the ambiguous question in several ways, the cleared one in one.

It writes queries: several to the ambiguous question alone, of whose results at least two must differ; then one to the
whole conversation, which must give what the gold query gives.
"""

from __future__ import annotations

from typing import NamedTuple

from duologue.measures.sql_execution import Failed, query_in
from duologue.measures.sql_results import Row, same_result
from duologue.operators.ambiguity.database import Database
from duologue.operators.ambiguity.draft import Draft
from duologue.operators.gates import Verdict, quote
from duologue.operators.operator import OperatorOptions
from duologue.prompts.ask import Ask

JUDGE = "judge"
PROMPT = "ambiguous_sql/query"


class Case(NamedTuple):
    """What is judged: the turns, the schema as text, the gold query and whether its order counts."""

    words: Draft
    schema: str | None
    gold: str
    ordered: bool


async def judged(case: Case, ask: Ask, options: OperatorOptions, database: Database, answers: int) -> Verdict | None:
    """Let a model judge.

    Args:
        case: what is judged.
        ask: answers, in the role `judge`.
        options: how answers are sampled.
        database: where its queries are run.
        answers: queries that it writes to the ambiguous question, at least 2; all are sampled.

    Returns:
        None where it passes, else the gate: `judge-sees-one-reading` or `judge-answers-otherwise`.
    """
    turns = [("User", case.words.question)]
    results: list[list[Row]] = []
    for draw in range(1, answers + 1):
        rows = await _rows(case, turns, ask, options, database, draw)
        if rows is not None and not any(same_result(rows, other, ordered=case.ordered) for other in results):
            results.append(rows)
    if len(results) < 2:
        evidence = f"{len(results)} of {answers} answers to {quote(case.words.question)} have a result of their own"
        return Verdict("judge-sees-one-reading", False, evidence)
    turns += [("Assistant", case.words.clarification), ("User", case.words.reply)]
    rows, gold = await _rows(case, turns, ask, options, database, 0), database.run(case.gold)
    if rows is None or isinstance(gold, Failed) or not same_result(gold.rows, rows, ordered=case.ordered):
        return Verdict("judge-answers-otherwise", False, f"after {quote(case.words.reply)}")
    return None


async def _rows(
    case: Case, turns: list[tuple[str, str]], ask: Ask, options: OperatorOptions, database: Database, draw: int
) -> list[Row] | None:
    """The result of the query that the judge writes; None where it has none."""
    sampling = options.sampling(draw) if draw else options.sampling()._replace(temperature=0)
    answer = await ask(PROMPT, role=JUDGE, draw=draw, sampling=sampling, schema=case.schema, turns=turns)
    found = database.run(query_in(answer.text))
    return None if isinstance(found, Failed) else found.rows
