"""Seeds: every kind of file gives the same messages and is written back equal; every bad row is one line."""

from __future__ import annotations

import csv
import gzip
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from duologue.corpora import formats, seeds
from duologue.dialogue import Dialogue, Insertion, Problem, Turn
from duologue.errors import InputError

MESSAGES = {"17": 'They said "soon", twice', "18": "rain\tagain,\nall day ", "n9": '"Quoted" at the start'}
KINDS = ["tsv", "csv", "jsonl", "json", "parquet", "tsv.gz", "csv.zst", "jsonl.gz"]

cells = st.text(st.characters(codec="utf-8"), max_size=20)
messages = cells.filter(lambda text: bool(text.strip()))
names = st.lists(
    cells.filter(lambda name: name not in (*seeds.TEXT_COLUMNS, *seeds.ID_COLUMNS)), unique=True, max_size=3
)


@st.composite
def tables(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Rows with the same columns in any order, with or without ids."""
    others = draw(names)
    columns = draw(st.permutations(["text", *draw(st.sampled_from([[], ["tweet_id"], ["id"]])), *others]))
    count = draw(st.integers(1, 5))
    texts = draw(st.lists(messages, min_size=count, max_size=count))
    rest = {name: draw(st.lists(cells, min_size=count, max_size=count)) for name in others}
    return [
        {name: texts[n] if name == "text" else rest[name][n] if name in rest else f"s{n}" for name in columns}
        for n in range(count)
    ]


def rows_of(path: Path) -> list[dict[str, Any]]:
    """The rows of a file by other readers than ours."""
    if path.suffix == ".parquet":
        return list(parquet.read_table(path).to_pylist())
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]
    with path.open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source, delimiter="\t" if path.suffix == ".tsv" else ",", strict=True))


@pytest.mark.parametrize("kind", ["tsv", "csv", "jsonl", "parquet"])
@settings(max_examples=40)
@given(rows=tables())
def test_what_is_read_is_written_back_equal(kind: str, rows: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        first, second = Path(folder, f"a.{kind}"), Path(folder, f"b.{kind}")
        dialogues = [
            Dialogue(f"s{n}", [Turn("user", row["text"])], native={"seeds": {"text": "text", "id": None, "row": row}})
            for n, row in enumerate(rows)
        ]
        assert seeds.write(first, dialogues) == len(rows)
        assert rows_of(first) == rows
        read = list(seeds.read(first))
        assert [seed.turns[0].text for seed in read] == [row["text"] for row in rows]
        assert seeds.write(second, read) == len(rows)
        assert second.read_bytes() == first.read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_holds_the_same_messages_in_the_published_columns(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"seeds.{kind}"
    seeds.write(path, [Dialogue(key, [Turn("user", text)]) for key, text in MESSAGES.items()])
    read = list(formats.read(path, "seeds"))
    assert {seed.id: seed.turns[0].text for seed in read} == MESSAGES
    assert list(read[0].native["seeds"]["row"]) == ["tweet_id", "tweet"]
    assert not [problem for seed in read for problem in formats.check(seed, "seeds")]


def test_the_published_header(tmp_path: Path) -> None:
    seeds.write(tmp_path / "s.tsv", [Dialogue("17", [Turn("user", "Rain again")])])
    assert (tmp_path / "s.tsv").read_bytes() == b"tweet_id\ttweet\n17\tRain again\n"
    seeds.write(tmp_path / "none.tsv", [])
    assert (tmp_path / "none.tsv").read_bytes() == b"tweet_id\ttweet\n"
    assert list(seeds.read(tmp_path / "none.tsv")) == []


def test_plain_text_has_one_message_a_line_and_ids_that_stay(tmp_path: Path) -> None:
    lines = ["Rain again ", '"Sun" at last', "Rain again ", "ümläut \u2028 within"]
    (tmp_path / "s.txt").write_bytes("\ufeff".encode() + "\r\n".join(lines).encode())
    read = list(seeds.read(tmp_path / "s.txt"))
    assert [seed.turns[0].text for seed in read] == lines
    assert read[2].id == f"{read[0].id}-3"
    seeds.write(tmp_path / "t.txt.gz", read[1:])
    assert gzip.decompress((tmp_path / "t.txt.gz").read_bytes()) == "\n".join([*lines[1:], ""]).encode()
    again = [seed.id for seed in seeds.read(tmp_path / "t.txt.gz")]
    assert again == [read[1].id, read[0].id, read[3].id]


def test_columns_are_chosen_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "posts.csv"
    path.write_text("body,text,id,n\nfirst,other,a,1\nsecond,more,b,\n", "utf-8")
    assert [(seed.id, seed.turns[0].text) for seed in seeds.read(path)] == [("a", "other"), ("b", "more")]
    read = list(seeds.read(path, text_column="body", id_column="text"))
    assert [(seed.id, seed.turns[0].text) for seed in read] == [("other", "first"), ("more", "second")]
    seeds.write(tmp_path / "copy.csv", read)
    assert (tmp_path / "copy.csv").read_text("utf-8") == path.read_text("utf-8")


def test_a_file_without_a_header(tmp_path: Path) -> None:
    path = tmp_path / "s.tsv"
    path.write_text('1\t"Never" again\n2\tplain\n', "utf-8")
    with pytest.raises(InputError, match=r"s\.tsv, line 1: broken row .*--no-quoted"):
        list(seeds.read(path, columns=["tweet_id", "tweet"]))
    read = list(seeds.read(path, columns=["tweet_id", "tweet"], quoted=False))
    assert [(seed.id, seed.turns[0].text) for seed in read] == [("1", '"Never" again'), ("2", "plain")]
    seeds.write(path, read)
    assert [seed.turns for seed in seeds.read(path)] == [seed.turns for seed in read]
    with pytest.raises(InputError, match=r"line 1: the first row is a header; leave columns out"):
        list(seeds.read(path, columns=["tweet_id", "tweet"]))


def test_numbers_stay_numbers(tmp_path: Path) -> None:
    row = {"id": 1234567890123456789, "text": "Rain", "likes": 3, "tags": ["a"], "place": None}
    (tmp_path / "s.jsonl").write_text(json.dumps(row) + "\n")
    (seed,) = seeds.read(tmp_path / "s.jsonl")
    assert seed.id == "1234567890123456789"
    for name in ("t.jsonl", "t.parquet"):
        seeds.write(tmp_path / name, [seed])
        assert rows_of(tmp_path / name) == [row]
        assert [again.turns for again in seeds.read(tmp_path / name)] == [seed.turns]
    seeds.write(tmp_path / "t.csv", [seed])
    assert rows_of(tmp_path / "t.csv") == [
        {"id": "1234567890123456789", "text": "Rain", "likes": "3", "tags": '["a"]', "place": ""}
    ]


def test_the_opening_message_of_any_dialogue_can_be_a_seed(tmp_path: Path) -> None:
    told = Turn("user", "A room?", insertions=[Insertion("backstory", "I am tired.", "after")])
    seeds.write(tmp_path / "s.tsv", [Dialogue("d1", [Turn("system", "Hello."), told, Turn("user", "Any?")])])
    assert [seed.turns[0].text for seed in seeds.read(tmp_path / "s.tsv")] == ["A room? I am tired."]
    with pytest.raises(InputError, match="dialogue d2: no user turn"):
        seeds.write(tmp_path / "s.tsv", [Dialogue("d2", [Turn("system", "Hello.")])])


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("s.tsv", "tweet_id\ttweet\n1\tfine\n2\n3\tfine\n", "line 3: expected 2 fields (tweet_id, tweet), found 1"),
        ("s.csv", "id,text\n1,fine\n2,too, many\n3,fine\n", "line 3: expected 2 fields (id, text), found 3"),
        ("s.csv", 'id,text\n1,"fi\nne"\n2,"  "\n3,fine\n', "line 4: the message is empty"),
        ("s.csv", "id,text\n1,fine\n1,again\n3,fine\n", "line 3: the id 1 came before"),
        ("s.csv", "id,text\n1,fine\n,x\n3,fine\n", "line 3: column 'id': expected an id"),
        ("s.txt", "fine\n\nfine too\n", "line 2: the message is empty"),
        ("s.jsonl", '{"text":"fine"}\n{"tex":"x"}\n{"text":"too"}\n', "line 2: no column tweet, text, message"),
        ("s.jsonl", '{"text":"fine"}\n{"text":7}\n{"text":"too"}\n', "line 2: column 'text': expected text, found int"),
        ("s.json", '[{"text":"fine"},{"text":""},{"text":"too"}]', "row 2: the message is empty"),
    ],
)
def test_a_bad_row_is_one_line_and_the_others_are_read(tmp_path: Path, name: str, content: str, told: str) -> None:
    path = tmp_path / name
    path.write_text(content, "utf-8")
    with pytest.raises(InputError) as stopped:
        list(formats.read(path, "seeds"))
    assert f"{path}, {told}" in str(stopped.value)
    problems: list[Problem] = []
    assert len(list(formats.read(path, "seeds", on_problem=problems.append))) == 2
    assert len(problems) == 1
    assert told in f"{problems[0].where}: {problems[0].what}"


@pytest.mark.parametrize(
    ("name", "content", "options", "told"),
    [
        ("s.tsv", b"a\tb\n1\t2\n", {}, "s.tsv: no column tweet, text, message, content, body; there are a, b"),
        ("s.tsv", b"id\ttweet\n1\tx\n", {"text_column": "post"}, "no column 'post'; there are id, tweet"),
        ("s.csv", b"text\nx\n", {"id_column": "key"}, "no column 'key'; there are text; mend --id-column"),
        ("s.tsv", b"id\ttweet\n1\tx\n2\t\xe9t\xe9\n", {}, "s.tsv, line 3: not UTF-8"),
        ("s.txt", b"x\n\xff\n", {}, "s.txt, line 2: not UTF-8"),
        ("s.tsv", b"", {}, "s.tsv: is empty"),
        ("s.csv", b'id,text\n1,"never closed\n2,x\n', {}, "s.csv, line 2: broken row"),
        ("s.csv", b"text,text\nx,y\n", {}, "line 1: two columns are called 'text'"),
        ("s.txt.gz", gzip.compress(b"x\n" * 999, mtime=0)[:-9], {}, "s.txt.gz: the packed file is broken"),
        ("s.txt", b"x\n", {"text_column": "text"}, "plain text has no columns"),
        ("s.jsonl", b"{}\n", {"columns": ["text"]}, "columns is for .tsv and .csv"),
        ("s.parquet", b"PAR1 and then nothing", {}, "s.parquet: no Parquet file"),
        ("s.xlsx", b"PK", {}, "s.xlsx: the name does not tell what kind of file this is"),
        ("s.jsonl", b'{"messages": [{"role": "user", "content": "x"}]}\n', {}, "this looks like messages"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line(
    tmp_path: Path, name: str, content: bytes, options: dict[str, Any], told: str
) -> None:
    (tmp_path / name).write_bytes(content)
    problems: list[Problem] = []
    with pytest.raises(InputError) as stopped:
        list(formats.read(tmp_path / name, "seeds", on_problem=problems.append, **options))
    assert told in str(stopped.value)
    assert not problems


def test_what_a_kind_of_file_cannot_hold_is_refused(tmp_path: Path) -> None:
    broken = Dialogue("a", [Turn("user", "one\ntwo")])
    with pytest.raises(InputError, match=r"s\.txt, line 1: the message has a line break; write TSV"):
        seeds.write(tmp_path / "s.txt", [broken])
    (tmp_path / "s.jsonl").write_text('{"text": "x"}\n{"text": "y", "n": 1}\n')
    with pytest.raises(InputError, match=r"t\.csv, row 2: column 'n' is not among those of the first row"):
        seeds.write(tmp_path / "t.csv", seeds.read(tmp_path / "s.jsonl"))
    (tmp_path / "s.jsonl").write_text('{"text": "x", "n": 1}\n{"text": "y", "n": "many"}\n')
    with pytest.raises(InputError, match=r"t\.parquet: row 1 or one soon after does not fit the columns"):
        seeds.write(tmp_path / "t.parquet", seeds.read(tmp_path / "s.jsonl"))
    assert not list(tmp_path.glob("t.*"))


def test_a_damaged_parquet_file_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "s.parquet"
    seeds.write(path, [Dialogue(f"s{n}", [Turn("user", f"message {n}")]) for n in range(200)])
    whole = path.read_bytes()
    path.write_bytes(whole[:4] + b"\xff" * 60 + whole[64:])
    with pytest.raises(InputError, match=r"s\.parquet: no Parquet file") as stopped:
        list(seeds.read(path))
    assert "\n" not in str(stopped.value)


def test_a_parquet_file_is_written_as_a_stream(tmp_path: Path) -> None:
    """More rows than the columns are inferred from; one of the later ones has another column."""
    rows = [{"text": f"message {n}", "note": None} for n in range(5000)]
    (tmp_path / "s.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert seeds.write(tmp_path / "t.parquet", seeds.read(tmp_path / "s.jsonl")) == 5000
    assert rows_of(tmp_path / "t.parquet") == rows
    with (tmp_path / "s.jsonl").open("a") as more:
        more.write('{"text": "last", "n": 1}\n')
    with pytest.raises(InputError, match=r"column 'n' is not among those of the first rows \(text, note\)"):
        seeds.write(tmp_path / "u.parquet", seeds.read(tmp_path / "s.jsonl"))
