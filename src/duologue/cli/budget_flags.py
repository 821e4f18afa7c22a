"""The options by which a command limits what models may be asked, and says what they cost.

def command(source: Path, budget: BudgetFlags = BudgetFlags()): ...
Budget of the run: budget.open()
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from duologue.errors import InputError
from duologue.models.budget import Budget, Price


@Parameter(name="*")
@dataclass(frozen=True)
class BudgetFlags:
    """What may be asked and spent."""

    max_requests: int | None = None
    """Stop, resumable, after this many requests."""
    max_tokens: int | None = None
    """Stop, resumable, when this many tokens were read and written."""
    max_cost: float | None = None
    """Stop, resumable, when this much money was spent; needs --price."""
    price: Annotated[list[str], Parameter(negative=())] = field(default_factory=list)
    """MODEL=PROMPT/COMPLETION in money per million tokens, e.g. openai:gpt-4o-mini=0.15/0.60; repeatable."""
    prices: Path | None = None
    """A table of prices in YAML, a line `MODEL: PROMPT/COMPLETION` each."""

    def table(self) -> dict[str, Price]:
        """Model -> price; what --price says counts before the table.

        Raises:
            InputError: a price or the table cannot be read.
        """
        found = {} if self.prices is None else _table(self.prices)
        for text in self.price:
            model, equals, pair = text.rpartition("=")
            if not equals:
                raise InputError(f"expected MODEL=PROMPT/COMPLETION, found {text!r}", where="--price")
            found[model] = Price.parse(pair)
        return found

    def open(self) -> Budget:
        """The budget of a run."""
        return Budget(
            max_requests=self.max_requests, max_tokens=self.max_tokens, max_cost=self.max_cost, prices=self.table()
        )


def _table(path: Path) -> dict[str, Price]:
    import yaml

    mend = "write a line a model, e.g. openai:gpt-4o-mini: 0.15/0.60"
    try:
        rows = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        told = error.strerror if isinstance(error, OSError) else "no YAML"
        raise InputError(f"the prices cannot be read ({told})", where=str(path), mend=mend) from None
    if not isinstance(rows, dict):
        raise InputError("no table of prices", where=str(path), mend=mend)
    found = {}
    for model, pair in rows.items():
        try:
            found[str(model)] = Price.parse(str(pair))
        except InputError as error:
            raise InputError(error.what, where=f"{path}, {model}", mend=error.mend) from None
    return found
