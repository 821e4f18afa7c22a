"""Stage `corpus`: the pool to learn from, development conversations, and those that policies are judged on.

Of the sample, the splits have phrases, names and databases of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from duologue.corpora import formats
from duologue.corpora.clarification_points import instances
from duologue.corpora.worlds.clarify import Kind
from duologue.corpora.worlds.clarify.write import FILES, FOLDERS, write_counts
from duologue.corpora.worlds.splits import SPLITS, Split
from duologue.dialogue import Dialogue, Problem, write
from duologue.errors import InputError
from duologue.experiments.clarify.settings import CorpusSettings, FileConversations, SampleConversations
from duologue.experiments.stages import Work

TRAIN, VAL, TEST = (f"{split}.jsonl" for split in SPLITS)
_WORLD = "world"
_FORMATS: dict[Kind, str] = {"tables": "pacific", "stories": "abg-coqa", "databases": "spider"}


def corpus(work: Work, settings: CorpusSettings) -> dict[str, Any]:
    """Write the three files.

    Raises:
        InputError: a file cannot be used, a split has no turn with an action, or an id stands in it twice.
    """
    odd: list[Problem] = []
    if settings.files is None:
        _sample(settings.sample, work.folder / _WORLD)
    facts: dict[str, Any] = {"conversations": {}, "states": {}}
    for split in SPLITS:
        if settings.files is None:
            dialogues = list(_of_sample(settings.sample, work.folder / _WORLD, split))
        else:
            dialogues = list(_of_files(settings.files, split, odd))
        facts["conversations"][split] = write(work.folder / f"{split}.jsonl", dialogues)
        facts["states"][split] = _count(dialogues, split)
    return facts | {"odd": len(odd)}


def databases_of(settings: CorpusSettings, stage: Path) -> Path | None:
    """Where the databases of the conversations lie; None where no goal is a query.

    Args:
        settings: of the corpus.
        stage: the folder of the finished stage.
    """
    if settings.files is not None:
        return settings.files.databases
    return stage / _WORLD / FOLDERS["databases"] if "databases" in settings.sample.shares else None


def _sample(settings: SampleConversations, folder: Path) -> None:
    # An item has at least one conversation, so as many items are enough.
    wanted = {split: settings.counts(getattr(settings, split)) for split in SPLITS}
    write_counts(
        folder, {kind: {split: wanted[split][kind] for split in SPLITS} for kind in settings.shares}, settings.seed
    )


def _of_sample(settings: SampleConversations, folder: Path, split: Split) -> Iterator[Dialogue]:
    for kind, count in settings.counts(getattr(settings, split)).items():
        yield from islice(formats.read(folder / FOLDERS[kind] / FILES[kind][split], _FORMATS[kind]), count)


def _of_files(settings: FileConversations, split: Split, odd: list[Problem]) -> Iterator[Dialogue]:
    file = getattr(settings, split)
    own = {"databases": settings.databases} if settings.format == "spider" and settings.databases else {}
    read = formats.read(file.path, settings.format, on_problem=odd.append, **own)
    return islice(read, file.skip, None if file.limit is None else file.skip + file.limit)


def _count(dialogues: list[Dialogue], split: str) -> dict[str, int]:
    """States by their gold action."""
    ids = [dialogue.id for dialogue in dialogues]
    if twice := next((id for id in ids if ids.count(id) > 1), None):
        raise InputError("two conversations have this id", where=f"{split}, {twice}", mend="give each its own")
    counts: dict[str, int] = {}
    for state in instances(dialogues):
        counts[state.action] = counts.get(state.action, 0) + 1
    if not counts:
        raise InputError("no system turn has an action", where=f"corpus, {split}", mend="give labelled conversations")
    return counts
