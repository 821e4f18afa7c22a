"""The receipt of a whole run: what each stage asked and took, beside what was forecast.

found = receipt_of(kind.stages(recipe), folder)
write_json(folder / RECEIPT, found)
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from duologue.experiments.forecast.forecast import StageForecast, read_forecast
from duologue.experiments.stages import Stage, read_done, standing

RECEIPT = "receipt.json"
FIGURES = ("first", "again", "prompt_tokens", "completion_tokens", "cost", "seconds")
"""What is forecast and counted, in this order."""


class StageReceipt(msgspec.Struct, frozen=True):
    """What one stage asked and took; replies from the ledger count as well.

    Attributes:
        first: requests that asked a question for the first time.
        again: requests that asked one again, because an answer did not pass.
        from_ledger: how many of both an earlier try had asked.
        prompt_tokens, completion_tokens: read and written.
        cost: money; None where replies came from the ledger, whose cost was another try's.
        seconds: None where an earlier try was gone on with.
        forecast: what was forecast for the same stage, where it was.
    """

    first: int
    again: int
    from_ledger: int
    prompt_tokens: int
    completion_tokens: int
    cost: float | None
    seconds: float | None
    forecast: StageForecast | None


class RunReceipt(msgspec.Struct, frozen=True):
    """The receipts of the stages that ask models, by name."""

    stages: dict[str, StageReceipt]


def receipt_of(stages: Sequence[Stage], folder: Path) -> RunReceipt:
    """The receipt of a finished run.

    Raises:
        InputError: the folder's forecast cannot be read.
    """
    told = read_forecast(folder)
    found = {}
    for each in standing(stages, folder):
        done = read_done(folder, each.stage.name)
        requests = done.get("facts", {}).get("requests")
        if each.finished and requests:
            forecast = told.stages.get(each.stage.name) if told else None
            found[each.stage.name] = _receipt(
                requests, done, forecast if forecast and forecast.key == each.key else None
            )
    return RunReceipt(found)


def _receipt(requests: dict[str, Any], done: dict[str, Any], forecast: StageForecast | None) -> StageReceipt:
    kept = requests["from_ledger"]
    return StageReceipt(
        first=requests["first"],
        again=requests["again"],
        from_ledger=kept,
        prompt_tokens=requests["prompt_tokens"] + requests["kept_prompt_tokens"],
        completion_tokens=requests["completion_tokens"] + requests["kept_completion_tokens"],
        cost=None if kept else requests["cost"],
        seconds=None if kept or done["resumed"] else done["seconds"],
        forecast=forecast,
    )
