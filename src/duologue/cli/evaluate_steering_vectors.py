"""`duologue evaluate steering-vectors VECTORS --data SRC --classifier DIR`: following against fluency.

duologue evaluate steering-vectors vectors.safetensors --data test.jsonl --classifier runs/c --out runs/strengths
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter, validators

from duologue.cli.steering_tables import show_strengths
from duologue.cli.strategy_source import read_replies
from duologue.dialogue import write_rows
from duologue.experiments.counting import counting
from duologue.files import locked, write_json
from duologue.models.generation.options import DecodingOptions

_REPLIES, _STRENGTHS, _LEDGER = "replies.jsonl", "strengths.json", "ledger"


def steering_vectors(
    vectors: Path,
    *,
    data: str,
    classifier: str,
    out: Path,
    model: str = "tiny",
    format: str = "duologue",
    strengths: tuple[float, ...] = (0.0, 1.0, 2.0, 4.0),
    limit: Annotated[int, Parameter(validator=validators.Number(gte=1))] = 20,
    decoding: Annotated[DecodingOptions | None, Parameter(name="*")] = None,
    device: str | None = None,
    dtype: str | None = None,
    seed: int = 0,
    json: Path | None = None,
) -> int:
    """Steering vectors at several strengths: is the strategy followed, and is the reply still fluent?

    Run the same command again to resume.

    Histories are of conversations that the vectors were not fitted on; nothing but the vector tells the model what is
    wanted. Perplexity is that of the replies under the model without steering.

    Parameters
    ----------
    vectors
        Written by `duologue train steering`.
    data
        The data that they were fitted on.
    classifier
        Folder of `duologue train classifier`.
    out
        Folder for `strengths.json`, every reply (`replies.jsonl`) and the ledger of the model's answers.
    model
        The model that they were fitted on: `tiny` or `hf:PATH[+ADAPTER]`.
    format
        The format of the data.
    strengths
        By which the vectors are multiplied; 0 is the model as it is.
    limit
        Most histories; each is answered once for each strategy and strength.
    device
        Device of the model, e.g. cpu or cuda:0.
    dtype
        Its data type: float32, bfloat16, float16 or float64.
    seed
        Of the choice of histories, of sampling and of the bootstrap.
    json
        Write the table here as well.
    """
    from duologue.experiments.steering_sweep import held_out_histories, sweep_strengths
    from duologue.models.in_process import open_in_process
    from duologue.models.steering_vectors import read_vectors
    from duologue.models.text_classifier import TextClassifier

    fitted = read_vectors(vectors)
    read = read_replies([data], format)
    histories = held_out_histories(read.replies, fitted, limit=limit, seed=seed)
    judge = TextClassifier.load(classifier)
    opened = open_in_process(model, device=device, dtype=dtype)
    with locked(out), counting(sys.stderr, "replies written") as advance:
        swept = asyncio.run(
            sweep_strengths(
                histories,
                fitted,
                opened,
                judge,
                out / _LEDGER,
                strengths=strengths,
                decoding=decoding or DecodingOptions(),
                seed=seed,
                on_reply=advance,
            )
        )
        table = {"model": model, "classifier": judge.fingerprint, "layer": fitted.layer, "rows": swept.rows}
        write_rows(out / _REPLIES, swept.replies)
        for place in {out / _STRENGTHS, json or out / _STRENGTHS}:
            write_json(place, table)
    show_strengths(swept.rows)
    print(swept.receipt)
    return read.status()
