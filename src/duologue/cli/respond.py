"""`duologue respond SYSTEM SRC --model SPEC --out FILE`: a system answers every system turn of a corpus.

duologue respond simpletod test.json --format multiwoz21 --model hf:runs/sft --out predictions.jsonl
duologue respond chat test.json --format multiwoz21 --num-beams 4 --out predictions.jsonl
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from duologue.cli.answers import Asked, answer_corpus
from duologue.cli.model_flags import ModelFlags
from duologue.cli.respond_chat import chat
from duologue.cli.respond_steered import steered
from duologue.errors import InputError
from duologue.systems.lexicalise import Lexicaliser
from duologue.systems.simpletod import SimpleTodOptions, respond_with

respond = App(name="respond", help="Let a system answer the system turns of a corpus.", result_action="return_value")
respond.command(chat)
respond.command(steered)


@respond.command
def simpletod(
    source: str,
    *,
    out: Path,
    format: str = "duologue",
    db: Path | None = None,
    lexicalise: Annotated[bool, Parameter(negative=())] = False,
    limit: int | None = None,
    seed: int = 0,
    json: Path | None = None,
    options: Annotated[SimpleTodOptions | None, Parameter(name="*")] = None,
    models: ModelFlags | None = None,
) -> int:
    """SimpleToD: belief state, action and response for each system turn. Run the same command again to resume.

    Parameters
    ----------
    source
        The dialogues to answer.
    out
        Predictions, JSONL; the ledger of replies stands beside it.
    format
        Format of the dialogues, e.g. `multiwoz21`, `interference`.
    db
        Folder of venue databases (`hotel_db.json`, …), for --lexicalise.
    lexicalise
        Fill placeholders from the databases, by the predicted state.
    limit
        Answer only the first so many dialogues.
    seed
        Of the choice among venues and of booking references.
    json
        Write the summary here as well; it is always beside the predictions, as `OUT.summary.json`.
    """
    if lexicalise and db is None:
        raise InputError("--lexicalise needs venue databases", where="--db", mend="give --db FOLDER")
    lexicaliser = _lexicaliser(db, seed) if lexicalise and db is not None else None
    chosen = options or SimpleTodOptions()
    return answer_corpus(
        Asked(source, format, limit, out, json),
        models or ModelFlags(),
        lambda model, dialogues, complete: respond_with(model, chosen, dialogues, complete, lexicaliser=lexicaliser),
        system="simpletod",
        options=chosen,
    )


def _lexicaliser(db: Path, seed: int) -> Lexicaliser:
    from duologue.corpora.venues import Venues

    return Lexicaliser(Venues.load(db).query, seed=seed)
