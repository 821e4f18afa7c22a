"""`duologue evaluate probe DATA --model SPEC`: at which layer does a model know which strategy a reply follows?

duologue evaluate probe runs/continuations/dialogues.jsonl --model hf:PATH --unit reply --json probe.json
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter, validators

from duologue.cli.steering_tables import show_probe
from duologue.cli.strategy_source import read_replies
from duologue.corpora.strategy_labels import Several
from duologue.errors import InputError
from duologue.experiments.counting import counting
from duologue.files import write_json


def probe(
    data: str,
    *,
    model: str = "tiny",
    format: str = "duologue",
    unit: Literal["token", "reply"] = "token",
    layers: tuple[int, ...] = (),
    test_share: Annotated[float, Parameter(validator=validators.Number(gt=0, lt=1))] = 0.3,
    alpha: Annotated[float, Parameter(validator=validators.Number(gt=0))] = 1.0,
    max_length: Annotated[int, Parameter(validator=validators.Number(gte=8))] = 1024,
    several: Several = "first",
    limit: Annotated[int | None, Parameter(validator=validators.Number(gte=1))] = None,
    device: str | None = None,
    dtype: str | None = None,
    seed: int = 0,
    json: Path | None = None,
) -> int:
    """A linear probe of every layer: can the strategy of a reply be read off the hidden states of its tokens?

    The split is by conversation; beside it stands what a random split of the same tokens gives, which knows replies.

    Parameters
    ----------
    data
        Dialogues whose branches, or else whose system turns, have strategies.
    model
        `tiny` or `hf:PATH[+ADAPTER]`, a decoder-only model.
    format
        The format of DATA, e.g. `esconv`.
    unit
        What is classified: every token of a reply by itself (as published), or the mean of its tokens.
    layers
        Which, 0 being what goes into the first block; all by default. Memory grows with their number.
    test_share
        Share of the conversations to test on, and of the random split.
    alpha
        Penalty of the ridge classifier.
    max_length
        Most tokens of history and reply; the oldest turns are dropped.
    several
        What a turn with several strategies counts as: its first or last one, a reply for each, or nothing.
    limit
        Read the first so many replies.
    device
        Device of the model, e.g. cpu or cuda:0.
    dtype
        Its data type: float32, bfloat16, float16 or float64.
    seed
        Of the splits and the bootstrap.
    json
        Write everything here.
    """
    from duologue.evaluation.steering.probe import probe as probe_model
    from duologue.models.hidden_states import layers_of
    from duologue.models.in_process import open_in_process

    read = read_replies([data], format, several)
    replies = read.replies[:limit]
    loaded = open_in_process(model, device=device, dtype=dtype).loaded
    there = layers_of(loaded.model)
    if odd := [layer for layer in layers if layer not in there]:
        raise InputError(f"there is no layer {odd[0]}", where="--layers", mend=f"the model has 0 to {there[-1]}")
    with counting(sys.stderr, "replies read", total=2 * len(replies)) as advance:
        score = probe_model(
            replies,
            loaded.model,
            loaded.tokenizer,
            unit=unit,
            layers=layers or None,
            test_share=test_share,
            max_length=min(max_length, loaded.context),
            alpha=alpha,
            seed=seed,
            on_reply=advance,
        )
    show_probe(score, model)
    if json is not None:
        write_json(json, {"problems": read.odd, "model": model, "score": score})
    return read.status()
