"""Writes a sample corpus of support conversations, streamed: any size, little memory; same seed, same bytes.

Files in the folder, all in ESConv's original layout: `ESConv.json` and its parts `train.json`, `val.json`, `test.json`
(80/10/10). The test part speaks partly in phrases, and only with names, that no other part has.

    >>> write("sample", n=100, seed=1)
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from duologue.corpora.json_stream import write_list
from duologue.corpora.worlds.splits import SPLITS, Split, shares
from duologue.corpora.worlds.support.moves import COLLECTIONS, Collection
from duologue.corpora.worlds.support.sample import sample
from duologue.errors import InputError


class Written(NamedTuple):
    """What was written: the folder, and the number of dialogues by split."""

    folder: Path
    dialogues: dict[Split, int]


def write(out_dir: str | Path, n: int, seed: int, *, strategies: Collection = "extended") -> Written:
    """Write a corpus of n conversations.

    Args:
        out_dir: folder to write to; made where it is missing, files in it are replaced.
        n: number of conversations over all splits, at least 3.
        seed: decides names and conversations; the first of a split are the same for any n.
        strategies: `extended` (fifteen) or `esconv` (eight).

    Returns:
        The folder and the number of conversations by split.

    Raises:
        InputError: n is too small, or no such strategies.
    """
    if strategies not in COLLECTIONS:
        raise InputError(
            f"no strategies '{strategies}'", where="--strategies", mend=f"known are {', '.join(COLLECTIONS)}"
        )
    folder, counts = Path(out_dir), shares(n)
    folder.mkdir(parents=True, exist_ok=True)

    def natives(split: Split) -> Iterator[dict[str, Any]]:
        return (item.native for item in sample(counts[split], seed, split, collection=strategies))

    for split in SPLITS:
        write_list(folder / f"{split}.json", natives(split))
    write_list(folder / "ESConv.json", chain.from_iterable(natives(split) for split in SPLITS))
    return Written(folder, counts)
