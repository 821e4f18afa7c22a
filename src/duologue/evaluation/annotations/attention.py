"""The SRA of annotated answers, from what `duologue attend` wrote: put into the key of blind tasks as a measure.

key = with_attention(read_key("blind/key.jsonl"), ["runs/attention-c1", "runs/attention-standard"])
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec.structs import replace

from duologue.dialogue import read_rows
from duologue.errors import InputError
from duologue.evaluation.annotations.key import KeyRow
from duologue.evaluation.steering.sra_row import ROWS, SRARow

SRA, MODE, PART = "sra", "response_mean", "strategy_name"


def with_attention(key: Mapping[str, KeyRow], folders: Iterable[str | Path]) -> dict[str, KeyRow]:
    """The key with the measure `sra`: of the strategy's name, over the reply, where both answers have it.

    Args:
        key: of blind tasks.
        folders: outputs of `duologue attend` on the dialogues that were compared.

    Raises:
        InputError: there is no such folder, or none has the answers of a task.
    """
    places = [Path(folder) for folder in folders]
    known = {
        row.id: value
        for place in places
        for row in read_rows(place / ROWS, SRARow)
        if (value := row.sra.get(MODE, {}).get(PART)) is not None
    }
    found, count = {}, 0
    for task, row in key.items():
        left, right = known.get(row.left_answer), known.get(row.right_answer)
        if left is not None and right is not None:
            count += 1
            row = replace(row, measures=row.measures | {SRA: (left, right)})
        found[task] = row
    if not count:
        mend = "give what `duologue attend` wrote for the dialogues of both systems"
        raise InputError("has no value for the two answers of any task", where=", ".join(map(str, places)), mend=mend)
    return found
