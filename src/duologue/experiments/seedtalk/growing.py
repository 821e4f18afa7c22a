"""Stages `seeds`, `conversation` and `restyle`: messages, what grows from them, and the same in another style."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from duologue.corpora import formats
from duologue.corpora.worlds.seeds.sample import sample
from duologue.dialogue import Dialogue, Problem, read, write
from duologue.errors import InputError
from duologue.experiments.operating import Operating
from duologue.experiments.seedtalk.settings import ConversationSettings, RestyleSettings, SeedSettings
from duologue.experiments.stages import Work
from duologue.operators.conversation import CONVERSATION
from duologue.operators.rehearsal import Part
from duologue.operators.restyle import RESTYLE
from duologue.operators.run_folder import DIALOGUES

SEEDS = "seeds.jsonl"


def seeds(work: Work, settings: SeedSettings) -> dict[str, Any]:
    """Write the messages as dialogues of one turn.

    Raises:
        InputError: the file cannot be used, or holds no message.
    """
    problems: list[Problem] = []
    count = write(work.folder / SEEDS, _messages(settings, problems))
    if not count:
        raise InputError("no message", where=str(settings.file.path if settings.file else "sample"), mend="give some")
    return {"seeds": count, "odd": len(problems)}


def conversation(settings: ConversationSettings, seed: int) -> Operating:
    """Grow conversations from the messages."""

    def parts(inputs: Mapping[str, Path]) -> list[Part]:
        return [Part("", read(inputs["seeds"] / SEEDS), settings.options())]

    return Operating(CONVERSATION, settings, parts, seed)


def restyle(settings: RestyleSettings, seed: int) -> Operating:
    """Write the conversations in another style."""

    def parts(inputs: Mapping[str, Path]) -> list[Part]:
        return [Part("", read(inputs["conversation"] / DIALOGUES), settings.options())]

    return Operating(RESTYLE, settings, parts, seed)


def _messages(settings: SeedSettings, problems: list[Problem]) -> Iterable[Dialogue]:
    if settings.file is None:
        drawn = settings.sample
        return (each.seed_dialogue() for each in sample(drawn.n, drawn.seed, drawn.split))
    given = settings.file
    columns = {name: getattr(given, name) for name in ("text_column", "id_column") if getattr(given, name) is not None}
    return islice(formats.read(Path(given.path), given.format, on_problem=problems.append, **columns), given.limit)
