"""Stage `corpus`: the dialogues of each split, clean and with FusedChat's prepended chat, and the venue databases.

Writes `multiwoz-SPLIT.jsonl`, `fusedchat-SPLIT.jsonl` and, where there are any, `databases/`; a sampled corpus also
leaves its native files in `native/`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from duologue.corpora import formats, fusedchat
from duologue.corpora.children import corpus_id
from duologue.corpora.json_stream import write_object
from duologue.corpora.multiwoz import v21 as multiwoz21
from duologue.dialogue import Dialogue, Problem, write
from duologue.errors import InputError
from duologue.experiments.databases import DATABASES, keep_databases
from duologue.experiments.interference.settings import SPLITS, FilesCorpus
from duologue.experiments.settings import SampleCorpus
from duologue.experiments.stages import Work


class Counted(NamedTuple):
    """How many dialogues a split has, how many of them have a chat, and what was odd."""

    dialogues: int
    with_chat: int
    problems: list[Problem]


def sample(work: Work, settings: SampleCorpus) -> dict[str, Any]:
    """Make the corpus by the procedural world."""
    from duologue.corpora.worlds.tod import sample as sampled
    from duologue.corpora.worlds.tod.write import write_databases

    native = work.folder / "native"
    native.mkdir(exist_ok=True)
    counted: dict[str, Counted] = {}
    for split in SPLITS:
        made = list(sampled(getattr(settings, split), settings.seed, split))
        write_object(native / f"{split}.json", ((each.id, each.dialogue) for each in made))
        chats = native / f"fusedchat_prepended_{split}.json"
        write_object(chats, ((each.id.removesuffix(".json"), each.chat) for each in made))
        counted[split] = _convert(work.folder, split, multiwoz21.read(native / f"{split}.json"), chats)
    write_databases(work.folder / DATABASES, settings.seed)
    return _facts(counted)


def read_files(work: Work, settings: FilesCorpus) -> dict[str, Any]:
    """Read the corpus from files.

    Raises:
        InputError: a file cannot be used, or a split is empty.
    """
    partition = fusedchat.read_partition(settings.partition) if settings.partition else {}
    counted: dict[str, Counted] = {}
    for split in SPLITS:
        problems: list[Problem] = []
        path = settings.multiwoz if isinstance(settings.multiwoz, Path) else settings.multiwoz.get(split)
        if path is None:
            raise InputError(f"no file for the split '{split}'", where="corpus.files.multiwoz", mend="name one")
        dialogues: Iterable[Dialogue] = formats.read(path, settings.format, on_problem=problems.append)
        if isinstance(settings.multiwoz, Path):
            dialogues = (each for each in dialogues if partition.get(each.id) == split)
        counted[split] = _convert(work.folder, split, islice(dialogues, settings.limit), settings.fusedchat, problems)
        if not counted[split].with_chat:
            raise InputError(
                f"no dialogue of the split '{split}' has a FusedChat chat", where=str(path), mend="give matching files"
            )
    if settings.databases is not None:
        keep_databases(settings.databases, work.folder)
    return _facts(counted)


def _convert(
    folder: Path, split: str, dialogues: Iterable[Dialogue], chats: Path, problems: list[Problem] | None = None
) -> Counted:
    known = {each.id: each for each in dialogues}
    write(folder / f"multiwoz-{split}.jsonl", known.values())
    odd = problems if problems is not None else []

    def with_chat() -> Iterator[Dialogue]:
        for each in fusedchat.read(chats, multiwoz=known, on_problem=odd.append):
            if corpus_id(each) in known and each.origin is not None:
                yield each

    return Counted(len(known), write(folder / f"fusedchat-{split}.jsonl", with_chat()), odd)


def _facts(counted: dict[str, Counted]) -> dict[str, Any]:
    return {
        "dialogues": {split: each.dialogues for split, each in counted.items()},
        "with_chat": {split: each.with_chat for split, each in counted.items()},
        "odd": sum(len(each.problems) for each in counted.values()),
        "odd_examples": [f"{p.dialogue}, {p.where}: {p.what}" for each in counted.values() for p in each.problems[:3]],
    }
