"""Single heads, token by token: a map keeps their sums alone, so the model that it was measured with reads it again.

    heads = Heads()
    heads.why_not(map)                   # "" where the model is at hand, else the reason
    heads.spans(map, layer=3, head=2)    # its rows in place of the map's own

One model is held at a time, and the last few heads. A model is taken from this machine only, and only as safetensors:
what names it is a file that somebody made.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from duologue.errors import InputError
from duologue.evaluation.steering.attention_map import AttentionMap
from duologue.models.adapter_base import base_of, is_adapter
from duologue.models.in_process import open_in_process
from duologue.models.weights import arithmetic_of
from duologue.studio.attention.spans import Spans

_MOST = 8


class Heads:
    """Reads heads with the models of maps."""

    def __init__(self) -> None:
        self._kept: OrderedDict[object, Spans] = OrderedDict()
        self._opened: tuple[tuple[str, str], Any] | None = None
        self._lock = threading.Lock()

    def why_not(self, map: AttentionMap) -> str:
        """Why the model of a map is not at hand; nothing where it is."""
        if find_spec("torch") is None or find_spec("transformers") is None:
            return "models in this process need the extra local"
        kind, _, name = map.meta.model.partition(":")
        if map.meta.model != "tiny" and (kind != "hf" or not name):
            return f"{map.meta.model} is no model that can be looked into"
        try:
            return next(filter(None, _reasons(name)), "")
        except (InputError, OSError, ValueError) as error:
            return str(error)

    def spans(self, map: AttentionMap, layer: int, head: int) -> Spans:
        """A map with the rows of one head.

        Raises:
            InputError: there is no such head, or the model is not at hand or not the one of the map.
        """
        layers, heads = map.sums.shape[:2]
        if not (0 <= layer < layers and 0 <= head < heads):
            raise InputError(f"{layers} layers of {heads} heads", where=f"layer {layer}, head {head}", mend="from 0")
        key = (map.meta.fingerprint, map.ids.tobytes(), map.meta.prompt, layer, head)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = self._read(map, layer, head)
            self._kept.move_to_end(key)
            while len(self._kept) > _MOST:
                self._kept.popitem(last=False)
            return self._kept[key]

    def _read(self, map: AttentionMap, layer: int, head: int) -> Spans:
        from duologue.models.attention.teacher_forced import head_rows
        from duologue.models.attention.watched import Watched

        watched = Watched(map.ids.tolist(), map.meta.prompt)
        return Spans(map, head_rows(self._model(map), watched, layer, head).float().cpu().numpy())

    def _model(self, map: AttentionMap) -> Any:
        """The weights, loaded when they are first needed and until another map's are."""
        meta = map.meta
        if self._opened is not None and self._opened[0] == (meta.model, meta.fingerprint):
            return self._opened[1]
        if reason := self.why_not(map):
            raise InputError(reason, where=meta.id, mend="look at all heads")
        self._opened = None
        dtype, bits = arithmetic_of(meta.fingerprint)
        opened = open_in_process(meta.model, dtype=dtype, load_in=bits, where=meta.id)
        if opened.fingerprint != meta.fingerprint:
            raise InputError(
                f"{meta.model} is no longer the model of this map", where=meta.id, mend="run duologue attend again"
            )
        self._opened = ((meta.model, meta.fingerprint), opened.loaded.model)
        return self._opened[1]


def _reasons(name: str) -> Iterator[str]:
    """What stands against `PATH[+ADAPTER]`; nothing of an empty name, the embedded model's."""
    folders = [Path(each) for each in name.split("+", 1)] if name else []
    if len(folders) == 1 and is_adapter(folders[0]):
        folders.append(Path(base_of(folders[0])))
    for folder in folders:
        if not folder.is_dir():
            yield f"there is no {folder} on this machine"
        elif not any(folder.glob("*.safetensors")):
            yield f"{folder} holds no safetensors"
