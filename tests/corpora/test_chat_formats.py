"""Chat formats: what is read is written back equal; converting keeps roles, instruction and tool calls."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duologue.corpora.chat_formats import messages, openai_finetuning, sharegpt, vertex
from duologue.dialogue import Branch, Dialogue, Insertion, Turn, check
from duologue.errors import InputError

READERS = {"messages": messages, "openai": openai_finetuning, "sharegpt": sharegpt, "vertex": vertex}

TOOL_CALL = {
    "id": "c1",
    "type": "function",
    "function": {"name": "find_hotel", "arguments": '{"area": "north", "stars": 4}'},
}
MESSAGES: list[dict[str, Any]] = [
    {"messages": [{"role": "user", "content": "Rain again?"}, {"role": "assistant", "content": "Till noon."}]},
    {
        "id": 17,
        "source": "desk",
        "messages": [
            {"role": "system", "content": "You run a desk."},
            {"role": "user", "content": "A room up north?", "name": "guest"},
            {"role": "assistant", "content": None, "tool_calls": [TOOL_CALL]},
            {"role": "tool", "tool_call_id": "c1", "content": '{"name": "Heath House"}'},
            {"role": "system", "content": "The desk closes soon."},
            {"role": "assistant", "content": "Heath House has one.", "weight": 1, "note": {"by": "x"}},
        ],
        "tools": [{"type": "function", "function": {"name": "find_hotel", "parameters": {"type": "object"}}}],
        "parallel_tool_calls": False,
    },
    {
        "messages": [
            {"role": "developer", "content": "Be brief."},
            {
                "role": "user",
                "content": [{"type": "text", "text": "And this?"}, {"type": "image_url", "image_url": {}}],
            },
            {"role": "assistant", "tool_calls": [TOOL_CALL]},
            {"role": "function", "name": "find_hotel", "content": "none"},
        ]
    },
]
SHAREGPT: list[dict[str, Any]] = [
    {"id": "a_0", "conversations": [{"from": "human", "value": "Hi."}, {"from": "gpt", "value": "Hello!"}]},
    {
        "conversations": [
            {"from": "system", "value": "Be kind."},
            {"from": "user", "value": "Hm."},
            {"from": "chatgpt", "value": "Tell me.", "markdown": None},
            {"from": "system", "value": "Session resumed."},
            {"from": "human", "value": "Later."},
        ]
    },
    {
        "system": "You can look things up.",
        "tools": '[{"name": "find_hotel"}]',
        "conversations": [
            {"from": "human", "value": "A room?"},
            {"from": "function_call", "value": '{"name": "find_hotel", "arguments": {"area": "north"}}'},
            {"from": "observation", "value": "Heath House"},
            {"from": "function_call", "value": "look it up somehow"},
            {"from": "gpt", "value": "Heath House."},
        ],
    },
]
VERTEX: list[dict[str, Any]] = [
    {
        "systemInstruction": {"role": "system", "parts": [{"text": "You sell bread."}]},
        "contents": [
            {"role": "user", "parts": [{"text": "Rye?"}]},
            {"role": "model", "parts": [{"text": "Two left."}]},
        ],
    },
    {
        "systemInstruction": {"parts": [{"text": "Short."}, {"text": "Kind."}]},
        "tools": [{"functionDeclarations": [{"name": "stock"}]}],
        "contents": [
            {"parts": [{"text": "What is this?"}, {"fileData": {"mimeType": "image/png", "fileUri": "gs://b/x.png"}}]},
            {"role": "model", "parts": [{"functionCall": {"name": "stock", "args": {"of": "rye"}}}]},
            {"role": "user", "parts": [{"functionResponse": {"name": "stock", "response": {"left": 2}}}]},
            {"role": "model", "parts": [{"text": "Rye."}]},
        ],
    },
    {
        "messages": [
            {"role": "system", "content": "[context]\nRevenue by year"},
            {"role": "user", "content": "How much?", "requires_clarification": True},
            {"role": "model", "content": "In which year?"},
        ]
    },
    {
        "context": "You are a gardener.",
        "examples": [{"input": {"content": "x"}, "output": {"content": "y"}}],
        "messages": [
            {"author": "Ada", "content": "When do I sow peas?"},
            {"author": "Finn", "content": "In March.", "citationMetadata": {}},
        ],
    },
    {"input_text": "Capital of the county?", "output_text": "Appleby.", "split": "a"},
]


def _lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def _parsed(path: Path) -> list[Any]:
    text = path.read_text(encoding="utf-8")
    return json.loads(text) if path.suffix == ".json" else [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize(
    ("name", "rows"), [("messages", MESSAGES), ("openai", MESSAGES), ("sharegpt", SHAREGPT), ("vertex", VERTEX)]
)
def test_read_then_write_is_equal(tmp_path: Path, name: str, rows: list[dict[str, Any]]) -> None:
    corpus = READERS[name]
    source = _lines(tmp_path / "in.jsonl", rows)
    assert corpus.write(tmp_path / "out.jsonl", corpus.read(source)) == len(rows)
    assert _parsed(tmp_path / "out.jsonl") == rows
    corpus.write(tmp_path / "array.json", corpus.read(source))
    assert _parsed(tmp_path / "array.json") == rows
    assert [d.turns for d in corpus.read(tmp_path / "array.json")] == [d.turns for d in corpus.read(source)]


@pytest.mark.parametrize(("name", "rows"), [("messages", MESSAGES), ("sharegpt", SHAREGPT), ("vertex", VERTEX)])
def test_nothing_is_wrong_with_them(tmp_path: Path, name: str, rows: list[dict[str, Any]]) -> None:
    for dialogue in READERS[name].read(_lines(tmp_path / "in.jsonl", rows)):
        assert list(check(dialogue)) == []


def test_the_system_message_is_the_instruction_and_tools_are_turns(tmp_path: Path) -> None:
    dialogue = list(messages.read(_lines(tmp_path / "in.jsonl", MESSAGES)))[1]
    assert dialogue.id == "17"
    assert dialogue.instruction == "You run a desk."
    assert [turn.speaker for turn in dialogue.turns] == ["user", "system", "tool", "system"]
    assert dialogue.turns[1].labels == {"tool_calls": ["find_hotel"]}


def test_ids_come_from_file_and_line_where_the_row_has_none(tmp_path: Path) -> None:
    assert [d.id for d in messages.read(_lines(tmp_path / "train.jsonl", MESSAGES))] == [
        "train-000001",
        "17",
        "train-000003",
    ]


@pytest.mark.parametrize("name", ["messages", "openai", "sharegpt", "vertex"])
def test_a_tool_call_survives_a_conversion(tmp_path: Path, name: str) -> None:
    there, back = tmp_path / "there.jsonl", tmp_path / "back.jsonl"
    READERS[name].write(there, messages.read(_lines(tmp_path / "in.jsonl", MESSAGES[1:2])))
    messages.write(back, READERS[name].read(there))
    (row,) = _parsed(back)
    call = next(m for m in row["messages"] if m.get("tool_calls"))["tool_calls"][0]["function"]
    assert call["name"] == "find_hotel"
    assert json.loads(call["arguments"]) == {"area": "north", "stars": 4}
    assert [m["role"] for m in row["messages"] if m["role"] != "system"] == ["user", "assistant", "tool", "assistant"]
    assert row["tools"] == MESSAGES[1]["tools"]


def test_gemini_gets_function_calls_as_parts(tmp_path: Path) -> None:
    vertex.write(tmp_path / "v.jsonl", messages.read(_lines(tmp_path / "in.jsonl", MESSAGES[1:2])))
    (row,) = _parsed(tmp_path / "v.jsonl")
    assert row["systemInstruction"] == {"role": "system", "parts": [{"text": "You run a desk."}]}
    assert row["contents"][1] == {
        "role": "model",
        "parts": [{"functionCall": {"name": "find_hotel", "args": {"area": "north", "stars": 4}}}],
    }
    assert list(row["contents"][2]["parts"][0]) == ["functionResponse"]


@pytest.mark.parametrize(
    ("layout", "key"), [("current", "contents"), ("gemini-1.0", "messages"), ("palm-chat", "context")]
)
def test_vertex_layouts(tmp_path: Path, layout: str, key: str) -> None:
    vertex.write(tmp_path / "v.jsonl", vertex.read(_lines(tmp_path / "in.jsonl", VERTEX[:1])), layout=layout)
    (row,) = _parsed(tmp_path / "v.jsonl")
    assert key in row
    (dialogue,) = vertex.read(tmp_path / "v.jsonl")
    assert dialogue.instruction == "You sell bread."
    assert [turn.text for turn in dialogue.turns] == ["Rye?", "Two left."]


def test_an_old_layout_that_cannot_hold_a_dialogue_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="palm-text holds one exchange"):
        vertex.write(tmp_path / "v.jsonl", vertex.read(_lines(tmp_path / "in.jsonl", VERTEX[:1])), layout="palm-text")


def test_writers_say_insertions_and_write_the_trunk_unless_asked(tmp_path: Path) -> None:
    dialogue = Dialogue(
        "d1",
        [
            Turn("user", "A room?", [Insertion("backstory", "My sister turns 30.", "after")]),
            Turn("system", "Which day?", [Insertion("reaction", "How nice!", "before")]),
        ],
        branches=[Branch("d1.b", 1, [Turn("system", "Where?")])],
    )
    messages.write(tmp_path / "m.jsonl", [dialogue])
    assert _parsed(tmp_path / "m.jsonl") == [
        {
            "id": "d1",
            "messages": [
                {"role": "user", "content": "A room? My sister turns 30."},
                {"role": "assistant", "content": "How nice! Which day?"},
            ],
        }
    ]
    sharegpt.write(tmp_path / "s.jsonl", [dialogue], paths=True)
    assert [row["id"] for row in _parsed(tmp_path / "s.jsonl")] == ["d1", "d1.b"]
    openai_finetuning.write(tmp_path / "o.jsonl", [dialogue])
    assert list(_parsed(tmp_path / "o.jsonl")[0]) == ["messages"]


def test_an_insertion_joins_the_parts_of_a_multimodal_message(tmp_path: Path) -> None:
    (dialogue,) = messages.read(_lines(tmp_path / "in.jsonl", MESSAGES[2:]))
    dialogue.turns[0].insertions = [Insertion("backstory", "I took it.", "after")]
    messages.write(tmp_path / "m.jsonl", [dialogue])
    parts = _parsed(tmp_path / "m.jsonl")[0]["messages"][1]["content"]
    assert [part["type"] for part in parts] == ["text", "image_url", "text"]


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        (
            "messages",
            '{"messages": [{"role": "usr", "content": "x"}]}',
            "line 1, messages[0]: field 'role': unknown role",
        ),
        ("messages", '{"messages": [{"role": "user", "content": 5}]}', "field 'content': expected a string"),
        ("messages", '{"prompt": "x", "completion": "y"}', "field 'messages' is missing"),
        ("messages", '{"messages": [', "line 1: not JSON"),
        ("messages", "[1]", "row 1: expected a JSON object"),
        ("openai", '{"messages": {}}', "field 'messages': expected a list, found an object"),
        ("sharegpt", '{"conversations": [{"from": "human"}]}', "field 'value' is missing"),
        ("sharegpt", '[{"conversations": []}, {"conv', "broken JSON after element 1"),
        ("sharegpt", '{"conversations": [{"from": "alien", "value": "x"}]}', "unknown speaker 'alien'"),
        ("vertex", '{"contents": [{"role": "user", "parts": "x"}]}', "field 'parts': expected a list, found a string"),
        ("vertex", '{"contents": [{"role": "assistant", "parts": []}]}', "unknown role 'assistant'"),
        (
            "vertex",
            '{"messages": [{"author": "a", "content": "x"}, {"author": "b", "content": "x"}, '
            '{"author": "c", "content": "x"}]}',
            "a third author 'c'",
        ),
        ("vertex", '{"text": "x"}', "field 'contents' is missing"),
    ],
)
def test_bad_rows_are_one_line_with_file_place_and_field(tmp_path: Path, name: str, text: str, says: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        list(READERS[name].read(path))
    assert says in str(error.value)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_bytes_that_are_not_utf8_name_the_line(tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_bytes(json.dumps(MESSAGES[0]).encode() + b'\n{"messages": [{"role": "user", "content": "\xff\xfe"}]}\n')
    with pytest.raises(InputError, match=r"line 2: .*UTF-8"):
        list(messages.read(path))


def test_openai_says_what_the_service_would_refuse(tmp_path: Path) -> None:
    rows = [
        {"messages": [{"role": "user", "content": "Hi"}]},
        {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hm", "weight": 2}], "id": 1},
    ]
    found = [
        str(p)
        for d in openai_finetuning.read(_lines(tmp_path / "in.jsonl", rows))
        for p in openai_finetuning.problems(d)
    ]
    assert len(found) == 3
    assert "no assistant message" in found[0]
    assert "is not a key of OpenAI's" in found[1]
    assert "it must be 0 or 1" in found[2]


text = st.text(st.characters(codec="utf-8"), max_size=30)
extras = st.dictionaries(
    st.sampled_from(["name", "weight", "lang", "meta"]), text | st.none() | st.integers(0, 9), max_size=2
)
message = st.builds(
    lambda role, content, more: {"role": role, "content": content} | more,
    st.sampled_from(["user", "assistant", "tool", "system", "developer"]),
    text | st.none() | st.lists(st.builds(lambda t: {"type": "text", "text": t}, text), max_size=2),
    extras,
)
row = st.builds(
    lambda ms, more: {"messages": ms} | more,
    st.lists(message, max_size=6),
    st.dictionaries(st.sampled_from(["id", "tools", "split"]), text | st.integers(0, 9), max_size=3),
)


@settings(max_examples=50, deadline=None)
@given(rows=st.lists(row, max_size=4))
def test_any_rows_of_messages_come_back_equal(tmp_path_factory: pytest.TempPathFactory, rows: list[Any]) -> None:
    folder = tmp_path_factory.mktemp("rows")
    for corpus in (messages, openai_finetuning):
        corpus.write(folder / "out.jsonl", corpus.read(_lines(folder / "in.jsonl", rows)))
        assert _parsed_rows(folder / "out.jsonl") == rows


@settings(max_examples=50, deadline=None)
@given(
    rows=st.lists(
        st.builds(
            lambda ms, more: {"conversations": ms} | more,
            st.lists(
                st.builds(
                    lambda sender, value, more: {"from": sender, "value": value} | more,
                    st.sampled_from(["system", *sharegpt.SPEAKERS]),
                    text,
                    extras,
                ),
                max_size=6,
            ),
            st.dictionaries(st.sampled_from(["id", "system", "tools"]), text, max_size=3),
        ),
        max_size=4,
    )
)
def test_any_rows_of_sharegpt_come_back_equal(tmp_path_factory: pytest.TempPathFactory, rows: list[Any]) -> None:
    folder = tmp_path_factory.mktemp("rows")
    sharegpt.write(folder / "out.jsonl", sharegpt.read(_lines(folder / "in.jsonl", rows)))
    assert _parsed_rows(folder / "out.jsonl") == rows


def _parsed_rows(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_bytes().split(b"\n") if line]
