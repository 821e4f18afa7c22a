"""`duologue attend SRC --model SPEC --out DIR`: how much attention replies pay to their instruction (SRA), with maps.

duologue attend runs/steered --model hf:my/model --out runs/attention
duologue attend chats.jsonl --format messages --model tiny --limit 20 --out runs/attention
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from duologue.cli.results import interval_of, list_problems, number
from duologue.corpora import formats
from duologue.corpora.strategies import ESCONV, EXTENDED, Strategies, read_strategies
from duologue.dialogue import Problem
from duologue.errors import InputError
from duologue.evaluation.bootstrap import Figure, Interval
from duologue.evaluation.steering.attend import attend as measure_all
from duologue.evaluation.steering.attention_map import refuse_pickle
from duologue.evaluation.steering.attention_tables import SRAFigures, by, main_part
from duologue.evaluation.steering.measuring import MeasureOptions
from duologue.evaluation.steering.replies import PromptedReply, replies_of
from duologue.evaluation.steering.sra_row import SRARow
from duologue.experiments.counting import counting
from duologue.files import write_json

_DIALOGUES = "dialogues.jsonl"


def attend(
    src: Path,
    *,
    out: Path,
    model: str = "tiny",
    format: str = "duologue",
    limit: int | None = None,
    part: str | None = None,
    mode: Literal["response_mean", "first_token"] = "response_mean",
    layers: str | None = None,
    turns: bool = True,
    maps: bool = True,
    batch: int = 1,
    system_role: bool = True,
    strategy_file: Path | None = None,
    device: str | None = None,
    dtype: str | None = None,
    load_in: int | None = None,
    json: Annotated[Path | None, Parameter(help="Write the table here as well.")] = None,
) -> int:
    """Measure how much attention replies pay to the parts of their prompts; run it again to go on where it stopped.

    Every branch that `synthesize continuation` wrote is a reply; of a dialogue without branches it is the last one. The
    parts are `strategy_name`, `strategy_description`, `instruction`, `history`, `last_user_turn` and `turn:<n>`.

    Parameters
    ----------
    src
        Dialogues, or the folder of a run.
    out
        Folder for `attention.jsonl` (a row a reply) and `maps/` (a .safetensors a reply).
    model
        `tiny`, `hf:PATH` or `hf:PATH+ADAPTER`; whose replies they are, or another one.
    format
        Of the dialogues.
    limit
        Only the first so many replies.
    part
        Whose figures the table shows; by default the strategy's name, else the instruction.
    mode
        In the table: the mean over the reply's tokens, or its first token only, as the published table has it.
    layers
        Whose mean it is, from 0, e.g. `0-5,11`; by default of all.
    turns
        Add up attention from turn to turn too.
    maps
        Write the tensors, not only the figures.
    batch
        Replies in one pass.
    system_role
        Steered replies were asked for with a system message.
    strategy_file
        YAML of your own strategies, where the replies followed such.
    device
        Of the model, e.g. cuda:0.
    dtype
        Of the model: float32, bfloat16, float16 or float64.
    load_in
        4 or 8 bits per weight.
    """
    from duologue.models.in_process import open_in_process

    if batch < 1 or (limit is not None and limit < 1):
        raise InputError("expected --batch and --limit of at least 1")
    chosen = MeasureOptions(layers=_layers(layers), turns=turns)
    refuse_pickle(src)
    exact = "float32" if model == "tiny" else None  # exact enough for attention
    opened = open_in_process(model, device=device, dtype=dtype or exact, load_in=load_in)
    known = read_strategies(strategy_file) if strategy_file is not None else {**EXTENDED, **ESCONV}
    odd: list[Problem] = []
    with counting(sys.stderr, "replies measured", total=limit) as advance:
        rows = measure_all(
            islice(_replies(src, format, known, system_role, odd), limit),
            opened.loaded,
            out,
            model=model,
            fingerprint=opened.fingerprint,
            options=chosen,
            maps=maps,
            batch=batch,
            advance=advance,
        )
    if not rows:
        raise InputError("there is no reply", where=str(src), mend="give dialogues with at least one answer")
    part = part or main_part(rows)
    if not any(part in row.tokens for row in rows):
        parts = sorted({name for row in rows for name in row.tokens})
        raise InputError(f"no prompt has a part {part!r}", where="--part", mend=f"there are {', '.join(parts)}")
    tables = {
        "layout": by(rows, "layout", part=part, mode=mode),
        "strategy": by(rows, "strategy", part=part, mode=mode),
    }
    _show(tables, part, mode)
    print(f"rows: {out / 'attention.jsonl'}")
    if json is not None:
        write_json(json, {"part": part, "mode": mode, **tables})
    return max(list_problems(_missing(rows), "parts or replies without a value"), list_problems(odd, "odd places"))


def _replies(
    src: Path, format: str, known: Strategies, system_role: bool, odd: list[Problem]
) -> Iterator[PromptedReply]:
    if src.is_dir():
        if not (src / _DIALOGUES).is_file():
            for file in sorted(src.iterdir()):
                refuse_pickle(file)
            raise InputError(f"there is no {_DIALOGUES}", where=str(src), mend="give a run's folder, or a file")
        src, format = src / _DIALOGUES, "duologue"
    for dialogue in formats.read(str(src), format, on_problem=odd.append):
        yield from replies_of(dialogue, known, system_role=system_role)


def _layers(text: str | None) -> tuple[int, ...] | None:
    """`0-2,5` as 0, 1, 2, 5."""
    if text is None:
        return None
    found: list[int] = []
    for piece in text.split(","):
        first, _, last = piece.strip().partition("-")
        if not first.isdecimal() or (last and not last.isdecimal()):
            raise InputError(f"expected numbers such as 0-5,11, found {text!r}", where="--layers")
        found += range(int(first), int(last or first) + 1)
    return tuple(dict.fromkeys(found))


def _missing(rows: list[SRARow]) -> list[str]:
    return [f"{row.id}, {name}: {why}" for row in rows for name, why in row.reasons.items()]


def _show(tables: dict[str, dict[str, SRAFigures]], part: str, mode: str) -> None:
    console = Console(highlight=False, markup=False)
    console.print(f"SRA of {part}, {mode}", soft_wrap=True)
    for what, groups in tables.items():
        if what == "strategy" and set(groups) == {"–"}:
            continue
        table = Table(what, "n", "SRA x 1,000", "log SRA", "x uniform")
        table.columns[0].no_wrap = True
        for column in table.columns[1:]:
            column.justify = "right"
        for name, each in groups.items():
            table.add_row(name, str(each.replies), *map(_cell, (_thousandths(each.sra), each.log_sra, each.ratio)))
        console.print(table)


def _thousandths(figure: Figure) -> Figure:
    interval = figure.interval and Interval(1000 * figure.interval.low, 1000 * figure.interval.high)
    return Figure(1000 * figure.value, interval)


def _cell(figure: Figure) -> str:
    """A value, and below it its 95 % interval where it has one."""
    return "\n".join(filter(None, (number(figure.value), interval_of(figure.interval))))
