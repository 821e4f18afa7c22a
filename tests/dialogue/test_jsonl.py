"""Our JSONL: what goes in comes out, equal dialogues are equal bytes, and a broken file is one line."""

from __future__ import annotations

import gzip
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import zstandard
from dialogue_strategies import dialogues
from hypothesis import given, settings
from hypothesis import strategies as st

from duologue.dialogue import Dialogue, Turn, read, write
from duologue.errors import InputError

ONE = Dialogue("d1", [Turn("user", "A room?"), Turn("system", "Which day?")])


@settings(max_examples=50, deadline=None)
@given(some=st.lists(dialogues(), max_size=3), ending=st.sampled_from([".jsonl", ".jsonl.gz", ".jsonl.zst"]))
def test_round_trip_and_same_bytes(tmp_path_factory: pytest.TempPathFactory, some: list[Dialogue], ending: str) -> None:
    path = tmp_path_factory.mktemp("jsonl") / f"a{ending}"
    assert write(path, some) == len(some)
    again = list(read(path))
    assert again == some
    other = path.with_name(f"b{ending}")
    write(other, iter(again))
    assert other.read_bytes() == path.read_bytes()


@settings(max_examples=50, deadline=None)
@given(some=st.lists(dialogues(), min_size=1, max_size=2), ending=st.sampled_from(["", ".gz", ".zst"]))
def test_round_trip_in_memory_file_system(some: list[Dialogue], ending: str) -> None:
    path = f"memory://{uuid.uuid4()}.jsonl{ending}"
    write(path, some)
    assert list(read(path)) == some


def test_one_dialogue_a_line_and_empty_lines_are_skipped(tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl"
    write(path, [ONE, ONE])
    assert path.read_bytes().count(b"\n") == 2
    path.write_bytes(b"\n" + path.read_bytes() + b"  \n")
    assert list(read(path)) == [ONE, ONE]


def test_a_file_appears_only_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "d.jsonl"

    def failing() -> Iterator[Dialogue]:
        yield ONE
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError):
        write(path, failing())
    assert not list(path.parent.iterdir())


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b'{"id": "d1"}', "missing required field `turns`"),
        (b'{"id": "d1", "turns": 5}', "Expected `array`, got `int` - at `$.turns`"),
        (b'{"id": "d1", "turns": [{"speaker": "bot", "text": "x"}]}', "`$.turns[0].speaker`"),
        (b'{"id": "d1", "turns": [], "utterances": []}', "unknown field `utterances`"),
        (b'{"id": "d1", "turns": [', "truncated"),
        (b'{"id": "d\xff\xfe", "turns": []}', "not UTF-8"),
        (b"PK\x03\x04", "malformed"),
    ],
)
def test_a_bad_line_names_file_line_and_field(tmp_path: Path, line: bytes, says: str) -> None:
    path = tmp_path / "d.jsonl"
    write(path, [ONE])
    path.write_bytes(path.read_bytes() + line + b"\n")
    with pytest.raises(InputError) as error:
        list(read(path))
    assert f"{path}, line 2: " in str(error.value)
    assert says in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("ending", [".gz", ".zst"])
def test_a_cut_off_packed_file_says_so_after_the_last_good_line(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"d.jsonl{ending}"
    write(path, [Dialogue(str(n), [Turn("user", uuid.uuid4().hex * 20)]) for n in range(500)])
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    found = []
    with pytest.raises(InputError, match=r"the packed file is broken after line \d+"):
        found.extend(iter(read(path)))
    path.write_bytes(b"this was never packed\n")
    with pytest.raises(InputError, match="the packed file is broken after line 0"):
        list(read(path))


def test_a_zstandard_file_cut_off_at_the_end_of_a_line_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl.zst"
    with path.open("wb") as raw, zstandard.ZstdCompressor().stream_writer(raw) as packed:
        packed.write(b'{"id":"d1","turns":[]}\n')
        packed.flush(zstandard.FLUSH_BLOCK)
        whole_lines = path.stat().st_size
        packed.write(b'{"id":"d2","turns":[]}\n')
    path.write_bytes(path.read_bytes()[:whole_lines])
    with pytest.raises(InputError, match="the packed file is broken after line 1"):
        list(read(path))


def test_several_packed_members_are_read_as_one(tmp_path: Path) -> None:
    """`cat a.gz b.gz > c.gz` is a valid file, and so is it for zstandard: gathering shards does this."""
    write(tmp_path / "a.jsonl", [ONE])
    raw = (tmp_path / "a.jsonl").read_bytes()
    (tmp_path / "c.jsonl.gz").write_bytes(gzip.compress(raw) * 2)
    (tmp_path / "c.jsonl.zst").write_bytes(zstandard.compress(raw) * 2)
    assert list(read(tmp_path / "c.jsonl.gz")) == list(read(tmp_path / "c.jsonl.zst")) == [ONE, ONE]


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        list(read(tmp_path / "none.jsonl"))
    with pytest.raises(InputError, match="cannot be opened"):
        list(read(tmp_path))


def test_a_single_json_file_gets_the_hint_to_name_its_format(tmp_path: Path) -> None:
    (tmp_path / "data.json").write_text('{\n"MUL1": {}}')
    with pytest.raises(InputError, match="--format multiwoz21"):
        list(read(tmp_path / "data.json"))
