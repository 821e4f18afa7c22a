"""The speed card of an inference: how fast a desk's model answered, and the largest batch and longest reply.

card = answering_card(desk.models["system"], desk.receipt, seconds)
"""

from __future__ import annotations

from duologue.models.local import LocalModel
from duologue.models.receipt import Receipt
from duologue.models.request import Model
from duologue.models.speed_card import SpeedCard, machine


def answering_card(model: Model, receipt: Receipt, seconds: float) -> SpeedCard:
    """What a model took to answer; replies that an earlier run had asked for are no work and count for nothing.

    Args:
        model: which answered; of a server nothing is known but its pace.
        receipt: of the requests.
        seconds: from the first request to the last reply, the loading of the model left out.
    """
    asked = receipt.asked.total()
    pace = 1 / seconds if asked and seconds > 0 else None
    local = model if isinstance(model, LocalModel) else None
    device, cuda, memory = machine(local.loaded.model) if local is not None else (None, None, None)
    return SpeedCard(
        "inference",
        iterations_per_second=None if pace is None else asked * pace,
        tokens_per_second=None if pace is None else (receipt.prompt_tokens + receipt.completion_tokens) * pace,
        useful_tokens_per_second=None if pace is None else receipt.completion_tokens * pace,
        device=device,
        cuda=cuda,
        memory_mb=memory,
        largest_batch=local.largest_batch or None if local is not None else None,
        longest_reply=receipt.longest_reply or None,
    )
