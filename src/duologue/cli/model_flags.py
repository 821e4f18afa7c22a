"""The options by which a command names its models and limits what they may be asked.

def command(source: Path, models: ModelFlags = ModelFlags()): ...
async with models.open_desk(("user", "system"), out / "ledger") as desk: ...
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from duologue.cli.budget_flags import BudgetFlags
from duologue.errors import InputError
from duologue.models.desk import ModelDesk
from duologue.models.opening import open_desk
from duologue.models.spec import ModelOptions

_BATCH, _IN_PROCESS = 20_000, 64  # items at work at once
_ALL = 1 << 20  # more requests than ever wait


@Parameter(name="*")
@dataclass(frozen=True)
class ModelFlags(BudgetFlags):
    """Which models answer, how they are reached, and what may be spent."""

    model: Annotated[list[str], Parameter(negative=())] = field(default_factory=lambda: ["tiny"])
    """SPEC (tiny, openai:NAME, hf:PATH[+ADAPTER], replay:RUN), or ROLE=SPEC, repeated, for several models."""
    base_url: str | None = None
    """Root of an OpenAI-compatible server (default: OPENAI_BASE_URL)."""
    concurrency: int = 32
    """Most requests in flight at a server."""
    timeout: float = 180.0
    """Seconds for one try at a server."""
    batch: Annotated[bool, Parameter(negative=())] = False
    """Ask through the server's batch endpoint."""
    device: str | None = None
    """Device of a model in process, e.g. cpu or cuda:0."""
    dtype: str | None = None
    """Data type of a model in process: float32, bfloat16, float16 or float64."""
    load_in: int | None = None
    """4 or 8 bits per weight of a model in process."""
    find_batch_size: Annotated[bool, Parameter(negative=())] = False
    """Let a model in process answer as many requests together as its memory holds, rather than what is fastest."""
    steer: str | None = None
    """FILE:STRATEGY, a vector of `duologue train steering` that is added to a model in process as it answers."""
    strength: float = 1.0
    """By which that vector is multiplied; 0 leaves the model as it is."""

    @property
    def at_work(self) -> int:
        """How many items keep these models busy: a batch endpoint takes all there are."""
        if self.batch:
            return _BATCH
        served = all(spec.rpartition("=")[2].startswith("openai:") for spec in self.model)
        return 2 * self.concurrency if served else _IN_PROCESS

    def open_desk(
        self, roles: Sequence[str], ledger_folder: Path | None, *, needed: Sequence[str] | None = None
    ) -> ModelDesk:
        """Open the models that play these roles, each spec once, behind one ledger.

        Args:
            roles: those that there are.
            ledger_folder: where replies are kept; None keeps none.
            needed: those that are asked, where these are not all.

        Raises:
            InputError: a spec or a role is not known, or a role has no model.
        """
        return open_desk(self.specs(roles, needed=needed), self.options(), ledger=ledger_folder, budget=self.open())

    def options(self) -> ModelOptions:
        """How the models are reached or loaded."""
        return ModelOptions(
            base_url=self.base_url,
            concurrency=self.concurrency,
            timeout=self.timeout,
            batch=self.batch,
            device=self.device,
            dtype=self.dtype,
            load_in=self.load_in,
            max_batch=_ALL if self.find_batch_size else None,
            steer=self.steer,
            strength=self.strength,
        )

    def specs(self, roles: Sequence[str], *, needed: Sequence[str] | None = None) -> dict[str, str]:
        """The spec of each role that is needed (mostly all): its own, or the one that names no role.

        Raises:
            InputError: a role is not known, is named twice, or has no model.
        """
        own: dict[str, str] = {}
        for text in self.model:
            head, equals, tail = text.partition("=")
            role, spec = (head, tail) if equals and ":" not in head and "/" not in head else ("", text)
            if role and role not in roles:
                raise InputError(
                    f"there is no role {role!r}", where="--model", mend=f"the roles are {', '.join(roles)}"
                )
            if own.setdefault(role, spec) != spec:
                raise InputError(f"two models for {role or 'every role'}", where="--model", mend="name one")
        needed = roles if needed is None else needed
        for role in needed:
            if role not in own and "" not in own:
                raise InputError(f"no model plays the role {role!r}", where="--model", mend=f"add --model {role}=SPEC")
        return {role: own.get(role, own.get("", "")) for role in needed}
