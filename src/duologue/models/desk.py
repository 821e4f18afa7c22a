"""The desk where operators ask: it knows which model plays which role, and that no question is asked twice.

    async with ModelDesk({"user": model}, ledger=Ledger(out / "ledger")) as desk:
        reply = await desk.complete("user", request)
    desk.receipt.write(out / "receipt.json")

A request is answered from the ledger where it can be; joins an equal one in flight; else it is asked within
the budget and committed before anyone sees the reply. On the way out (also by Ctrl-C) the questions still
in flight are dropped, and all that was committed stays.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from msgspec.structs import replace

from duologue.errors import DuologueError, InputError
from duologue.models.acceptance import refuse_cut
from duologue.models.budget import Budget
from duologue.models.failure import ModelFailure
from duologue.models.ledger import Ledger
from duologue.models.receipt import Receipt
from duologue.models.request import Heard, Model, Reply, Request, Speaking, request_key


class ModelDesk:
    """Role -> model, behind one ledger, one budget and one receipt.

    Attributes:
        models: The models by role.
        receipt: What has been asked and spent so far.
    """

    def __init__(
        self,
        models: Mapping[str, Model],
        *,
        ledger: Ledger | None = None,
        budget: Budget | None = None,
        receipt: Receipt | None = None,
    ) -> None:
        """Set up the desk; it closes its models and its ledger when it is left.

        Args:
            models: The models by role; one model may play several.
            ledger: Where replies are kept; None keeps none (policies in training log their own rollouts).
            budget: What may be asked and spent.
            receipt: Counts go on from this one.
        """
        self.models: dict[str, Model] = {}
        self.receipt = receipt or Receipt()
        self._ledger = ledger
        self._budget = budget or Budget()
        self._in_flight: dict[str, asyncio.Future[Reply]] = {}
        self._asking: set[asyncio.Task[Any]] = set()
        for role, model in models.items():
            self.add(role, model)

    async def __aenter__(self) -> ModelDesk:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def add(self, role: str, model: Model) -> None:
        """Have a model play a role.

        Raises:
            InputError: the budget has no price for it.
        """
        self._budget.require_price(model.name)
        if self._ledger is not None:
            self._ledger.describe(role, model.name, model.fingerprint)
        self.models[role] = model

    async def complete(self, role: str, request: Request, heard: Heard | None = None) -> Reply:
        """Answer a request in a role.

        Args:
            role: whose model is asked.
            request: what it is asked.
            heard: told the answer while it comes; at once, where it is there already or the model cannot be heard.

        Raises:
            ModelFailure: There is no usable answer; stop the run where it is `fatal`.
            LedgerError: The reply could not be kept: stop the run.
            InputError: No model plays this role.
        """
        model = self.models.get(role)
        if model is None:
            raise InputError(
                f"no model plays the role {role!r} (there is {', '.join(self.models) or 'none'})",
                where="models",
                mend=f"give --model {role}=SPEC",
            )
        key = request_key(model.fingerprint, request)
        self.receipt.count_request(role, again=request.draw > 0)
        try:
            reply = self._ledger.get(key) if self._ledger is not None else None
            if reply is not None:
                self.receipt.count_kept(role, reply.usage)
            else:
                reply = await self._join(role, model, key, request, heard)
            if heard is not None:
                heard(reply.text)
            return refuse_cut(reply, request, model.name)
        except ModelFailure as failure:
            self.receipt.count_failure(failure)
            raise

    async def close(self) -> None:
        """Drop what is still in flight; close the models and the ledger."""
        asking = {task for task in self._asking if task is not asyncio.current_task()}
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        for model in {id(model): model for model in self.models.values()}.values():
            await model.close()
        if self._ledger is not None:
            self._ledger.close()

    async def _join(self, role: str, model: Model, key: str, request: Request, heard: Heard | None) -> Reply:
        """Ask, or wait for the equal request that is in flight; take over from an asker who gives up."""
        while (asked := self._in_flight.get(key)) is not None:
            await asyncio.wait([asked])
            if not asked.cancelled():
                self.receipt.shared[role] += 1
                return asked.result()
        outcome: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._in_flight[key] = outcome
        asker = asyncio.current_task()
        assert asker is not None
        self._asking.add(asker)
        try:
            reply = await self._ask(role, model, key, request, heard)
        except DuologueError as error:
            outcome.set_exception(error)
            outcome.exception()  # seen, even if nobody waits for it
            raise
        except BaseException:
            outcome.cancel()
            raise
        else:
            outcome.set_result(reply)
            return reply
        finally:
            del self._in_flight[key]
            self._asking.discard(asker)

    async def _ask(self, role: str, model: Model, key: str, request: Request, heard: Heard | None) -> Reply:
        if self._ledger is not None:
            self._ledger.check()
        self._budget.take_request()
        self.receipt.asked[role] += 1
        if heard is not None and isinstance(model, Speaking) and not self._budget.needs_usage:
            reply = await model.stream(request, heard)
        else:
            reply = await model.complete(request)
        self.receipt.count_reply(reply.usage, self._budget.spend(model.name, reply.usage))
        if self._ledger is not None:
            await self._ledger.record(key, model.fingerprint, request, reply)
        return replace(reply, key=key, from_ledger=False)


def stops_the_run(error: DuologueError) -> bool:
    """Whether an error concerns every item rather than this one."""
    return not isinstance(error, ModelFailure) or error.fatal
