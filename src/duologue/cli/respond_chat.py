"""`duologue respond chat SRC --model SPEC --out FILE`: a chat model answers every system turn of a corpus.

duologue respond chat test.json --format multiwoz21 --model hf:runs/sft --do-sample --top-p 0.9 --out predictions.jsonl
duologue respond chat test.json --format multiwoz21 --decodings decodings.yaml --out runs/decodings
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from duologue.cli.answers import ROLE, Asked, answer_corpus, refuse_for_servers
from duologue.cli.model_flags import ModelFlags
from duologue.cli.results import list_problems, number
from duologue.corpora import formats
from duologue.dialogue import Dialogue, Problem
from duologue.experiments.decoding_sweep import DecodingTable, read_decodings, sweep
from duologue.files import write_json
from duologue.models.generation.options import DecodingOptions
from duologue.systems.chat import ChatOptions, respond_with


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
    chosen, told = decoding or DecodingOptions(), options or ChatOptions()
    asked, flags = Asked(source, format, limit, out, json), models or ModelFlags()
    if decodings is not None:
        return _sweep(asked, flags, told, read_decodings(decodings, chosen.model_dump(exclude_unset=True)))
    return answer_corpus(
        asked,
        flags,
        lambda model, dialogues, complete: respond_with(model, told, dialogues, complete, chosen),
        system="chat",
        options=told,
        decoding=chosen,
    )


def _sweep(asked: Asked, flags: ModelFlags, options: ChatOptions, decodings: Mapping[str, DecodingOptions]) -> int:
    """Answer once with each decoding; the exit status."""
    problems: list[Problem] = []

    def dialogues() -> Iterable[Dialogue]:
        problems.clear()
        return islice(formats.read(asked.source, asked.format, on_problem=problems.append), asked.limit)

    async def answer() -> DecodingTable:
        async with flags.open_desk((ROLE,), asked.out / "ledger") as desk:
            model = desk.models[ROLE]
            for each in decodings.values():
                refuse_for_servers(model, each)
            await model.ready()  # so that loading is no decoding's time
            return await sweep(
                dialogues,
                partial(respond_with, model, options),
                decodings,
                asked.out,
                complete=partial(desk.complete, ROLE),
                model=model.name,
                on_row=lambda row: print(f"{asked.out / row.name}.jsonl: {row.turns} turns"),
            )

    table = asyncio.run(answer())
    _show(table)
    if asked.json is not None:
        write_json(asked.json, msgspec.to_builtins(table))
    failed = sum(row.failed for row in table.rows)
    return max(list_problems(problems, "odd places in the dialogues"), 1 if failed else 0)


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
