"""Support strategies, read from YAML: what a supporter can set out to do with one reply.

ESCONV["Question"].description
mine = read_strategies("my_strategies.yaml")
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


def read_strategies(path: str | Path | Traversable, collection: str | None = None) -> Strategies:
    """Read strategies: a YAML list of `{name, description, examples}`, or several such lists by name.

    Args:
        path: the file.
        collection: which list, where the file has several.

    Returns:
        name -> strategy, in the file's order.

    Raises:
        InputError: no such file, no such list, or something in it that cannot be used; says which field.
    """
    file = Path(path) if isinstance(path, str) else path
    try:
        raw = msgspec.yaml.decode(file.read_bytes(), type=list[Strategy] | dict[str, list[Strategy]])
    except OSError as error:
        raise InputError(error.strerror or "cannot be read", where=str(path), mend="check the path") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        mend = "give every strategy a name, a description and a list of examples"
        raise InputError(str(error), where=str(path), mend=mend) from None
    return _by_name(_chosen(raw, str(path), collection), str(path))


def _chosen(raw: list[Strategy] | dict[str, list[Strategy]], path: str, collection: str | None) -> list[Strategy]:
    if isinstance(raw, list):
        raw = {collection or "": raw}
    name = next(iter(raw)) if collection is None and len(raw) == 1 else collection
    if name is None or name not in raw:
        what = "holds several lists of strategies" if name is None else f"holds no list '{name}'"
        raise InputError(what, where=path, mend=f"name one of {', '.join(raw)}")
    return raw[name]


def _by_name(strategies: list[Strategy], path: str) -> Strategies:
    found: dict[str, Strategy] = {}
    for strategy in strategies:
        if strategy.name in found:
            raise InputError(f"two strategies are called '{strategy.name}'", where=path, mend="rename one of them")
        found[strategy.name] = strategy
    if not found:
        raise InputError("holds no strategies", where=path, mend="give at least one")
    return MappingProxyType(found)


_SHIPPED = files("duologue.corpora.strategies").joinpath("strategies.yaml")
ESCONV: Strategies = read_strategies(_SHIPPED, "esconv")
"""ESConv's eight strategies."""
EXTENDED: Strategies = read_strategies(_SHIPPED, "extended")
"""The fifteen strategies of the published steering experiments."""
BY_COLLECTION: Mapping[str, Strategies] = MappingProxyType({"extended": EXTENDED, "esconv": ESCONV})
"""The shipped strategies by the name of their collection, as options have it."""
