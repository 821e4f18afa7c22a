"""Clear questions over databases become ambiguous ones that are cleared up: the open AmbigSQL recipe.

Something is taken out of the question (which column or figure is requested, which population, how it is presented), and
kept only where it is provably ambiguous: other readings of the query run and give other results. What comes of it is a
conversation: the ambiguous question, a question that names what is missing, the user's reply, the same gold query.

    duologue synthesize ambiguous-sql dev.json --format spider --databases spider --out runs/ambiguous
    duologue synthesize ambiguous-sql train.json --format spider --databases DIR --split train --wording model --model …

With the template wording and without a judge no model is needed. The idea is of Chen et al. 2025 (ACT, arXiv
2406.00222), whose own set is not public.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec.structs import replace
from pydantic import Field, model_validator

from duologue.corpora.actions import ACTION, ANSWER, CLARIFY, INTENT
from duologue.corpora.clarification_points import GOAL_TYPE
from duologue.corpora.conversation_splits import conversation_splits
from duologue.corpora.worlds.splits import Split
from duologue.dialogue import Dialogue, Turn
from duologue.errors import InputError
from duologue.operators.ambiguity.database import Database, names_of_databases, open_database
from duologue.operators.ambiguity.draft import Draft, draft
from duologue.operators.ambiguity.element import Element, Unworded
from duologue.operators.ambiguity.finders import elements
from duologue.operators.ambiguity.judge import JUDGE, Case, judged
from duologue.operators.ambiguity.judge import PROMPT as QUERY
from duologue.operators.ambiguity.proof import Proof, prove
from duologue.operators.ambiguity.query import Query, UnreadableQuery, sql
from duologue.operators.ambiguity.rewrite import PROMPTS, WRITER, rewritten
from duologue.operators.gates import Verdict
from duologue.operators.items import Skipped, WorkItem
from duologue.operators.operator import Operator, OperatorOptions
from duologue.operators.rejects import Rejected
from duologue.prompts.ask import Ask

AMBIGUITY = "ambiguity"
"""The fact that says what was left out and what else could be meant."""


class AmbiguousSqlOptions(OperatorOptions):
    """What is left out, what is kept beside it, and who words it."""

    databases: Path | None = Field(default=None, exclude=True)
    """Spider's folder: database/NAME/NAME.sqlite and tables.json."""
    each: Annotated[int, Field(ge=1)] = 1
    """Most ambiguous items of one question."""
    alternatives: Annotated[int, Field(ge=1)] = 3
    """Most other readings that are recorded; where there are no more, the clarifying question may list them."""
    clear: Literal["paired", "all", "none"] = "paired"
    """Which questions are kept as they are, too: those that became ambiguous, all that were tried, or none."""
    split: Split | None = None
    """Keep only databases of this split; they are split by the seed."""
    val_share: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Share of the databases that is in `val`."""
    test_share: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Share of the databases that is in `test`."""
    wording: Literal["template", "model"] = "template"
    """Whether a model rewrites what the templates say."""
    similarity: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Least cosine (MiniLM) between a template's text and its rewritten form; 0 leaves the comparison out."""
    judge: Annotated[int, Field(ge=0)] = 0
    """Queries that a model writes to the ambiguous question, two of which must differ in results; 0 is no judge."""
    temperature: float = Field(default=0.7, ge=0)
    """Temperature of the first draw."""
    draws: int = Field(default=3, ge=1)
    """Answers that may be drawn until one passes."""

    @model_validator(mode="after")
    def _judged(self) -> AmbiguousSqlOptions:
        if self.judge == 1:
            raise ValueError("a single answer of the judge cannot differ: 0 is no judge, else at least 2")
        return self


def plan(
    dialogues: Iterable[Dialogue], options: AmbiguousSqlOptions, rng: random.Random
) -> Iterator[WorkItem | Skipped]:
    """An item for every question that says something that can be left out."""
    folder = _folder(options)
    splits = _splits(folder, options, rng.getrandbits(32))
    for dialogue in dialogues:
        name = dialogue.grounding.database if dialogue.grounding else None
        if name is None or [turn.speaker for turn in dialogue.turns] != ["user", "system"]:
            yield Skipped(dialogue.id, "not one question and its query")
        elif name in splits and splits[name] != options.split:
            yield Skipped(dialogue.id, "database of another split", name)
        elif (database := open_database(folder, name)) is None:
            yield Skipped(dialogue.id, "no database", name)
        else:
            yield from _items(dialogue, database, options)


def _items(dialogue: Dialogue, database: Database, options: AmbiguousSqlOptions) -> Iterator[WorkItem | Skipped]:
    try:
        found = list(elements(Query.parse(dialogue.turns[1].text, database.schema), dialogue.turns[0].text))
    except UnreadableQuery as error:
        yield Skipped(dialogue.id, "query not understood", str(error))
        return
    unworded = [each for each in found if isinstance(each, Unworded)]
    if len(unworded) < len(found) or options.clear == "all":
        for each in unworded:
            yield Skipped(f"{dialogue.id}, {each.operator}", f"{each.operator} {each.reason}", each.evidence)
        yield WorkItem.of(dialogue)
    else:
        told = "; ".join(f"{each.operator} {each.reason}" for each in unworded)
        yield Skipped(dialogue.id, "nothing to leave out", told or "the query has nothing of the kind")


