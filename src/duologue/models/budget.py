"""A limit on what a run may ask and spend; it stops the run cleanly, and the next one goes on from there.

    budget = Budget(max_requests=1000, max_cost=2.5, prices={"openai:gpt-4o-mini": Price(0.15, 0.60)})

Replies from the ledger cost nothing. What is spent is known when a reply comes back, so tokens and money
may be exceeded by the requests that are then in flight; the number of requests never is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from duologue.errors import InputError
from duologue.models.failure import ModelFailure
from duologue.models.request import Usage


class Price(NamedTuple):
    """What a model costs, in money per million tokens."""

    prompt: float
    completion: float

    def of(self, usage: Usage) -> float:
        """The money that this many tokens cost."""
        return (usage.prompt_tokens * self.prompt + usage.completion_tokens * self.completion) / 1e6

    @classmethod
    def parse(cls, text: str) -> Price:
        """Read `PROMPT/COMPLETION`, such as `0.15/0.60`.

        Raises:
            InputError: It is no such pair.
        """
        prompt, slash, completion = text.partition("/")
        try:
            price = cls(float(prompt), float(completion if slash else prompt))
        except ValueError:
            price = cls(-1, -1)
        if min(price) < 0:
            raise InputError(
                f"expected money per million tokens as PROMPT/COMPLETION, found {text!r}",
                where="price",
                mend="give it as 0.15/0.60",
            )
        return price


class Budget:
    """What may be asked, in total over all roles; None is no limit."""

    def __init__(
        self,
        *,
        max_requests: int | None = None,
        max_tokens: int | None = None,
        max_cost: float | None = None,
        prices: Mapping[str, Price] | None = None,
    ) -> None:
        self.max_requests = max_requests
        self.max_tokens = max_tokens
        self.max_cost = max_cost
        self.prices = dict(prices or {})
        self.requests = 0
        self.tokens = 0
        self.cost = 0.0

    @property
    def needs_usage(self) -> bool:
        """Whether it can be kept only where models say how many tokens they used."""
        return self.max_tokens is not None or self.max_cost is not None

    def require_price(self, model: str) -> None:
        """Check before the run that a money limit can be kept.

        Raises:
            InputError: There is a money limit, and no price for this model.
        """
        if self.max_cost is not None and model not in self.prices and model.startswith("openai:"):
            raise InputError(
                f"--max-cost needs the price of {model}",
                where="budget",
                mend=f"give --price {model}=PROMPT/COMPLETION",
            )

    def take_request(self) -> None:
        """Count a request that is about to be asked.

        Raises:
            ModelFailure: The budget is spent (budget).
        """
        for spent, most, unit in (
            (self.requests, self.max_requests, "requests"),
            (self.tokens, self.max_tokens, "tokens"),
            (self.cost, self.max_cost, "of money"),
        ):
            if most is not None and spent >= most:
                raise ModelFailure("budget", f"the budget of {most:g} {unit} is spent", where="budget")
        self.requests += 1

    def spend(self, model: str, usage: Usage) -> float:
        """Count what a reply used; return its cost."""
        self.tokens += usage.prompt_tokens + usage.completion_tokens
        price = self.prices.get(model)
        cost = price.of(usage) if price else 0.0
        self.cost += cost
        return cost
