"""Support strategies: ESConv's eight and the fifteen of the published steering experiments."""

from duologue.corpora.strategies.strategy import (
    BY_COLLECTION,
    ESCONV,
    EXTENDED,
    UNCONDITIONAL,
    Strategies,
    Strategy,
    read_strategies,
)

__all__ = ["BY_COLLECTION", "ESCONV", "EXTENDED", "UNCONDITIONAL", "Strategies", "Strategy", "read_strategies"]
