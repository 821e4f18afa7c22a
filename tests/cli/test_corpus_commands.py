"""convert, check, diff as a user meets them: what they print, their exit status, one line for every bad input."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from duologue.cli.main import run
from duologue.corpora import formats
from duologue.dialogue import Branch, Dialogue, Insertion, Origin, Span, Turn, read, write

FIXTURES = Path(__file__).parents[1] / "fixtures"
MULTIWOZ = FIXTURES / "fusedchat" / "multiwoz.json"
FUSED = FIXTURES / "fusedchat" / "fusedchat_prepended.json"
INTERFERENCE = FIXTURES / "interference" / "interference.json"
SITUATIONS = FIXTURES / "situations" / "situations.json"
ONE = Dialogue("d1", [Turn("user", "A room?"), Turn("system", "Which day?")])


@pytest.fixture
def duologue(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("DUOLOGUE_DEBUG", raising=False)

    def call(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as exit_:
            run([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return int(exit_.value.code or 0), out, err

    return call


@pytest.mark.parametrize(
    ("path", "name"),
    [(MULTIWOZ, "multiwoz21"), (FUSED, "fusedchat"), (INTERFERENCE, "interference"), (SITUATIONS, "situations")],
)
def test_convert_to_ours_and_back_gives_equal_json(duologue: Any, tmp_path: Path, path: Path, name: str) -> None:
    assert duologue("convert", path, tmp_path / "d.jsonl.zst", "--from", name)[0] == 0
    assert duologue("convert", tmp_path / "d.jsonl.zst", tmp_path / "back.json", "--to", name)[0] == 0
    assert json.loads((tmp_path / "back.json").read_text()) == json.loads(path.read_text())


@pytest.mark.parametrize("name", ["messages", "sharegpt", "openai", "vertex"])
def test_convert_to_a_chat_format(duologue: Any, tmp_path: Path, name: str) -> None:
    status, out, _ = duologue("convert", INTERFERENCE, tmp_path / "c.jsonl", "--from", "interference", "--to", name)
    assert status == 0
    assert out == f"2 dialogues written to {tmp_path}/c.jsonl\n"
    assert "My sister turns 30 and we meet there." in (tmp_path / "c.jsonl").read_text()
    assert duologue("check", tmp_path / "c.jsonl", "--format", name)[0] == 0


def test_convert_passes_the_options_of_reader_and_writer(duologue: Any, tmp_path: Path) -> None:
    dest = tmp_path / "f.jsonl"
    assert duologue("convert", FUSED, dest, "--from", "fusedchat", "--multiwoz", MULTIWOZ)[0] == 0
    assert [d.origin.parent for d in read(dest) if d.origin] == ["MUL9001", "SNG9002"]
    partition = FIXTURES / "fusedchat" / "partition_dictionary_id_to_partition.json"
    assert duologue("convert", FUSED, dest, "--from", "fusedchat", "--partition", partition, "--split", "test")[0] == 0
    assert [d.id for d in read(dest)] == ["SNG9002"]
    assert duologue("convert", SITUATIONS, dest, "--from", "situations", "--repair")[0] == 0
    assert "  " not in next(iter(read(dest))).facts["situation"]
    assert duologue("convert", dest, tmp_path / "v.jsonl", "--to", "vertex", "--layout", "palm-chat")[0] == 0
    assert '"author"' in (tmp_path / "v.jsonl").read_text()
    write(dest, [Dialogue("d", ONE.turns, branches=[Branch("d.b", 1, [Turn("system", "Where?")])])])
    assert duologue("convert", dest, tmp_path / "m.jsonl", "--to", "messages", "--paths")[0] == 0
    assert len((tmp_path / "m.jsonl").read_text().splitlines()) == 2


def test_a_published_run_becomes_an_interference_file(duologue: Any, tmp_path: Path) -> None:
    steps, dest = FIXTURES / "interference" / "gen_reactions.json", tmp_path / "i.json"
    arguments = ("--from", "interference-steps", "--to", "interference", "--multiwoz", MULTIWOZ)
    assert duologue("convert", steps, dest, *arguments)[0] == 0
    assert duologue("check", dest, "--format", "interference")[0] == 0


def test_the_process_itself_exits_2_with_one_line_and_with_a_traceback_on_debug() -> None:
    command = [sys.executable, "-m", "duologue.cli", "check", str(SITUATIONS)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)
    ended = subprocess.run([*command, "--debug"], capture_output=True, text=True, check=False)
    assert "Traceback" in ended.stderr


def test_multiwoz_in_its_two_layouts(duologue: Any, tmp_path: Path) -> None:
    arguments = ("convert", MULTIWOZ, tmp_path / "c.json", "--from", "multiwoz21", "--to", "multiwoz21", "--layout")
    assert duologue(*arguments, "converted")[0] == 0
    semi = json.loads((tmp_path / "c.json").read_text())["MUL9001.json"]["log"][1]["metadata"]["hotel"]["semi"]
    assert semi["area"] == ["north"]
    status, _, err = duologue(*arguments, "new")
    assert (status, err) == (2, "duologue: --layout: unknown layout 'new'; known are published, converted\n")


def test_multiwoz_22_in_the_layout_of_21(duologue: Any, tmp_path: Path) -> None:
    plain, source, dest = tmp_path / "d.jsonl", tmp_path / "mw22", tmp_path / "MultiWOZ_2.2.json"
    assert duologue("convert", MULTIWOZ, source, "--from", "multiwoz21", "--to", "multiwoz22")[0] == 0
    assert duologue("convert", source, plain, "--from", "multiwoz22")[0] == 0
    converted = ("--from", "multiwoz22", "--to", "multiwoz21", "--layout", "converted")
    assert duologue("convert", source, dest, *converted, "--multiwoz", MULTIWOZ)[0] == 0
    native = json.loads(dest.read_text())["MUL9001.json"]
    assert native["goal"]["hotel"]["info"] == {"area": "north"}
    assert native["log"][1]["metadata"]["hotel"]["semi"]["area"] == ["north"]
    assert duologue("convert", source, dest, *converted)[0] == 0
    assert duologue("check", dest, "--format", "multiwoz21")[0] == 0


def test_two_children_of_one_parent_need_a_choice(duologue: Any, tmp_path: Path) -> None:
    children = [
        Dialogue(
            f"MUL1~0000000{draw}",
            [Turn("user", f"Hi {draw}"), Turn("system", "Hello")],
            origin=Origin("x", draw=draw, parent="MUL1"),
        )
        for draw in range(2)
    ]
    write(tmp_path / "d.jsonl", children)
    arguments = ("convert", tmp_path / "d.jsonl", tmp_path / "o.json", "--to", "multiwoz21")
    status, _, err = duologue(*arguments)
    assert status == 2
    assert "--draw N" in err
    assert duologue(*arguments, "--draw", "1")[0] == 0
    assert list(json.loads((tmp_path / "o.json").read_text())) == ["MUL1.json"]
    assert duologue(*arguments, "--suffix-ids")[0] == 0
    assert len(json.loads((tmp_path / "o.json").read_text())) == 2
    assert duologue("convert", tmp_path / "d.jsonl", tmp_path / "m.jsonl", "--to", "messages", "--draw", "1")[0] == 0
    assert "Hi 1" in (tmp_path / "m.jsonl").read_text()
    assert "Hi 0" not in (tmp_path / "m.jsonl").read_text()


def test_check_counts(duologue: Any, tmp_path: Path) -> None:
    status, out, err = duologue("check", INTERFERENCE, "--format", "interference", "--json", tmp_path / "c.json")
    assert (status, err) == (0, "")
    assert "insertions         6: backstory 3, reaction 3" in out
    counts = json.loads((tmp_path / "c.json").read_text())["counts"]
    assert (counts["dialogues"], counts["turns"]) == (2, {"user": 5, "system": 5})


def test_check_lists_problems_by_kind_and_exits_1(duologue: Any, tmp_path: Path) -> None:
    bad = [Dialogue(f"b{n}", [Turn("user", "hi", spans=[Span("area", "x", n, 40 + n)])]) for n in range(5)]
    write(tmp_path / "d.jsonl", [*bad, ONE, Dialogue("d9", []), ONE])
    status, out, _ = duologue("check", tmp_path / "d.jsonl", "--json", tmp_path / "c.json")
    assert status == 1
    assert "problems           7" in out
    assert "5 × spans: characters … to … lie outside a text of … characters" in out
    assert "dialogue b0, turn 0, spans[0]: characters 0 to 40 lie outside a text of 2 characters" in out
    assert "1 × turns: there are none" in out
    assert "1 × id: stands in the file before" in out
    assert [kind["count"] for kind in json.loads((tmp_path / "c.json").read_text())["kinds"]] == [5, 1, 1]


def test_check_goes_on_after_an_unreadable_dialogue(duologue: Any, tmp_path: Path) -> None:
    native = json.loads(INTERFERENCE.read_text())
    native["MUL9001"]["log"][1]["reaction"] = 7
    native["SNG9002"]["augmented_idx"] = [1, 2]
    (tmp_path / "i.json").write_text(json.dumps(native))
    status, out, _ = duologue("check", tmp_path / "i.json", "--format", "interference")
    assert status == 1
    assert "dialogue MUL9001, turn 1, reaction: expected text, found int; left out" in out
    assert "is not made of pairs of an even number and the next" in out


def test_diff_marks_insertions_in_plain_text(duologue: Any, tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", [ONE, Dialogue("gone", ONE.turns)])
    turns = [Turn("user", "A room?", [Insertion("backstory", "My aunt visits.", "after")]), ONE.turns[1]]
    write(
        tmp_path / "b.jsonl", [Dialogue("d1~1", turns, origin=Origin("interference", parent="d1")), Dialogue("new", [])]
    )
    status, out, _ = duologue("diff", tmp_path / "a.jsonl", tmp_path / "b.jsonl", "--json", tmp_path / "c.json")
    assert status == 0
    assert "d1~1 (from d1)\n    0 user: A room? {+My aunt visits.+}\n" in out
    assert "1 of 1 dialogues changed" in out
    assert "1 inserted backstory" in out
    assert "1 dialogues are only in AFTER" in out
    assert "1 dialogues are only in BEFORE" in out
    assert "\x1b[" not in out
    assert json.loads((tmp_path / "c.json").read_text())["counts"] == {"inserted backstory": 1}


def test_diff_of_a_derived_dialogue_goes_by_source(duologue: Any, tmp_path: Path) -> None:
    duologue("convert", MULTIWOZ, tmp_path / "a.jsonl", "--from", "multiwoz21")
    duologue("convert", FUSED, tmp_path / "b.jsonl", "--from", "fusedchat", "--multiwoz", MULTIWOZ)
    _, out, _ = duologue("diff", MULTIWOZ, tmp_path / "b.jsonl", "--format", "multiwoz21", "--after-format", "duologue")
    assert "  4 user: [-A place to stay up north ?-] {+So, a place to stay around there?+}" in out
    assert "  3 system: {+Fun!+}" in out
    assert "Oak Lodge is there" not in out


def test_the_help_names_every_format(duologue: Any) -> None:
    _, out, _ = duologue("convert", "--help")
    words = re.sub(r"[^\w -]", " ", out).split()
    assert set(formats.TABLE) <= set(words)


def _file(folder: Path, name: str, content: bytes) -> Path:
    (folder / name).write_bytes(content)
    return folder / name


NO_TURNS = b'{"id":"d1","turns":[]}\n'
ONE_LINE = b'{"id":"d1","turns":[{"speaker":"user","text":"hi"}]}\n'
WIDE_SPAN = (
    b'{"id":"d1","turns":[{"speaker":"user","text":"hi","spans":[{"slot":"area","value":"x","start":0,"end":9}]}]}\n'
)
TRUNCATED = MULTIWOZ.read_bytes()[:900]


@pytest.mark.parametrize(
    ("arguments", "content", "says"),
    [
        (["check", "FILE", "--format", "multiwoz21"], TRUNCATED, "broken JSON"),
        (["convert", "FILE", "OUT", "--from", "multiwoz21"], TRUNCATED, "broken JSON"),
        (["convert", "FILE", "OUT"], NO_TURNS[:15], "line 1: Input data was truncated"),
        (["check", "FILE", "--format", "multiwoz21"], b'{"MUL1": {"log": [{"text": "\xff\xfe"}]}}', "not UTF-8"),
        (["check", "FILE"], b'{"id":"\xff"}\n', "line 1: not UTF-8"),
        (["check", "FILE", "--format", "messages"], b'{"messages": "\xff"}\n', "line 1: not UTF-8"),
        (["check", "FILE", "--format", "multiwoz"], NO_TURNS, "unknown format 'multiwoz'; did you mean multiwoz2"),
        (["convert", "FILE", "OUT", "--to", "shareGPT"], NO_TURNS, "did you mean sharegpt?"),
        (["check", "no/such/file.jsonl"], b"", "no/such/file.jsonl: no such file"),
        (["diff", "FILE", "no/such/file.jsonl"], NO_TURNS, "no/such/file.jsonl: no such file"),
        (["convert", "FILE", "OUT"], NO_TURNS, "dialogue d1, turns: there are none"),
        (
            ["convert", "FILE", "OUT"],
            WIDE_SPAN,
            "turn 0, spans[0]: characters 0 to 9 lie outside a text of 2 characters",
        ),
        (["check", "FILE"], b'{"id":"d1","turns":{}}\n', "line 1: Expected `array`, got `object` - at `$.turns`"),
        (["check", "FILE"], b'{"id":7,"turns":[]}\n', "line 1: Expected `str`, got `int` - at `$.id`"),
        (["check", "FILE"], b"", "holds no dialogues"),
        (["check", "FILE"], SITUATIONS.read_bytes(), "this looks like situations, not duologue"),
        (["check", "FILE", "--format", "situations"], MULTIWOZ.read_bytes(), "this looks like multiwoz21"),
        (["check", "FILE", "--format", "multiwoz21"], FUSED.read_bytes(), "this looks like fusedchat"),
        (["check", "FILE", "--format", "interference"], MULTIWOZ.read_bytes(), "this looks like multiwoz21"),
        (["check", "FILE", "--format", "sharegpt"], b'{"messages": []}', "this looks like messages"),
        (["convert", "FILE", "OUT", "--repair"], NO_TURNS, "reading duologue has no option 'repair'"),
        (
            ["convert", "FILE", "OUT", "--to", "messages", "--layout", "x"],
            NO_TURNS,
            "no option 'layout'; leave it out; it has",
        ),
        (["check", "s3://bucket/d.jsonl"], b"", "s3://bucket/d.jsonl: cannot be opened (Install s3fs"),
        (["check", "nosuch://d.jsonl"], b"", "Protocol not known: nosuch"),
        (["convert", "FILE", "/dev/null/d.jsonl"], ONE_LINE, "/dev/null: File exists; check the path"),
        (["convert", "FILE", "FOLDER"], ONE_LINE, "Is a directory; check the path"),
        (["convert", "FILE"], NO_TURNS, "--dest requires an argument"),
        (["convert", "FILE", "OUT", "--draw", "two"], NO_TURNS, "--draw"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(
    duologue: Any, tmp_path: Path, arguments: list[str], content: bytes, says: str
) -> None:
    path = _file(tmp_path, "bad.json", content)
    known = {"FILE": str(path), "OUT": str(tmp_path / "out.jsonl"), "FOLDER": str(tmp_path / "folder")}
    (tmp_path / "folder").mkdir()
    status, out, err = duologue(*[known.get(argument, argument) for argument in arguments])
    assert status == 2
    assert says in err
    assert err.count("\n") == 1
    assert err.startswith("duologue: ")
    assert out == ""
    assert not (tmp_path / "out.jsonl").exists()


def test_keep_going_writes_the_rest_and_names_what_it_left_out(duologue: Any, tmp_path: Path) -> None:
    write(tmp_path / "d.jsonl", [Dialogue("d0", []), ONE])
    status, out, err = duologue(
        "convert", tmp_path / "d.jsonl", tmp_path / "o.jsonl", "--keep-going", "--json", tmp_path / "c.json"
    )
    assert status == 1
    assert json.loads((tmp_path / "c.json").read_text())["dialogues"] == 1
    assert out.startswith("1 dialogues written")
    assert err == "dialogue d0, turns: there are none\ndialogue d0, dialogue: left out\n"
    assert list(read(tmp_path / "o.jsonl")) == [ONE]


def test_questions_whose_database_has_no_file_are_told_where_queries_are_to_run(duologue: Any, tmp_path: Path) -> None:
    rows = [{"db_id": name, "question": "How many?", "query": "SELECT 1"} for name in ("here", "away", "away")]
    (tmp_path / "q.json").write_text(json.dumps(rows))
    file = tmp_path / "all" / "database" / "here" / "here.sqlite"
    file.parent.mkdir(parents=True)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE pets (id INT)")
    told = ("--databases", tmp_path / "all")
    assert duologue("check", tmp_path / "q.json", "--format", "spider", *told)[0] == 0
    status, out, _ = duologue("check", tmp_path / "q.json", "--format", "spider", *told, "--executable")
    assert (status, "2 × row: database … has no file here; left out" in out) == (1, True)
    to = ("--from", "spider", "--to", "messages", *told, "--executable", "--keep-going")
    assert duologue("convert", tmp_path / "q.json", tmp_path / "m.jsonl", *to)[1].startswith("1 dialogues written")
    assert "CREATE TABLE pets (id INT);" in (tmp_path / "m.jsonl").read_text()


def test_pacific_becomes_the_layout_of_the_published_release(duologue: Any, tmp_path: Path) -> None:
    asked = {"question": "Sales?", "answer": ["Which year?"], "answer_type": "question", "req_clari": True}
    table = {"uid": "t1", "table": [["Sales", "3", "4"]]}
    (tmp_path / "p.json").write_text(json.dumps([{"table": table, "paragraphs": [], "questions": [asked]}]))
    to = ("--from", "pacific", "--to", "vertex", "--layout", "gemini-1.0")
    assert duologue("convert", tmp_path / "p.json", tmp_path / "v.jsonl", *to)[0] == 0
    assert json.loads((tmp_path / "v.jsonl").read_text())["messages"] == [
        {"role": "system", "content": "[data]\nSales : 3 | 4"},
        {"role": "user", "content": "Sales?", "requires_clarification": True},
        {"role": "model", "content": "Which year?"},
    ]
