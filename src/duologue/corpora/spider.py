"""Spider, questions to databases and the queries that answer them; each database is an SQLite file.

    for dialogue in read("spider/dev.json"): print(dialogue.grounding.database, dialogue.turns[-1].text)

A file of questions (`dev.json`: a JSON list of `db_id`, `question`, `query` and their tokens) lies beside `tables.json`
and the folder `database` with `NAME/NAME.sqlite`. A question is a conversation: the user asks, the answer is the query.
The database's name is its grounding, the schema its instruction, rendered from the file, or from tables.json where
there is no file (and the foreign keys from there where the file declares none). Goals are compared by execution.

Beyond Spider's own keys, a row may have `clarification`, a list of `{"question", "answer"}` (what is asked back, and
the user's reply, between question and query), and `intent`, what the user means in one sentence.
Data: https://yale-lily.github.io/spider (CC BY-SA 4.0), Yu and others, 2018; none of it comes with Duologue.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from duologue.corpora.actions import ACTION, ANSWER, CLARIFY, INTENT
from duologue.corpora.chat_formats.rows import RawRow, decode_rows, read_rows, write_raw
from duologue.corpora.chat_formats.shared import field, kept_id, row_id
from duologue.corpora.children import native_ids
from duologue.corpora.clarification_points import GOAL_TYPE
from duologue.corpora.problems import OnProblem
from duologue.corpora.spider_databases import SpiderDatabases
from duologue.dialogue import Dialogue, Grounding, Turn
from duologue.errors import InputError

FORMAT = "spider"
LAYOUT = '{"db_id": "pets_1", "question": "…", "query": "SELECT …"}'
ASKED_BACK = '{"question": "…", "answer": "…"}'
_OF_QUESTION = ("question_toks",)
_OF_QUERY = ("query_toks", "query_toks_no_value", "sql")
_OWN = ("db_id", "question", "query", "clarification", "intent")


def read(
    path: str | Path,
    *,
    databases: str | Path | None = None,
    executable: bool = False,
    on_problem: OnProblem | None = None,
) -> Iterator[Dialogue]:
    """Stream the questions of a file.

    Args:
        path: the questions.
        databases: the folder with `database/` and `tables.json`; None for the one of the questions.
        executable: leave out, and tell of, questions whose database has no file.
        on_problem: see the docstring of `corpora`.

    Raises:
        InputError: names the file, the row and the field.
    """
    if databases is not None and not Path(databases).is_dir():
        raise InputError("no such folder", where=str(databases), mend="give the one with database/ and tables.json")
    found = SpiderDatabases(Path(databases) if databases is not None else Path(path).parent)

    def decode(row: RawRow) -> Dialogue:
        name = field(row.value, "db_id", str, row.where, LAYOUT)
        if executable and not found.has(name):
            raise InputError(
                f"database '{name}' has no file here", where=row.where, mend=f"put it at {found.file(name)}"
            )
        return dialogue_from_row(row, found.ddl(name))

    return decode_rows(path, read_rows(path), decode, on_problem)


def write(path: str | Path, dialogues: Iterable[Dialogue], *, draw: int | None = None, suffix_ids: bool = False) -> int:
    """Write questions as one JSON list (`.json`) or JSON lines and return how many; databases stay where they are.

    Raises:
        InputError: a conversation without a database, or of another form.
    """
    chosen = native_ids(dialogues, draw=draw, suffix_ids=suffix_ids)
    return write_raw(path, (_row(key, dialogue) for key, dialogue in chosen))


def dialogue_from_row(row: RawRow, schema: str | None) -> Dialogue:
    """A question as a conversation.

    Args:
        row: of a file of questions.
        schema: the CREATE TABLE statements of its database; None where nobody knows them.

    Raises:
        InputError: a field is missing or has another type.
    """
    db_id, question, query = (field(row.value, name, str, row.where, LAYOUT) for name in ("db_id", "question", "query"))
    turns = [
        Turn("user", question, native=_kept(row.value, _OF_QUESTION)),
        *_asked_back(row),
        Turn("system", query, labels={ACTION: [ANSWER]}, native=_kept(row.value, _OF_QUERY)),
    ]
    facts = {GOAL_TYPE: "sql"}
    if "intent" in row.value:
        facts[INTENT] = field(row.value, "intent", str, row.where, LAYOUT)
    rest = {name: row.value[name] for name in row.value if name not in (*_OWN, *_OF_QUESTION, *_OF_QUERY)}
    return Dialogue(
        row_id(row.value, row.id),
        turns,
        instruction=schema,
        grounding=Grounding(database=db_id),
        facts=facts,
        native={FORMAT: rest},
    )


def _asked_back(row: RawRow) -> Iterator[Turn]:
    """What is asked back, and the replies."""
    if "clarification" not in row.value:
        return
    for number, back in enumerate(field(row.value, "clarification", list, row.where, LAYOUT)):
        where = f"{row.where}, clarification[{number}]"
        if not isinstance(back, dict):
            raise InputError("expected an object", where=where, mend=f"it looks like {ASKED_BACK}")
        asks, reply = (field(back, name, str, where, ASKED_BACK) for name in ("question", "answer"))
        yield Turn("system", asks, labels={ACTION: [CLARIFY]})
        yield Turn("user", reply)


def _row(key: str, dialogue: Dialogue) -> dict[str, Any]:
    where = f"dialogue {dialogue.id}"
    speakers = [turn.speaker for turn in dialogue.turns]
    if not speakers or speakers != ["user", "system"] * (len(speakers) // 2):
        raise InputError("Spider has a question, what is asked back, and a query", where=where, mend="leave this out")
    if dialogue.grounding is None or dialogue.grounding.database is None:
        raise InputError("field 'grounding': no database is named", where=where, mend="Spider's questions have one")
    turns = dialogue.turns
    row: dict[str, Any] = kept_id(dict(dialogue.native.get(FORMAT, {"id": key})), key)
    row |= {"db_id": dialogue.grounding.database, "question": turns[0].said, "query": turns[-1].said}
    if len(turns) > 2:
        between = zip(turns[1:-1:2], turns[2:-1:2], strict=True)
        row["clarification"] = [{"question": asks.said, "answer": reply.said} for asks, reply in between]
    meant = [dialogue.facts[INTENT]] if INTENT in dialogue.facts else turns[-2].labels.get(INTENT, [])
    if meant:
        row["intent"] = meant[0]
    for turn in (turns[0], turns[-1]):
        row |= turn.native.get(FORMAT, {}) if turn.said == turn.text else {}
    return row


def _kept(row: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    kept = {name: row[name] for name in names if name in row}
    return {FORMAT: kept} if kept else {}
