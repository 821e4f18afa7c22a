"""Writes a sample corpus of the world, streamed: any size, little memory; same seed, same bytes.

Three folders, each in the layout of a published data set, 80/10/10:
- `pacific/train.json`, `validation.json`, `test.json`: tables, paragraphs, questions.
- `abg_coqa/coqa_abg_train.json`, `_val`, `_test`: stories.
- `spider/train_spider.json`, `dev.json`, `test.json`, `tables.json`, `database/NAME/NAME.sqlite`, and the same
  conversations for chat tuning, `chat_train.jsonl`, `chat_val.jsonl`, `chat_test.jsonl`.

>>> write("sample", n=100, seed=1)
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from duologue.corpora.json_stream import write_list, write_under
from duologue.corpora.worlds.clarify.sample import KINDS, QUESTIONS_EACH, Kind, database, sample
from duologue.corpora.worlds.splits import SPLITS, Split, shares
from duologue.dialogue import write_rows

FOLDERS: dict[Kind, str] = {"tables": "pacific", "stories": "abg_coqa", "databases": "spider"}
FILES: dict[Kind, dict[Split, str]] = {
    "tables": {"train": "train.json", "val": "validation.json", "test": "test.json"},
    "stories": {split: f"coqa_abg_{split}.json" for split in SPLITS},
    "databases": {"train": "train_spider.json", "val": "dev.json", "test": "test.json"},
}
_VERSION = "1.0"


class Written(NamedTuple):
    """What was written: the folder, and the number of conversations by split, over the three kinds."""

    folder: Path
    dialogues: dict[Split, int]


def write(out_dir: str | Path, n: int, seed: int) -> Written:
    """Write n items of each of the three kinds.

    Args:
        out_dir: folder to write to; made where it is missing, files in it are replaced.
        n: number of items of each kind over all splits, at least 3.
        seed: decides everything; the first of a split are the same for any n.

    Raises:
        InputError: n is too small.
    """
    folder, counts = Path(out_dir), shares(n)
    for split in SPLITS:
        for kind in KINDS:
            (folder / FOLDERS[kind]).mkdir(parents=True, exist_ok=True)
            path = folder / FOLDERS[kind] / FILES[kind][split]
            natives = _natives(counts[split], seed, split, kind)
            if kind == "stories":
                write_under(path, "data", natives, {"version": _VERSION})
            else:
                write_list(path, natives)
        chats = (item.chat for item in sample(counts[split], seed, split, "databases"))
        write_rows(folder / FOLDERS["databases"] / f"chat_{split}.jsonl", chats)
    _write_databases(folder / FOLDERS["databases"], counts, seed)
    return Written(folder, {split: len(KINDS) * count for split, count in counts.items()})


def _natives(count: int, seed: int, split: Split, kind: Kind) -> Iterator[dict[str, Any]]:
    return (item.native for item in sample(count, seed, split, kind))


def _write_databases(folder: Path, counts: dict[Split, int], seed: int) -> None:
    def entries() -> Iterator[dict[str, Any]]:
        for split in SPLITS:
            for number in range(-(-counts[split] // QUESTIONS_EACH)):
                each = database(seed, split, number)
                each.write(folder / "database" / each.id / f"{each.id}.sqlite")
                yield each.spider

    write_list(folder / "tables.json", entries())
