"""Support strategies, read from YAML: what a supporter can set out to do with one reply.

ESCONV["Question"].description
mine = read_strategies("strategies.yaml")["esconv"]
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType

import msgspec

from duologue.errors import InputError

UNCONDITIONAL = "unconditional"
"""The label of a reply that was asked for without a strategy."""


class Strategy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A strategy: its published name, what it means, and utterances that follow it."""

    name: str
    description: str
    examples: tuple[str, ...]


Strategies = Mapping[str, Strategy]
"""name -> strategy, in the order of menus and draws."""


def read_strategies(path: str | Path | Traversable) -> dict[str, Strategies]:
    """Read collections of strategies: `{collection: [{name, description, examples}, …]}`.

    Args:
        path: a YAML file.

    Returns:
        collection -> name -> strategy, in the file's order.

    Raises:
        InputError: no such file, or one that cannot be used; says which field.
    """
    file = Path(path) if isinstance(path, str) else path
    try:
        raw = msgspec.yaml.decode(file.read_bytes(), type=dict[str, list[Strategy]])
    except OSError as error:
        raise InputError(error.strerror or "cannot be read", where=str(path), mend="check the path") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        mend = "give each collection a list of name, description and examples"
        raise InputError(str(error), where=str(path), mend=mend) from None
    return {collection: _by_name(strategies, f"{path}, {collection}") for collection, strategies in raw.items()}


def _by_name(strategies: list[Strategy], where: str) -> Strategies:
    found: dict[str, Strategy] = {}
    for strategy in strategies:
        if strategy.name in found:
            raise InputError(f"two strategies are called '{strategy.name}'", where=where, mend="rename one of them")
        found[strategy.name] = strategy
    return MappingProxyType(found)


_SHIPPED = read_strategies(files("duologue.corpora.strategies").joinpath("strategies.yaml"))
ESCONV: Strategies = _SHIPPED["esconv"]
"""ESConv's eight strategies."""
EXTENDED: Strategies = _SHIPPED["extended"]
"""The fifteen strategies of the published steering experiments."""
