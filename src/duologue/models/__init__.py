"""The one door to language models: requests and replies, servers, weights in process, and the ledger.

there = "http://127.0.0.1:8000/v1"
async with open_desk({"user": "openai:llama-3.1-8b"}, base_url=there, ledger=Path("runs/a/ledger")) as desk:
    reply = await desk.complete("user", Request("Once upon a time", max_tokens=40, temperature=0))
"""

from __future__ import annotations

from duologue.models.budget import Budget, Price
from duologue.models.desk import ModelDesk
from duologue.models.failure import ModelFailure
from duologue.models.ledger import Ledger
from duologue.models.ledger_reader import LedgerError, LedgerReader
from duologue.models.opening import open_desk
from duologue.models.receipt import Receipt
from duologue.models.request import Choice, Message, Model, Reply, Request, Usage, request_key
from duologue.models.spec import ModelOptions, open_model

__all__ = [
    "Budget",
    "Choice",
    "Ledger",
    "LedgerError",
    "LedgerReader",
    "Message",
    "Model",
    "ModelDesk",
    "ModelFailure",
    "ModelOptions",
    "Price",
    "Receipt",
    "Reply",
    "Request",
    "Usage",
    "open_desk",
    "open_model",
    "request_key",
]
