"""`duologue respond chat SRC --model SPEC --out FILE`: a chat model answers every system turn of a corpus.

duologue respond chat test.json --format multiwoz21 --model hf:runs/sft --do-sample --top-p 0.9 --out predictions.jsonl
duologue respond chat test.json --format multiwoz21 --decodings decodings.yaml --out runs/decodings
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from duologue.cli.answers import Tally, write_answers, write_summary
from duologue.cli.model_flags import ModelFlags
from duologue.cli.results import list_problems, number
from duologue.corpora import formats
from duologue.dialogue import Dialogue, Problem
from duologue.errors import InputError
from duologue.experiments.decoding_sweep import DecodingTable, read_decodings, sweep
from duologue.files import write_json
from duologue.models.answering_card import answering_card
from duologue.models.generation.options import DecodingOptions
from duologue.models.request import Model
from duologue.systems.chat import ChatOptions, respond_with

_ROLE = "system"


def chat(
    source: str,
    *,
    out: Path,
    format: str = "duologue",
    decodings: Path | None = None,
    limit: int | None = None,
    json: Path | None = None,
    options: Annotated[ChatOptions | None, Parameter(name="*")] = None,
    decoding: Annotated[DecodingOptions | None, Parameter(name="*")] = None,
    models: ModelFlags | None = None,
) -> int:
    """A chat model: a response for each system turn. Run the same command again to resume.

    Parameters
    ----------
    source
        The dialogues to answer.
    out
        Predictions, JSONL; the ledger of replies stands beside it. With --decodings a folder: predictions for each
        decoding, `table.json` and the ledger.
    format
        Format of the dialogues, e.g. `multiwoz21`, `messages`.
    decodings
        YAML, `name: {option: value, …}`: answer once with each of these decodings; options beside it hold for all.
    limit
        Answer only the first so many dialogues.
    json
        Write the summary here as well; it is always beside the predictions, as `OUT.summary.json` (of a sweep, as
        `OUT/table.json`).
    """
    problems: list[Problem] = []

    def dialogues() -> Iterable[Dialogue]:
        problems.clear()
        return islice(formats.read(source, format, on_problem=problems.append), limit)

    chosen, asked, flags = decoding or DecodingOptions(), options or ChatOptions(), models or ModelFlags()
    sweeping = None if decodings is None else read_decodings(decodings, chosen.model_dump(exclude_unset=True))
    folder = Path(f"{out}.ledger") if sweeping is None else out / "ledger"

    async def answer() -> int:
        """Turns whose request failed."""
        async with flags.open_desk((_ROLE,), folder) as desk:
            model, complete = desk.models[_ROLE], partial(desk.complete, _ROLE)
            system = partial(respond_with, model, asked)
            for each in [chosen] if sweeping is None else sweeping.values():
                refuse_for_servers(model, each)
            await model.ready()  # so that loading is no decoding's time
            if sweeping is None:
                tally, begun = Tally(), time.perf_counter()
                await write_answers(out, system(dialogues(), complete, chosen), tally, limit)
                card = answering_card(model, desk.receipt, time.perf_counter() - begun)
                print(tally.line(out))
                print(card.line())
                said = {
                    "system": "chat",
                    "model": flags.specs((_ROLE,))[_ROLE],
                    "options": asked.model_dump(),
                    "decoding": chosen.model_dump(exclude_none=True),
                }
                write_summary(out, json, said | tally.summary(desk.receipt.as_dict(), card))
                return tally.unanswered
            table = await sweep(
                dialogues,
                system,
                sweeping,
                out,
                complete=complete,
                model=model.name,
                on_row=lambda row: print(f"{out / row.name}.jsonl: {row.turns} turns"),
            )
            _show(table)
            if json is not None:
                write_json(json, msgspec.to_builtins(table))
            return sum(row.failed for row in table.rows)

    failed = asyncio.run(answer())
    return max(list_problems(problems, "odd places in the dialogues"), 1 if failed else 0)


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


def _show(table: DecodingTable) -> None:
    columns = ("decoding", "turns", "mean", "longest", "dist-1", "dist-2", "seconds", "tokens/s")
    shown = Table(*columns, title=f"{table.model}: tokens a reply, percent of distinct words and pairs of words")
    for column in shown.columns[1:]:
        column.justify = "right"
    for row in table.rows:
        figures = (row.mean_tokens, row.distinct_1, row.distinct_2, row.seconds)
        cells = ["–" if each is None else number(each) for each in (*figures, row.tokens_per_second)]
        shown.add_row(row.name, str(row.turns), cells[0], str(row.longest_tokens), *cells[1:])
    Console(highlight=False, markup=False).print(shown)
