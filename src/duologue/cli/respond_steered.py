"""`duologue respond steered SRC --model SPEC --out FILE`: a model answers a supporter's turns by a strategy.

duologue respond steered ESConv.json --format esconv --collection esconv --out gold.jsonl
duologue respond steered ESConv.json --format esconv --strategy "Offer Hope" --layout c1_hf --out hope.jsonl
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from duologue.cli.answers import Asked, answer_corpus
from duologue.cli.model_flags import ModelFlags
from duologue.models.generation.options import DecodingOptions
from duologue.systems.steered import SteeredOptions, respond_with


def steered(
    source: str,
    *,
    out: Path,
    format: str = "duologue",
    limit: int | None = None,
    json: Path | None = None,
    options: Annotated[SteeredOptions | None, Parameter(name="*")] = None,
    decoding: Annotated[DecodingOptions | None, Parameter(name="*")] = None,
    models: ModelFlags | None = None,
) -> int:
    """A model that is told a strategy at each of the supporter's turns. Run the same command again to resume.

    Parameters
    ----------
    source
        The conversations to answer.
    out
        Predictions, JSONL; the ledger of replies stands beside it.
    format
        Format of the conversations, e.g. `esconv`.
    limit
        Answer only the first so many conversations.
    json
        Write the summary here as well; it is always beside the predictions, as `OUT.summary.json`.
    """
    chosen, told = decoding or DecodingOptions(), options or SteeredOptions()
    return answer_corpus(
        Asked(source, format, limit, out, json),
        models or ModelFlags(),
        lambda model, dialogues, complete: respond_with(model, told, dialogues, complete, chosen),
        system="steered",
        options=told,
        decoding=chosen,
    )
