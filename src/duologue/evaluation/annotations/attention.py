"""The SRA of annotated answers, from what `duologue attend` wrote: put into the key of blind tasks as a measure.

key = with_attention(read_key("blind/key.jsonl"), {"c1_hf": "runs/attention-c1", "standard": "runs/attention"})
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from duologue.dialogue import read_rows
from duologue.errors import InputError
from duologue.evaluation.annotations.key import KeyRow
from duologue.evaluation.steering.sra_row import ROWS, SRARow

SRA, MODE, PART = "sra", "response_mean", "strategy_name"


def with_attention(key: Mapping[str, KeyRow], folders: Mapping[str, str | Path]) -> dict[str, KeyRow]:
    """The key with the measure `sra`: of the strategy's name, over the reply, where both answers have it.

    Args:
        key: of blind tasks.
        folders: system -> the output of `duologue attend` on its dialogues.

    Raises:
        InputError: there is no such folder or system, or no task has both values.
    """
    systems = sorted({name for row in key.values() for name in (row.left, row.right)})
    if unknown := sorted(folders.keys() - set(systems)):
        raise InputError(f"the key has no system {unknown[0]!r}", where="--sra", mend=f"there are {', '.join(systems)}")
    known = {
        (system, row.id, row.layout or ""): value
        for system, folder in folders.items()
        for row in read_rows(Path(folder) / ROWS, SRARow)
        if (value := row.sra.get(MODE, {}).get(PART)) is not None
    }
    found, count = {}, 0
    for task, row in key.items():
        left = known.get((row.left, row.left_answer, row.left_layout))
        right = known.get((row.right, row.right_answer, row.right_layout))
        if left is not None and right is not None:
            count += 1
            row = replace(row, measures=row.measures | {SRA: (left, right)})
        found[task] = row
    if not count:
        mend = f"give NAME=FOLDER of `duologue attend` for {' and '.join(systems)}"
        raise InputError("no task has a value for both answers", where="--sra", mend=mend)
    return found
