"""Stages `seeds`, `conversation` and `restyle`: messages, what grows from them, and the same in another style."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

from duologue.corpora import formats
from duologue.corpora.worlds.seeds.sample import sample
from duologue.dialogue import Dialogue, Problem, read, write
from duologue.errors import InputError
from duologue.experiments.operating import desk_for, operate
from duologue.experiments.seedtalk.settings import ConversationSettings, RestyleSettings, SeedSettings
from duologue.experiments.settings import Asking
from duologue.experiments.stages import Work
from duologue.operators.conversation import CONVERSATION
from duologue.operators.operator import Operator, OperatorOptions
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


def conversation(work: Work, settings: ConversationSettings, seed: int) -> dict[str, Any]:
    """Grow conversations from the messages."""
    source = read(work.inputs["seeds"] / SEEDS)
    return _operate(work, settings, CONVERSATION, source, settings.options(), seed)


def restyle(work: Work, settings: RestyleSettings, seed: int) -> dict[str, Any]:
    """Write the conversations in another style."""
    source = read(work.inputs["conversation"] / DIALOGUES)
    return _operate(work, settings, RESTYLE, source, settings.options(), seed)


def _operate(
    work: Work, asking: Asking, operator: Operator, source: Iterable[Dialogue], options: OperatorOptions, seed: int
) -> dict[str, Any]:
    async def through() -> dict[str, Any]:
        async with desk_for(work, asking, operator) as desk:
            counts = await operate(desk, operator, source, options, work.folder, seed=seed)
            return {"model": desk.models[operator.roles[0]].name, **counts, "requests": desk.receipt.as_dict()}

    return asyncio.run(through())


def _messages(settings: SeedSettings, problems: list[Problem]) -> Iterable[Dialogue]:
    if settings.file is None:
        drawn = settings.sample
        return (each.seed_dialogue() for each in sample(drawn.n, drawn.seed, drawn.split))
    given = settings.file
    columns = {name: getattr(given, name) for name in ("text_column", "id_column") if getattr(given, name) is not None}
    return islice(formats.read(Path(given.path), given.format, on_problem=problems.append, **columns), given.limit)
