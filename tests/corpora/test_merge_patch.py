from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duologue.corpora.merge_patch import patch_between, patched

JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(0, 2), st.sampled_from(["", "a", "="])),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.sampled_from(["a", "b", "="]), inner)),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.sampled_from(["a", "b", "c", "="]), JSON)


@settings(max_examples=500, deadline=None)
@given(OBJECTS, OBJECTS)
def test_a_patch_leads_from_one_object_to_the_other(old: dict[str, Any], new: dict[str, Any]) -> None:
    patch = msgspec.json.decode(msgspec.json.encode(patch_between(old, new)))
    assert msgspec.json.encode(patched(old, patch), order="sorted") == msgspec.json.encode(new, order="sorted")


@pytest.mark.parametrize(("old", "new"), [([False], [0]), ([1.0], [1]), ({"b": [True]}, {"b": [1]})])
def test_what_python_calls_equal_but_json_does_not_is_a_difference(old: Any, new: Any) -> None:
    patch = patch_between({"a": old}, {"a": new})
    assert msgspec.json.encode(patched({"a": old}, patch)) == msgspec.json.encode({"a": new})


@given(OBJECTS)
def test_equal_objects_need_no_patch(value: dict[str, Any]) -> None:
    assert patch_between(value, msgspec.json.decode(msgspec.json.encode(value))) == {}


def test_a_patch_is_small() -> None:
    old = {"hotel": {"semi": {"area": "north", "name": ""}, "book": {"booked": []}}, "bus": {"semi": {}}}
    new = {"hotel": {"semi": {"area": "north", "name": "not mentioned"}, "book": {"booked": []}}}
    assert patch_between(old, new) == {"bus": None, "hotel": {"semi": {"name": "not mentioned"}}}
