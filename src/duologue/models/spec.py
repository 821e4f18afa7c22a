"""A model's spec on the command line or in YAML, and the model it names (DESIGN §3).

| spec | what |
|---|---|
| `tiny` | the embedded model, offline on the CPU |
| `openai:NAME` | an OpenAI-compatible server at `base_url` |
| `hf:PATH[+ADAPTER]` | transformers in process; the folder of an adapter alone brings its base |
| `replay:RUN` | the replies of an earlier run |

    model = open_model("openai:llama-3.1-8b", base_url="http://127.0.0.1:8000/v1")
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from duologue.errors import InputError, MissingExtra
from duologue.models.adapter_base import TINY, base_of, is_adapter
from duologue.models.ledger import Ledger
from duologue.models.replay import Replay
from duologue.models.request import Model

if TYPE_CHECKING:
    from duologue.models.residual import Steering

_OPENAI = "https://api.openai.com/v1"


@dataclass(frozen=True)
class ModelOptions:
    """How to reach or load a model; each kind of spec takes what concerns it.

    Attributes:
        base_url: Root of the server's API; by default OPENAI_BASE_URL, else OpenAI's own.
        api_key: By default OPENAI_API_KEY.
        concurrency: Most requests in flight at a server.
        timeout: Seconds for one try at a server.
        extra: Further fields of each request's body.
        batch: Ask through the server's batch endpoint: half the price, answers within a day.
        batch_poll: Seconds between two looks at a batch.
        device: torch device of a model in process; by default a GPU where there is one.
        dtype: torch dtype of a model in process: float32, bfloat16, float16 or float64.
        load_in: 4 or 8 bits per weight, through bitsandbytes.
        max_batch: Most requests that are decoded together in process; by default what is fastest.
        steer: `FILE:STRATEGY`, a steering vector that is added to the residual stream of a model in process.
        strength: by which the vector is multiplied; 0 leaves the model as it is.
    """

    base_url: str | None = None
    api_key: str | None = None
    concurrency: int = 32
    timeout: float = 180.0
    extra: Mapping[str, Any] | None = None
    batch: bool = False
    batch_poll: float = 30.0
    device: str | None = None
    dtype: str | None = None
    load_in: int | None = None
    max_batch: int | None = None
    steer: str | None = None
    strength: float = 1.0


def open_model(
    spec: str,
    options: ModelOptions | None = None,
    *,
    role: str | None = None,
    ledger: Ledger | None = None,
    **fields: Any,
) -> Model:
    """Open the model that a spec names.

    Args:
        spec: `tiny`, `openai:NAME`, `hf:PATH[+ADAPTER]` or `replay:RUN`.
        options: How to reach or load it.
        role: The role it will play; a replay of several models needs it.
        ledger: Where a batch endpoint notes its batches, so that a rerun fetches them.
        **fields: Single options, such as `base_url=...`; they replace those in `options`.

    Raises:
        InputError: The spec names no model, or one that is not there.
        MissingExtra: Models in process need the extra `local`.
    """
    chosen = ModelOptions(**{**vars(options or ModelOptions()), **fields})
    kind, _, name = spec.partition(":")
    if chosen.steer is not None and spec != "tiny" and kind != "hf":
        raise InputError(f"{spec} cannot be steered", where="--steer", mend="take a model in process: tiny or hf:PATH")
    if spec == "tiny":
        return _open_tiny(chosen)
    if kind == "openai" and name:
        return _open_endpoint(name, chosen, ledger)
    if kind == "hf" and name:
        return _open_local(name, chosen)
    if kind == "replay" and name:
        return Replay(Path(name), role=role)
    raise InputError(
        f"expected tiny, openai:NAME, hf:PATH[+ADAPTER] or replay:RUN, found {spec!r}",
        where="model",
        mend="change --model",
    )


def _open_endpoint(name: str, options: ModelOptions, ledger: Ledger | None) -> Model:
    from duologue.models.endpoint import Endpoint

    base_url = options.base_url or os.environ.get("OPENAI_BASE_URL") or _OPENAI
    api_key = options.api_key or os.environ.get("OPENAI_API_KEY")
    if not base_url.startswith(("http://", "https://")):
        raise InputError(
            f"expected a URL that begins with http:// or https://, found {base_url!r}",
            where=f"base URL of openai:{name}",
            mend="change --base-url or OPENAI_BASE_URL",
        )
    if options.batch:
        from duologue.models.batch_endpoint import BatchEndpoint

        return BatchEndpoint(
            name,
            base_url=base_url,
            api_key=api_key,
            ledger=ledger,
            poll=options.batch_poll,
            extra=options.extra,
        )
    return Endpoint(
        name,
        base_url=base_url,
        api_key=api_key,
        concurrency=options.concurrency,
        timeout=options.timeout,
        extra=options.extra,
    )


def _open_tiny(options: ModelOptions) -> Model:
    _require_local("the embedded model")
    from duologue.models.local import LocalModel

    return LocalModel(
        TINY,
        name="tiny",
        device=options.device or "cpu",
        dtype=options.dtype or "float64",
        max_batch=options.max_batch,
        steering=_steering(options),
    )


def _open_local(name: str, options: ModelOptions) -> Model:
    _require_local(f"hf:{name}")
    from duologue.models.local import LocalModel

    path, _, adapter = name.partition("+")
    if not adapter and is_adapter(Path(path)):
        path, adapter = base_of(Path(path)), path
    return LocalModel(
        path,
        name=f"hf:{name}",
        adapter=adapter or None,
        device=options.device,
        dtype=options.dtype,
        load_in=options.load_in,
        max_batch=options.max_batch,
        steering=_steering(options),
    )


def _steering(options: ModelOptions) -> Steering | None:
    if options.steer is None:
        return None
    from duologue.models.steering_vectors import steering_of

    return steering_of(options.steer, options.strength)


def _require_local(needed_for: str) -> None:
    if find_spec("torch") is None or find_spec("transformers") is None:
        raise MissingExtra("local", needed_for)
