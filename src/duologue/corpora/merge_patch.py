"""The difference between two JSON objects as a JSON object: how `native` stays small.

A merge patch (RFC 7396): a key of the patch replaces the key of the old object, `null` takes it out, an object goes
deeper. Beyond the RFC, `{"=": value}` replaces as a whole, which also expresses what the RFC cannot (a `null`, or an
object with fewer keys written shorter).

    patch = patch_between(rendered, native)      # {} when they are equal
    patched(rendered, patch) == native
"""

from __future__ import annotations

from typing import Any


def patch_between(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """The patch that turns `old` into `new`; it shares values with `new`."""
    patch: dict[str, Any] = {key: None for key in old if key not in new}
    for key, value in new.items():
        if key not in old:
            patch[key] = _whole(value)
            continue
        before = old[key]
        if _same(before, value):
            continue
        if isinstance(before, dict) and isinstance(value, dict):
            deeper = patch_between(before, value) if value else {"=": value}
            patch[key] = {"=": value} if "=" in deeper else deeper
        else:
            patch[key] = _whole(value)
    return patch


def patched(old: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """`old` with a patch applied; neither is changed."""
    new = dict(old)
    for key, value in patch.items():
        if value is None:
            new.pop(key, None)
        elif not isinstance(value, dict):
            new[key] = value
        elif value.keys() == {"="}:
            new[key] = value["="]
        else:
            before = new.get(key)
            new[key] = patched(before if isinstance(before, dict) else {}, value)
    return new


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON: for Python `0 == False` and `1 == 1.0`, also inside a list."""
    if one is other:
        return True
    if type(one) is not type(other) or one != other:
        return False
    if isinstance(one, list):
        return all(map(_same, one, other))
    if isinstance(one, dict):
        return all(_same(value, other[key]) for key, value in one.items())
    return True


def _whole(value: Any) -> Any:
    """A value as it stands in a patch where there is nothing to merge it with."""
    return {"=": value} if value is None or isinstance(value, dict) else value
