"""`duologue rows SRC --out FILE`: replies by a strategy as rows to train on elsewhere.

duologue rows runs/c1/dialogues.jsonl --out chats.jsonl
duologue rows runs/c1/dialogues.jsonl --kind preference --out pairs.jsonl
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from duologue.cli.results import list_problems
from duologue.corpora import formats
from duologue.dialogue import Problem, write_rows
from duologue.errors import InputError
from duologue.files import write_json
from duologue.prompts.steered_rows import Against, chat_rows, preference_rows
from duologue.prompts.steering_options import SteeringOptions


def rows(
    source: str,
    /,
    *,
    out: Path,
    kind: Literal["messages", "preference"] = "messages",
    format: str = "duologue",
    against: Against = "other",
    seed: int = 0,
    json: Path | None = None,
    steering: Annotated[SteeringOptions | None, Parameter(name="*")] = None,
) -> int:
    """Write replies by a strategy as chats with the instruction, or as preference pairs.

    Args:
        source: Dialogues with branches, or with labelled turns of the supporter.
        out: JSONL rows: `id`, `strategy` and `messages`; or `prompt`, `chosen` and `rejected`.
        kind: Chats that end with the reply, or pairs of a reply by the strategy and one that was written otherwise.
        format: Format of the dialogues.
        against: Of pairs, the reply that is rejected: one by another strategy, drawn, or the one without a strategy.
        seed: Of the draws.
        json: Write the count here.
        steering: How a strategy is told.
    """
    problems: list[Problem] = []
    dialogues = formats.read(source, format, on_problem=problems.append)
    options = steering or SteeringOptions()
    made: Iterable[dict[str, Any]] = chat_rows(dialogues, options)
    if kind == "preference":
        made = preference_rows(dialogues, options, against=against, seed=seed)
    count = write_rows(out, made)
    if not count:
        mend = "give what `synthesize continuation` made" + (
            ", with --unconditional" if kind == "preference" and against == "unconditional" else ""
        )
        raise InputError("there is no reply to make a row of", where=source, mend=mend)
    print(f"{count} rows written to {out}")
    if json is not None:
        write_json(json, {"rows": count})
    return list_problems(problems, "odd places in the dialogues")
