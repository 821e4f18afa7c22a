"""Whatever stands in a file of PACIFIC, Abg-CoQA or Spider is written back equal, by way of our own JSONL."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from duologue.corpora import formats
from duologue.dialogue import Problem, read, write

TEXTS = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8),
    st.sampled_from(["; ", " = ", "5%", "-12.6 million", "a; b", "x = y = 1", "(3)", "$1,2", " ", "The cat?"]),
)
AMOUNTS = st.one_of(st.integers(-9999, 9999), st.floats(-1e6, 1e6).map(lambda value: round(value, 2)))
ANSWERS = st.one_of(st.lists(TEXTS, max_size=3), AMOUNTS, TEXTS, st.none())
EXTRAS = st.dictionaries(st.sampled_from(["uid", "more", "order"]), st.one_of(TEXTS, st.none(), st.just({"a": None})))

QUESTIONS = st.builds(
    lambda record, extras: {**record, **extras},
    st.fixed_dictionaries(
        {"question": TEXTS},
        optional={
            "answer": ANSWERS,
            "derivation": TEXTS,
            "answer_type": st.sampled_from(["span", "multi-span", "arithmetic", "count", "question", "odd"]),
            "scale": st.sampled_from(["", "million", "percent", "thousand"]),
            "req_clari": st.booleans(),
            "original_question": TEXTS,
        },
    ),
    EXTRAS,
)
CONTEXTS = st.fixed_dictionaries(
    {
        "table": st.fixed_dictionaries(
            {"table": st.lists(st.lists(TEXTS, max_size=2), max_size=2)}, optional={"uid": TEXTS}
        ),
        "paragraphs": st.lists(st.fixed_dictionaries({"text": TEXTS}, optional={"uid": TEXTS}), max_size=2),
        "questions": st.lists(QUESTIONS, min_size=1, max_size=3),
    }
)

PAIRS: dict[str, Any] = {"question": TEXTS, "answer": TEXTS}
REPLIES = st.fixed_dictionaries(
    {"clr_ans": TEXTS, "org_ans": TEXTS}, optional={"org_ans_2": TEXTS, "org_ans_3": TEXTS, "more": st.none()}
)
ASKED = st.one_of(
    st.just({}), st.fixed_dictionaries({"question": TEXTS, "answers": st.lists(REPLIES, min_size=1, max_size=2)})
)
ROWS = st.fixed_dictionaries(
    {
        "id": TEXTS.filter(bool),
        "story": TEXTS,
        "target_turn": st.fixed_dictionaries(
            PAIRS, optional={"turn_id": st.integers(0, 99), "span_end": st.integers(0, 9)}
        ),
        "history_turns": st.lists(st.fixed_dictionaries(PAIRS, optional={"rationale": TEXTS}), max_size=2),
    },
    optional={"ambiguity": TEXTS, "clarification_turn": ASKED, "clarification_turn_2": ASKED, "source": TEXTS},
)

EXCHANGES = st.fixed_dictionaries({"question": TEXTS, "answer": TEXTS})
QUERIES = st.fixed_dictionaries(
    {"db_id": TEXTS.filter(lambda name: "/" not in name), "question": TEXTS, "query": TEXTS},
    optional={
        "clarification": st.lists(EXCHANGES, min_size=1, max_size=2),
        "intent": TEXTS,
        "question_toks": st.lists(TEXTS, max_size=2),
        "sql": st.just({"limit": None}),
        "more": st.none(),
    },
)


def written_back(name: str, native: Any) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        source, ours, back = (Path(folder) / file for file in ("in.json", "ours.jsonl", "out.json"))
        source.write_text(json.dumps(native), "utf-8")
        told: list[Problem] = []
        write(ours, formats.read(source, name, on_problem=told.append))
        assert not [problem for problem in told if problem.what.endswith("left out")]
        formats.write(back, read(ours), name)
        return json.loads(back.read_text("utf-8"))


@settings(max_examples=100, deadline=None)
@given(CONTEXTS)
def test_pacific(context: dict[str, Any]) -> None:
    assert written_back("pacific", [context]) == [context]


@settings(max_examples=100, deadline=None)
@given(ROWS, st.sampled_from(["1.0", 2, None]))
def test_abg_coqa(row: dict[str, Any], version: Any) -> None:
    native = {"version": version, "data": [row]}
    assert written_back("abg-coqa", native) == native


@settings(max_examples=100, deadline=None)
@given(QUERIES)
def test_spider(query: dict[str, Any]) -> None:
    assert written_back("spider", [query]) == [query]
