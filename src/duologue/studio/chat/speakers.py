"""The models that visitors may talk to: those the owner names, and the checkpoints in the studio's folder.

speakers = Speakers(["tiny", "openai:llama"], place, ModelOptions(base_url=…))
speakers.names()                               # and "hf:demo/stages/train/model"
await speakers.side("tiny", Plain())

A model is opened when it is first talked to. Few stay in memory: the one that was not talked to for longest goes first.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from duologue.errors import InputError
from duologue.models.adapter_base import is_adapter
from duologue.models.budget import Budget
from duologue.models.desk import ModelDesk
from duologue.models.request import Heard, Model, Reply, Request
from duologue.models.spec import ModelOptions, open_model
from duologue.studio.place import Place
from duologue.studio.runs.found import files_below
from duologue.systems.fitting import Fit, fit
from duologue.systems.live_chat import Side
from duologue.systems.ways import Way

_KEPT = 4
_WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "adapter_model.safetensors")


class Speakers:
    """Opens and closes models.

    Args:
        named: the owner's, as specs.
        place: where checkpoints are looked for.
        options: how models are reached or loaded.
        budget: what may be asked and spent, by all visitors together.
        longest: most tokens of a reply.
    """

    def __init__(self, named: Sequence[str], place: Place, options: ModelOptions, budget: Budget, longest: int) -> None:
        self._named, self._place, self._options, self._longest = list(named), place, options, longest
        self._desk = ModelDesk({}, budget=budget)
        self._fits: OrderedDict[str, Fit] = OrderedDict()
        self._opening = asyncio.Lock()
        self._talking: dict[str, int] = {}

    def names(self) -> list[str]:
        """What there is to talk to; `hf:` paths are from the studio's folder."""
        return list(dict.fromkeys([*self._named, *self._found()]))

    async def side(self, name: str, way: Way) -> Side:
        """A model, ready to be asked.

        Raises:
            InputError: it is not among `names`, or cannot be opened.
        """
        if name not in self._fits:
            async with self._opening:  # one at a time; who talks to an open model does not wait
                if name not in self._fits:
                    await self._open(name)
        self._fits.move_to_end(name)

        async def complete(request: Request, heard: Heard | None = None) -> Reply:
            self._talking[name] = self._talking.get(name, 0) + 1
            try:
                return await self._desk.complete(name, request, heard)
            finally:
                self._talking[name] -= 1

        return Side(name, complete, self._fits[name], way)

    async def close(self) -> None:
        """Let all models go."""
        await self._desk.close()

    async def _open(self, name: str) -> None:
        if name not in await asyncio.to_thread(self.names):
            raise InputError(f"no model {name!r} to talk to", where="chat", mend="choose one that is listed")
        model = self._model(name)
        await model.ready()
        fitting = await asyncio.to_thread(fit, model, self._longest, None)
        idle = [each for each in self._fits if not self._talking.get(each)]
        for each in idle[: max(len(self._fits) + 1 - _KEPT, 0)]:
            del self._fits[each]
            await self._desk.models.pop(each).close()
        self._desk.add(name, model)
        self._fits[name] = fitting

    def _model(self, name: str) -> Model:
        if name in self._named:
            return open_model(name, self._options)
        path = self._place.inside(name.removeprefix("hf:"))
        return open_model(f"hf:{path}", replace(self._options, steer=None))

    def _found(self) -> list[str]:
        """Folders with weights of a language model, the newest first."""
        folders = {file.parent: file.stat().st_mtime for file in files_below(self._place.root) if file.name in _WEIGHTS}
        speaking = [folder for folder in sorted(folders, key=lambda each: -folders[each]) if _speaks(folder)]
        return [f"hf:{folder.relative_to(self._place.root)}" for folder in speaking]


def _speaks(folder: Path) -> bool:
    """Whether it is a model that generates: no checkpoint of an unfinished training, no classifier."""
    if folder.name.startswith("checkpoint-"):
        return False
    config = folder / "config.json"
    return is_adapter(folder) or (config.is_file() and b"ForSequenceClassification" not in config.read_bytes())
