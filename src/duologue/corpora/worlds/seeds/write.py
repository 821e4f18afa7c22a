"""Writes a sample corpus of messages and conversations, streamed: any size, little memory; same seed, same bytes.

Files in the folder: `seeds.tsv` and its parts `train.tsv`, `val.tsv`, `test.tsv` (80/10/10; columns tweet_id, tweet),
`conversations.jsonl` and `restyled.jsonl` (gold, in our JSONL, each derived turn by turn), `profiles/` (the shipped
texts and pairs), and `published/`, an experiment folder in the published layout.

    >>> write("sample", n=100, seed=1)
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, NamedTuple

from duologue.corpora.profiles.folder import SHIPPED
from duologue.corpora.worlds.seeds.experiment import write_experiment
from duologue.corpora.worlds.seeds.sample import Sample, sample
from duologue.corpora.worlds.splits import SPLITS, Split, shares
from duologue.dialogue import write as write_dialogues

_HEADER = "tweet_id\ttweet\n"


class Written(NamedTuple):
    """What was written: the folder, and the number of dialogues by split."""

    folder: Path
    dialogues: dict[Split, int]


def write(out_dir: str | Path, n: int, seed: int) -> Written:
    """Write a corpus of n messages with their conversations.

    Args:
        out_dir: folder to write to; made where it is missing, files in it are replaced.
        n: number of messages over all splits, at least 3.
        seed: decides names and messages; the first messages of a split are the same for any n.

    Returns:
        The folder and the number of dialogues by split.

    Raises:
        InputError: n is too small.
    """
    folder, counts = Path(out_dir), shares(n)
    folder.mkdir(parents=True, exist_ok=True)
    write_experiment(folder / "published")
    shutil.copytree(SHIPPED, folder / "profiles", dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    _write_seeds(folder, counts, seed)
    write_dialogues(folder / "conversations.jsonl", (item.conversation() for item in _all(counts, seed)))
    write_dialogues(folder / "restyled.jsonl", (item.casual_conversation() for item in _all(counts, seed)))
    return Written(folder, counts)


def _all(counts: dict[Split, int], seed: int) -> Iterator[Sample]:
    for split in SPLITS:
        yield from sample(counts[split], seed, split)


def _write_seeds(folder: Path, counts: dict[Split, int], seed: int) -> None:
    paths = {name: folder / f"{name}.tsv" for name in ("seeds", *SPLITS)}
    paths["published"] = folder / "published" / "datasets" / "seeds.tsv"
    with ExitStack() as stack:
        files: dict[str, IO[str]] = {
            name: stack.enter_context(path.open("w", encoding="utf-8", newline="\n")) for name, path in paths.items()
        }
        for file in files.values():
            file.write(_HEADER)
        for item in _all(counts, seed):
            for name in ("seeds", "published", item.split):
                files[name].write(f"{item.id}\t{item.message}\n")
