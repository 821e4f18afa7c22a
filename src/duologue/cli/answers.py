"""What the commands of `respond` share: a system answers a corpus, predictions are written as they come.

asked = Asked("test.json", "multiwoz21", None, Path("predictions.jsonl"), None)
status = answer_corpus(asked, ModelFlags(), rows, system="chat", options=ChatOptions(), decoding=DecodingOptions())
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import msgspec
from pydantic import BaseModel

from duologue.cli.model_flags import ModelFlags
from duologue.cli.results import list_problems
from duologue.cli.tally import Tally
from duologue.corpora import formats
from duologue.dialogue import Dialogue, DialoguePrediction, Problem, writing
from duologue.errors import InputError
from duologue.experiments.counting import counting
from duologue.files import write_json
from duologue.models.answering_card import answering_card
from duologue.models.generation.options import DecodingOptions
from duologue.models.request import Model
from duologue.models.speed_card import SpeedCard
from duologue.systems.answering import Complete

ROLE = "system"
"""The role of the model that answers."""

Rows: TypeAlias = Callable[[Model, Iterable[Dialogue], Complete], AsyncGenerator[DialoguePrediction, None]]
"""A system: what it answers dialogues with a model."""


class Asked(NamedTuple):
    """What every command of `respond` is told.

    Attributes:
        source: the dialogues to answer.
        format: theirs.
        limit: answer only the first so many.
        out: predictions, JSONL; the ledger and the summary stand beside it.
        json: where the summary is wanted as well.
    """

    source: str
    format: str
    limit: int | None
    out: Path
    json: Path | None


def answer_corpus(
    asked: Asked,
    flags: ModelFlags,
    rows: Rows,
    *,
    system: str,
    options: BaseModel,
    decoding: DecodingOptions | None = None,
) -> int:
    """Answer dialogues, tell how it went, and write the summary.

    Args:
        asked: which dialogues, and where the answers go.
        flags: the model.
        rows: the system.
        system: its name, for the summary; so are its options.
        options: of the system.
        decoding: what the system decodes with, where that can be chosen.

    Returns:
        The exit status: 1 where the dialogues have odd places or a turn has no answer.

    Raises:
        InputError: the model is a server, and cannot decode so.
    """
    problems: list[Problem] = []
    tally = Tally()

    async def answer() -> tuple[dict[str, Any], SpeedCard]:
        async with flags.open_desk((ROLE,), Path(f"{asked.out}.ledger")) as desk:
            model = desk.models[ROLE]
            if decoding is not None:
                refuse_for_servers(model, decoding)
            await model.ready()  # so that loading is not counted as answering
            dialogues = islice(formats.read(asked.source, asked.format, on_problem=problems.append), asked.limit)
            begun = time.perf_counter()
            await _write(asked.out, rows(model, dialogues, partial(desk.complete, ROLE)), tally, asked.limit)
            card = answering_card(model, desk.receipt, time.perf_counter() - begun)
            return desk.receipt.as_dict(), card

    receipt, card = asyncio.run(answer())
    print(tally.line(asked.out))
    print(card.line())
    said = {"system": system, "model": flags.specs((ROLE,))[ROLE], "options": options.model_dump()}
    if decoding is not None:
        said["decoding"] = decoding.model_dump(exclude_none=True)
    _write_summary(asked, said | tally.summary(receipt, card))
    return max(list_problems(problems, "odd places in the dialogues"), 1 if tally.unanswered else 0)


def refuse_for_servers(model: Model, decoding: DecodingOptions) -> None:
    """Refuse what a server cannot decode with.

    Raises:
        InputError: the decoding has options for models in process, and the model is none.
    """
    if model.name.startswith("openai:") and decoding.in_process_only:
        flags = ", ".join(f"--{name.replace('_', '-')}" for name in decoding.in_process_only)
        raise InputError(
            f"a server cannot decode with {flags}",
            where=model.name,
            mend="leave that out, or use a model in process (tiny, hf:PATH)",
        )


async def _write(out: Path, rows: AsyncGenerator[DialoguePrediction, None], tally: Tally, total: int | None) -> None:
    """Write rows as they come; the file has its name when it is whole."""
    encode = msgspec.json.Encoder().encode
    with writing(out) as file, counting(sys.stderr, "dialogues answered", total=total) as advance:
        async with aclosing(rows):
            async for row in rows:
                file.write(encode(row) + b"\n")
                tally.add(row)
                advance()


def _write_summary(asked: Asked, summary: dict[str, Any]) -> None:
    """Write it beside the predictions, where `report --table` finds it, and where else it is wanted."""
    for place in {beside := Path(f"{asked.out}.summary.json"), asked.json or beside}:
        write_json(place, summary)
