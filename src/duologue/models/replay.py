"""`replay:RUN`: a model that answers only from the ledgers of an earlier run.

Nothing is asked of anyone: an offline rerun gives the same replies under the same keys, byte for byte, and
says exactly which request the earlier run never made.

    duologue synthesize interference val.json --format multiwoz21 --model replay:runs/val --out runs/again
"""

from __future__ import annotations

from pathlib import Path

from duologue.errors import InputError
from duologue.models.failure import ModelFailure
from duologue.models.ledger_reader import LedgerReader
from duologue.models.request import Reply, Request, request_key

_SHOWN = 60


class Replay:
    """The replies of one model in a run folder; it has that model's fingerprint, so keys stay the same."""

    def __init__(self, run: Path, *, role: str | None = None) -> None:
        """Open a run's ledgers.

        Args:
            run: The run folder; every `ledger-*.sqlite` below it is read.
            role: Whose replies to give where several models took part.

        Raises:
            InputError: There is no ledger, or it is not clear which of several models is meant.
        """
        self.name = f"replay:{run}"
        self._ledgers = LedgerReader(run)
        models = self._ledgers.models()
        if not models:
            raise InputError("no ledger of replies below this folder", where=str(run), mend="name the folder of a run")
        meant = {model.fingerprint for model in models if model.role == role}
        meant = meant or {model.fingerprint for model in models}
        if len(meant) > 1:
            roles = ", ".join(f"{model.role}={model.name}" for model in models)
            raise InputError(
                f"several models took part ({roles}), and none or more than one as {role!r}",
                where=str(run),
                mend="give the model per role, as --model ROLE=replay:RUN",
            )
        self.fingerprint = meant.pop()

    async def complete(self, request: Request) -> Reply:
        """Return the reply that the run received.

        Raises:
            ModelFailure: The run never made this request (not_in_ledger).
        """
        key = request_key(self.fingerprint, request)
        reply = self._ledgers.get(key)
        if reply is None:
            last = request.prompt if isinstance(request.prompt, str) else request.prompt[-1].content
            shown = last if len(last) <= _SHOWN else f"…{last[-_SHOWN:]}"
            raise ModelFailure("not_in_ledger", f"request {key} was never made: {shown!r}", where=self.name)
        return reply

    async def ready(self) -> int:
        """Return 1: replies are read one by one; there is nothing to load."""
        return 1

    async def close(self) -> None:
        """Close the ledgers."""
        self._ledgers.close()
