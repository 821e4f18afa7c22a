from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from duologue.corpora.multiwoz.slots import PLACEHOLDERS
from duologue.dialogue import Span
from duologue.views.delexicalise import delexicalise, lexicalise, placeholders

TEXT = "Oak Lodge Inn is in the north, call 01223 123456."


def span(slot: str, value: str, text: str = TEXT) -> Span:
    start = text.index(value)
    return Span(slot, value, start, start + len(value))


def test_spans_are_replaced_in_whatever_order_they_come() -> None:
    spans = [span("phone", "01223 123456"), span("name", "Oak Lodge Inn"), span("area", "north")]
    assert delexicalise(TEXT, spans) == "[name] is in the [area], call [phone]."
    assert delexicalise(TEXT, reversed(spans)) == "[name] is in the [area], call [phone]."


def test_of_overlapping_spans_the_earliest_then_the_longest_wins() -> None:
    spans = [span("type", "Inn"), span("name", "Oak Lodge"), span("name", "Oak Lodge Inn"), span("name", "Lodge Inn")]
    assert delexicalise(TEXT, spans) == "[name] is in the north, call 01223 123456."


def test_dontcare_repeats_and_what_lies_outside_are_skipped() -> None:
    spans = [Span("area", "dontcare", 0, 3), Span("area", "x", 40, 400), span("area", "north"), span("area", "north")]
    assert delexicalise(TEXT, spans) == "Oak Lodge Inn is in the [area], call 01223 123456."


def test_whitespace_is_collapsed() -> None:
    assert delexicalise("  It \n is\tXK ", [Span("ref", "XK", 10, 12)]) == "It is [ref]"


@given(st.lists(st.tuples(st.sampled_from(PLACEHOLDERS), st.sampled_from(["oak", "12", "north side"])), max_size=6))
def test_filling_the_placeholders_gives_the_text_back(items: list[tuple[str, str]]) -> None:
    text, spans = "So", []
    for slot, value in items:
        spans.append(Span(slot, value, len(text) + 1, len(text) + 1 + len(value)))
        text += f" {value}"
    delexicalised = delexicalise(text, spans)
    assert placeholders(delexicalised) == [slot for slot, _ in items]
    assert lexicalise(delexicalised, [value for _, value in items]) == text


def test_what_cannot_be_filled_stays() -> None:
    assert lexicalise("[name] and [phone]", [None, "123"]) == "[name] and 123"
