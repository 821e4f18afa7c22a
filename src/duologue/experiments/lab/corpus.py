"""Stage `corpus`: the dialogues of each split, and the venue databases where there are any."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any, Literal

from duologue.corpora import formats
from duologue.corpora.multiwoz.v21 import dialogue_from_native
from duologue.dialogue import Dialogue, Problem, write
from duologue.errors import InputError
from duologue.experiments.databases import DATABASES, keep_databases
from duologue.experiments.lab.settings import CorpusSettings, FilesCorpus
from duologue.experiments.settings import SampleCorpus
from duologue.experiments.stages import Work

SPLITS: tuple[Literal["train", "val", "test"], ...] = ("train", "val", "test")


def corpus(work: Work, settings: CorpusSettings) -> dict[str, Any]:
    """Write `SPLIT.jsonl`, and `databases/`.

    Raises:
        InputError: a file cannot be used, or a split is empty.
    """
    return _sample(work, settings.sample) if settings.files is None else _read(work, settings.files)


def _sample(work: Work, settings: SampleCorpus) -> dict[str, Any]:
    from duologue.corpora.worlds.tod import sample
    from duologue.corpora.worlds.tod.write import write_databases

    counts = {}
    for split in SPLITS:
        made = sample(getattr(settings, split), settings.seed, split)
        counts[split] = write(
            work.folder / f"{split}.jsonl", (dialogue_from_native(each.id, each.dialogue) for each in made)
        )
    write_databases(work.folder / DATABASES, settings.seed)
    return {"dialogues": counts, "odd": 0, "databases": True}


def _read(work: Work, settings: FilesCorpus) -> dict[str, Any]:
    odd: list[Problem] = []
    counts = {}
    for split in SPLITS:
        part = getattr(settings, split)
        dialogues: Iterable[Dialogue] = formats.read(part.path, settings.format, on_problem=odd.append)
        end = None if part.limit is None else part.skip + part.limit
        counts[split] = write(work.folder / f"{split}.jsonl", islice(dialogues, part.skip, end))
        if not counts[split]:
            raise InputError("no dialogue is left", where=f"corpus.files.{split}", mend="check skip and the file")
    if settings.databases is not None:
        keep_databases(settings.databases, work.folder)
    return {"dialogues": counts, "odd": len(odd), "databases": settings.databases is not None}
