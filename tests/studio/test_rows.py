"""Rows of figures and broken files on the pages of runs: filters, paging, a file that grows."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest
from run_pages import cards, client_of, lines_of, shown
from samples import situated

from duologue.dialogue import write, write_rows

ROWS = [
    {"id": f"r{n}", "gate": ("leak", "length", None)[n % 3], "score": n / 10, "right": n % 2 == 0,
     "reasons": ["too long", "Äther"] if n % 5 == 0 else [], "by": {"judge": {"points": n}}}
    for n in range(120)
]  # fmt: skip


@pytest.mark.parametrize(
    ("field", "how", "value", "kept"),
    [
        ("gate", "is", "leak", lambda row: row["gate"] == "leak"),
        ("gate", "is not", "leak", lambda row: row["gate"] != "leak"),
        ("gate", "is", "null", lambda row: row["gate"] is None),
        ("gate", "is", "LEAK", lambda row: False),
        ("gate", "has", "EA", lambda row: row["gate"] == "leak"),
        ("reasons", "has", "äther", lambda row: bool(row["reasons"])),
        ("right", "is", "true", lambda row: row["right"]),
        ("score", "above", "11.5", lambda row: row["score"] > 11.5),
        ("score", "below", "0.5", lambda row: row["score"] < 0.5),
        ("by.judge.points", "below", "3", lambda row: row["by"]["judge"]["points"] < 3),
        ("by.judge.points", "is", "7", lambda row: row["by"]["judge"]["points"] == 7),
        ("gate", "above", "1", lambda row: False),
        ("right", "above", "0", lambda row: False),
        ("absent", "is", "x", lambda row: False),
        ("absent", "is", "null", lambda row: False),
        ("absent", "is not", "x", lambda row: True),
    ],
)
def test_rows_are_filtered_and_paged(tmp_path: Path, field: str, how: str, value: str, kept: Any) -> None:
    write_rows(tmp_path / "rows.jsonl", ROWS)
    with client_of(tmp_path) as client:
        page = shown(client, "rows", path="rows.jsonl", field=field, how=how, value=value)
        found = lines_of(page)
        assert len(found) <= 50
        while more := re.findall(r'<a href="(\?[^"]*)">More</a>', page):
            page = client.get(f"/runs/rows{html.unescape(more[0])}").text
            found += lines_of(page)
    assert found == [number for number, row in enumerate(ROWS, 1) if kept(row)]


def test_several_conditions_hold_together(tmp_path: Path) -> None:
    write_rows(tmp_path / "rows.jsonl", ROWS)
    asked = {"field": ["gate", "score", ""], "how": ["is", "above", "is"], "value": ["leak", "11", ""]}
    with client_of(tmp_path) as client:
        page = shown(client, "rows", path="rows.jsonl", **asked)
        assert lines_of(page) == [112, 115, 118]
        assert "is no number" in shown(
            client, "rows", path="rows.jsonl", field="score", how="above", value="much", status=422
        )
        assert shown(client, "rows", path="rows.jsonl", field="score", how="drops", value="1", status=422)


def test_a_file_that_grows_is_read_on(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    whole = [json.dumps({"n": n, "text": "é" * n}, ensure_ascii=False).encode() for n in range(6)]
    with client_of(tmp_path) as client:
        file.write_bytes(b"\n".join(whole[:3]) + b"\n")
        assert lines_of(shown(client, "rows", path="rows.jsonl")) == [1, 2, 3]
        with file.open("ab") as out:
            out.write(whole[3] + b"\n" + whole[4][:-3])
        assert lines_of(shown(client, "rows", path="rows.jsonl")) == [1, 2, 3, 4], "half a line is none"
        with file.open("ab") as out:
            out.write(whole[4][-3:])
        assert lines_of(shown(client, "rows", path="rows.jsonl")) == [1, 2, 3, 4, 5], "its end is not missed"
        with file.open("ab") as out:
            out.write(b"\n" + whole[5] + b"\n")
        assert lines_of(shown(client, "rows", path="rows.jsonl")) == [1, 2, 3, 4, 5, 6]
        file.write_bytes(whole[0] + b"\n")
        assert lines_of(shown(client, "rows", path="rows.jsonl")) == [1]


BROKEN = [b"{", b"", b"\xff\xfe", b"[1]", b'{"id": 3}', b'{"id": "x", "turns": [], "odd": 1}', b"[" * 5000]


def test_broken_lines_are_told_and_do_not_hide_the_others(tmp_path: Path) -> None:
    file = tmp_path / "dialogues.jsonl"
    write(file, [situated(1)])
    good = file.read_bytes()
    file.write_bytes(good + b"\n".join(BROKEN) + b"\n" + good.replace(b"MUL0001", b"MUL0002"))
    with client_of(tmp_path) as client:
        page = shown(client, "dialogues", path="dialogues.jsonl")
        assert cards(page) == ["MUL0001", "MUL0002"]
        assert re.findall(r"dialogues.jsonl, line (\d+): no dialogue", page) == [str(n + 2) for n in range(len(BROKEN))]
        assert cards(shown(client, "dialogues", path="dialogues.jsonl", text="hotel")) == ["MUL0001", "MUL0002"]
        for number in range(1, len(BROKEN) + 1):
            assert "no dialogue" in shown(client, "dialogue", path="dialogues.jsonl", number=number, status=422)
        file.rename(tmp_path / "rows.jsonl")
        assert lines_of(shown(client, "rows", path="rows.jsonl")) == [1, 6, 7, 9]
