"""Writes a sample corpus of the world, streamed: any size, little memory; same seed, same bytes.

Three folders, each in the layout of a published data set, 80/10/10:
- `pacific/train.json`, `validation.json`, `test.json`: tables, paragraphs, questions.
- `abg_coqa/coqa_abg_train.json`, `_val`, `_test`: stories.
- `spider/train_spider.json`, `dev.json`, `test.json`, `tables.json`, `database/NAME/NAME.sqlite`, and the same
  conversations for chat tuning, `chat_train.jsonl`, `chat_val.jsonl`, `chat_test.jsonl`.

>>> write("sample", n=100, seed=1)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
    counts = shares(n)
    write_counts(out_dir, dict.fromkeys(KINDS, counts), seed)
    return Written(Path(out_dir), {split: len(KINDS) * count for split, count in counts.items()})


def write_counts(out_dir: str | Path, counts: Mapping[Kind, Mapping[Split, int]], seed: int) -> None:
    """The same with a number of items for each kind and split; a kind that is not named has no folder.

    Args:
        out_dir: folder to write to.
        counts: kind -> split -> number of items.
        seed: decides everything.
    """
    folder = Path(out_dir)
    for kind, own in counts.items():
        (folder / FOLDERS[kind]).mkdir(parents=True, exist_ok=True)
        for split in SPLITS:
            path = folder / FOLDERS[kind] / FILES[kind][split]
            natives = _natives(own[split], seed, split, kind)
            if kind == "stories":
                write_under(path, "data", natives, {"version": _VERSION})
            else:
                write_list(path, natives)
    if "databases" in counts:
        _write_beside_questions(folder / FOLDERS["databases"], counts["databases"], seed)


def _natives(count: int, seed: int, split: Split, kind: Kind) -> Iterator[dict[str, Any]]:
    return (item.native for item in sample(count, seed, split, kind))


def _write_beside_questions(folder: Path, counts: Mapping[Split, int], seed: int) -> None:
    """The questions as chats, and their databases."""
    for split in SPLITS:
        chats = (item.chat for item in sample(counts[split], seed, split, "databases"))
        write_rows(folder / f"chat_{split}.jsonl", chats)

    def entries() -> Iterator[dict[str, Any]]:
        for split in SPLITS:
            for number in range(-(-counts[split] // QUESTIONS_EACH)):
                each = database(seed, split, number)
                each.write(folder / "database" / each.id / f"{each.id}.sqlite")
                yield each.spider

    write_list(folder / "tables.json", entries())
