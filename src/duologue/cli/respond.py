"""`duologue respond SYSTEM SRC --model SPEC --out FILE`: a system answers every system turn of a corpus.

duologue respond simpletod test.json --format multiwoz21 --model hf:runs/sft --out predictions.jsonl
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec
from cyclopts import App, Parameter

from duologue.cli.model_flags import ModelFlags
from duologue.cli.progress import counting
from duologue.cli.results import list_problems
from duologue.corpora import formats
from duologue.dialogue import DialoguePrediction, Problem, writing
from duologue.errors import InputError
from duologue.files import write_json
from duologue.models.answering_card import answering_card
from duologue.models.local import LocalModel
from duologue.models.request import Model
from duologue.models.speed_card import SpeedCard
from duologue.systems.lexicalise import Lexicaliser
from duologue.systems.simpletod import SimpleTodOptions
from duologue.systems.simpletod import respond as simpletod_respond
from duologue.views.tokens import prompt_ids

respond = App(name="respond", help="Let a system answer the system turns of a corpus.", result_action="return_value")
_ROLE = "system"


@dataclass
class _Tally:
    """What was answered, and how often something was missing."""

    dialogues: int = 0
    turns: int = 0
    notes: Counter[str] = field(default_factory=Counter)

    def add(self, row: DialoguePrediction) -> None:
        self.dialogues += 1
        self.turns += len(row.turns)
        for turn in row.turns:
            for note in (turn.note or "").split("; "):
                kind = note.partition(":")[0] if note.startswith("unfilled") else note.lstrip("0123456789 ")
                if kind:
                    self.notes[kind] += 1

    @property
    def unanswered(self) -> int:
        return sum(count for note, count in self.notes.items() if note.startswith("no answer"))


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
    problems: list[Problem] = []
    tally = _Tally()

    chosen, flags = options or SimpleTodOptions(), models or ModelFlags()

    async def answer() -> tuple[dict[str, Any], SpeedCard]:
        desk = flags.open_desk((_ROLE,), Path(f"{out}.ledger"))
        async with desk:
            fit = _fit(desk.models[_ROLE], chosen)
            rows = simpletod_respond(
                islice(formats.read(source, format, on_problem=problems.append), limit),
                partial(desk.complete, _ROLE),
                chosen.model_copy(update={"max_prompt_tokens": fit.max_prompt_tokens}),
                count_tokens=fit.count_tokens,
                lexicaliser=lexicaliser,
            )
            begun = time.perf_counter()
            await _write(out, rows, tally, limit)
            card = answering_card(desk.models[_ROLE], desk.receipt, time.perf_counter() - begun)
            return desk.receipt.as_dict(), card

    receipt, card = asyncio.run(answer())
    summary = {
        "system": "simpletod",
        "model": flags.specs((_ROLE,))[_ROLE],
        "options": chosen.model_dump(),
        "dialogues": tally.dialogues,
        "turns": tally.turns,
        "notes": dict(tally.notes),
        "requests": receipt,
        "speed": card,
    }
    notes = ", ".join(f"{note} {count}" for note, count in tally.notes.most_common()) or "nothing missing"
    print(f"{out}: {tally.turns} turns of {tally.dialogues} dialogues; {notes}")
    print(card.line())
    for place in {Path(f"{out}.summary.json"), json or Path(f"{out}.summary.json")}:
        write_json(place, summary)
    return max(list_problems(problems, "odd places in the dialogues"), 1 if tally.unanswered else 0)


async def _write(out: Path, rows: AsyncGenerator[DialoguePrediction, None], tally: _Tally, total: int | None) -> None:
    """Write rows as they come; the file has its name when it is whole."""
    encode = msgspec.json.Encoder().encode
    with writing(out) as file, counting(sys.stderr, "dialogues answered", total=total) as advance:
        async with aclosing(rows):
            async for row in rows:
                file.write(encode(row) + b"\n")
                tally.add(row)
                advance()


def _lexicaliser(db: Path, seed: int) -> Lexicaliser:
    from duologue.corpora.venues import Venues

    return Lexicaliser(Venues.load(db).query, seed=seed)


class _Fit(NamedTuple):
    """How prompts are kept short enough: the most tokens, and how they are counted."""

    max_prompt_tokens: int | None
    count_tokens: Callable[[str], int] | None


def _fit(model: Model, options: SimpleTodOptions) -> _Fit:
    """A model in process knows its context, so prompts that leave no room for the answer lose their oldest turns.

    Raises:
        InputError: `max_prompt_tokens` is set, and the model cannot count.
    """
    if isinstance(model, LocalModel):
        loaded = model.loaded
        room = max(loaded.context - options.max_new_tokens, 1)
        return _Fit(min(room, options.max_prompt_tokens or room), lambda text: len(prompt_ids(text, loaded.tokenizer)))
    if options.max_prompt_tokens is not None:
        raise InputError(
            f"{model.name} does not say how it counts tokens",
            where="--max-prompt-tokens",
            mend="leave it out, or use a model in process (tiny, hf:PATH)",
        )
    return _Fit(None, None)
