"""`duologue train steering DATA --model SPEC --out vectors.safetensors`: a direction for each strategy.

duologue train steering runs/continuations/dialogues.jsonl --model hf:PATH --layer 12 --out vectors.safetensors
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter, validators

from duologue.cli.strategy_source import read_replies
from duologue.corpora.strategy_labels import Several
from duologue.experiments.counting import counting


def steering(
    data: str,
    *,
    model: str = "tiny",
    out: Path,
    format: str = "duologue",
    layer: int | None = None,
    several: Several = "first",
    test_share: Annotated[float, Parameter(validator=validators.Number(gte=0, lt=1))] = 0.3,
    max_length: Annotated[int, Parameter(validator=validators.Number(gte=8))] = 1024,
    device: str | None = None,
    dtype: str | None = None,
    seed: int = 0,
) -> int:
    """Steering vectors: the mean hidden state of the replies that follow a strategy, minus that of all others.

    Steer any command with them: `--steer vectors.safetensors:Question --strength 4`.

    Parameters
    ----------
    data
        Dialogues whose branches, or else whose system turns, have strategies.
    model
        `tiny` or `hf:PATH[+ADAPTER]`, a decoder-only model.
    out
        The safetensors file.
    format
        The format of DATA, e.g. `esconv`.
    layer
        After which block, from 1; by default the middle one. `duologue evaluate probe` shows where strategies stand.
    several
        What a turn with several strategies counts as: its first or last one, a reply for each, or nothing.
    test_share
        Share of the conversations left for `duologue evaluate steering-vectors`.
    max_length
        Most tokens of history and reply; the oldest turns are dropped.
    device
        Device of the model, e.g. cpu or cuda:0.
    dtype
        Its data type: float32, bfloat16, float16 or float64.
    seed
        Of the division.
    """
    from duologue.models.in_process import open_in_process
    from duologue.models.steering_vectors import write_vectors
    from duologue.training.steering_vectors import fit_vectors

    read = read_replies([data], format, several)
    opened = open_in_process(model, device=device, dtype=dtype)
    with counting(sys.stderr, "replies read") as advance:
        vectors = fit_vectors(
            read.replies,
            opened.loaded.model,
            opened.loaded.tokenizer,
            layer=layer,
            test_share=test_share,
            max_length=max_length,
            seed=seed,
            on_reply=advance,
        )
    fitted = vectors.fitted | {"model": model, "weights": opened.fingerprint, "data": f"{data} ({format})"}
    write_vectors(out, vectors._replace(fitted=fitted))
    count = sum(fitted["replies"].values())
    print(f"{out}: {len(vectors.vectors)} strategies at layer {vectors.layer}, from {count} replies")
    return read.status()