def questions(item: WorkItem, options: AmbiguousSqlOptions) -> int | None:
    """None where no model is asked; else what the proofs leave decides."""
    return None if roles(options) else 0


def roles(options: AmbiguousSqlOptions) -> tuple[str, ...]:
    """The models that these options ask."""
    asked = {WRITER: options.wording == "model", JUDGE: options.judge > 0}
    return tuple(role for role, needed in asked.items() if needed)


async def ambiguous_sql(
    item: WorkItem, ask: Ask, options: AmbiguousSqlOptions, rng: random.Random
) -> AsyncIterator[Dialogue | Rejected]:
    """Leave something out of a question over a database, and let the system ask for it."""
    clear = item.dialogue
    question, gold = (turn.text for turn in clear.turns)
    database = open_database(_folder(options), clear.grounding.database if clear.grounding else "")
    assert database is not None, "the plan has opened it"
    query = Query.parse(gold, database.schema)
    made = 0
    for element in _drawn([each for each in elements(query, question) if isinstance(each, Element)], rng):
        if made == options.each:
            break
        name = f"{item.id}, {element.operator}"
        proof = prove(query, gold, element, database, rng, most=options.alternatives)
        if isinstance(proof, Verdict):
            yield Rejected(name, proof.gate, proof.evidence)
            continue
        words = draft(question, element, proof, rng)
        written = await rewritten(words, ask, options, options.similarity) if options.wording == "model" else words
        if isinstance(written, Verdict):
            yield Rejected(name, written.gate, written.evidence)
            continue
        case = Case(written, clear.instruction, gold, query.ordered)
        judgement = await judged(case, ask, options, database, options.judge) if options.judge else None
        if judgement is not None:
            yield Rejected(name, judgement.gate, judgement.evidence)
            continue
        made += 1
        yield _conversation(clear, written, _facts(query, element, proof, written))
    if options.clear == "all" or (options.clear == "paired" and made):
        yield _clear(clear)


AMBIGUOUS_SQL = Operator(
    name="ambiguous-sql",
    run=ambiguous_sql,
    options=AmbiguousSqlOptions,
    prompts=(*PROMPTS, QUERY),
    roles=(WRITER, JUDGE),
    plan=plan,
    questions=questions,
    asked=roles,
)


def _folder(options: AmbiguousSqlOptions) -> Path:
    if options.databases is None:
        mend = "name Spider's folder, which holds database/ and tables.json"
        raise InputError("ambiguity is proven on the databases", where="--databases", mend=mend)
    return options.databases


def _splits(folder: Path, options: AmbiguousSqlOptions, seed: int) -> dict[str, Split]:
    names = names_of_databases(folder)
    if options.split is None:
        return {}
    return conversation_splits(names, dev=options.val_share, test=options.test_share, seed=seed)


def _drawn(found: Sequence[Element], rng: random.Random) -> Iterator[Element]:
    """The elements in random order, the families in turn, whatever the number of their elements."""
    families: dict[str, list[Element]] = {}
    for element in rng.sample(found, len(found)):
        families.setdefault(element.family, []).append(element)
    order = rng.sample(sorted(families), len(families))
    rounds = zip_longest(*(families[family] for family in order))
    return (element for each in rounds for element in each if element is not None)


def _facts(query: Query, element: Element, proof: Proof, words: Draft) -> dict[str, Any]:
    edit = words.edit
    return {
        "family": element.family,
        "operator": element.operator,
        "removed": {"text": edit.removed, "start": edit.start, "end": edit.end, "instead": edit.replacement},
        "hole": sql(query.remove(element.places)),
        "nodes": [sql(node) for node in query.nodes(element.places)],
        "offered": words.offered,
        "ordered": query.ordered,
        "gold": {"rows": proof.rows, "result": proof.result},
        "alternatives": [alternative._asdict() for alternative in proof.alternatives],
    }


def _conversation(clear: Dialogue, words: Draft, facts: dict[str, Any]) -> Dialogue:
    asked, answered = clear.turns
    intent = {INTENT: [asked.text]}
    turns = [
        Turn("user", words.question, labels=intent, source=(clear.id, 0)),
        Turn("system", words.clarification, labels={ACTION: [CLARIFY]}),
        Turn("user", words.reply, labels=intent),
        Turn("system", answered.text, labels={ACTION: [ANSWER]}, source=(clear.id, 1)),
    ]
    return _derived(clear, turns, {AMBIGUITY: facts})


def _clear(clear: Dialogue) -> Dialogue:
    asked, answered = clear.turns
    turns = [
        Turn("user", asked.text, labels={INTENT: [asked.text]}, source=(clear.id, 0)),
        Turn("system", answered.text, labels={ACTION: [ANSWER]}, source=(clear.id, 1)),
    ]
    return _derived(clear, turns, {})


def _derived(clear: Dialogue, turns: list[Turn], facts: dict[str, Any]) -> Dialogue:
    told = {GOAL_TYPE: "sql", "intent": clear.turns[0].text}
    return replace(clear, turns=turns, facts=clear.facts | told | facts, native={})
