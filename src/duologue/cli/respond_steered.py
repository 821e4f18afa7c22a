"""`duologue respond steered SRC --model SPEC --out FILE`: a model answers a supporter's turns by a strategy.

duologue respond steered ESConv.json --format esconv --collection esconv --out gold.jsonl
duologue respond steered ESConv.json --format esconv --strategy "Offer Hope" --layout c1_hf --out hope.jsonl
"""

from __future__ import annotations

import asyncio
import time
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from duologue.cli.answers import Tally, write_answers, write_summary
from duologue.cli.model_flags import ModelFlags
from duologue.cli.respond_chat import refuse_for_servers
from duologue.cli.results import list_problems
from duologue.corpora import formats
from duologue.dialogue import Problem
from duologue.models.answering_card import answering_card
from duologue.models.generation.options import DecodingOptions
from duologue.systems.steered import SteeredOptions, respond_with

_ROLE = "system"


def steered(
    source: str,
    *,
    out: Path,
    format: str = "duologue",
    limit: int | None = None,
    json: Path | None = None,
    options: Annotated[SteeredOptions | None, Parameter(name="*")] = None,
    decoding: Annotated[DecodingOptions | None, Parameter(name="*")] = None,
    models: ModelFlags | None = None,
) -> int:
    """A model that is told a strategy at each of the supporter's turns. Run the same command again to resume.

    Parameters
    ----------
    source
        The conversations to answer.
    out
        Predictions, JSONL; the ledger of replies stands beside it.
    format
        Format of the conversations, e.g. `esconv`.
    limit
        Answer only the first so many conversations.
    json
        Write the summary here as well; it is always beside the predictions, as `OUT.summary.json`.
    """
    problems: list[Problem] = []
    chosen, asked, flags = decoding or DecodingOptions(), options or SteeredOptions(), models or ModelFlags()
    tally = Tally()

    async def answer() -> None:
        async with flags.open_desk((_ROLE,), Path(f"{out}.ledger")) as desk:
            model = desk.models[_ROLE]
            refuse_for_servers(model, chosen)
            await model.ready()  # so that loading is not counted as answering
            dialogues = islice(formats.read(source, format, on_problem=problems.append), limit)
            begun = time.perf_counter()
            rows = respond_with(model, asked, dialogues, partial(desk.complete, _ROLE), chosen)
            await write_answers(out, rows, tally, limit)
            card = answering_card(model, desk.receipt, time.perf_counter() - begun)
            print(tally.line(out))
            print(card.line())
            said = {
                "system": "steered",
                "model": flags.specs((_ROLE,))[_ROLE],
                "options": asked.model_dump(),
                "decoding": chosen.model_dump(exclude_none=True),
            }
            write_summary(out, json, said | tally.summary(desk.receipt.as_dict(), card))

    asyncio.run(answer())
    return max(list_problems(problems, "odd places in the dialogues"), 1 if tally.unanswered else 0)
