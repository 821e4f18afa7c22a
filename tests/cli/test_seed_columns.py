"""convert and check on files of single messages: the columns are named on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from duologue.cli.main import run


def status(*arguments: object) -> int:
    with pytest.raises(SystemExit) as exit_:
        run([str(argument) for argument in arguments])
    return int(exit_.value.code or 0)


def test_seeds_go_from_columns_to_columns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    posts = tmp_path / "posts.csv"
    posts.write_text("key,body\n1,Rain again\n2,Sun\n", "utf-8")
    named = ("--text-column", "body", "--id-column", "key")
    assert status("check", posts, "--format", "seeds", *named) == 0
    assert "turns              user 2" in capsys.readouterr().out
    ours = tmp_path / "ours.jsonl"
    assert status("convert", posts, ours, "--from", "seeds", *named) == 0
    assert status("convert", ours, tmp_path / "back.csv", "--to", "seeds") == 0
    assert (tmp_path / "back.csv").read_bytes() == posts.read_bytes()
    assert status("convert", posts, tmp_path / "s.txt", "--from", "seeds", "--to", "seeds", *named) == 0
    assert (tmp_path / "s.txt").read_text("utf-8") == "Rain again\nSun\n"


def test_a_headerless_file_with_loose_quotes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    posts = tmp_path / "posts.tsv"
    posts.write_text('1\t"Rain" again\n', "utf-8")
    assert status("check", posts, "--format", "seeds", "--columns", "tweet_id, tweet", "--no-quoted") == 0
    assert status("check", posts, "--format", "seeds", "--columns", "tweet_id, tweet") == 2
    assert "posts.tsv, line 1: broken row ('tab' expected after '\"')" in capsys.readouterr().err


def test_a_bad_row_can_be_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    posts = tmp_path / "posts.tsv"
    posts.write_text("tweet_id\ttweet\n1\tRain\n2\t\n3\tSun\n", "utf-8")
    flags = ("--from", "seeds", "--to", "seeds")
    assert status("convert", posts, tmp_path / "out.tsv", *flags) == 2
    assert "line 3: the message is empty" in capsys.readouterr().err
    assert status("convert", posts, tmp_path / "out.tsv", *flags, "--keep-going") == 1
    assert (tmp_path / "out.tsv").read_text("utf-8") == "tweet_id\ttweet\n1\tRain\n3\tSun\n"


def test_other_formats_have_no_columns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert status("check", tmp_path / "x.jsonl", "--format", "messages", "--text-column", "body") == 2
    assert "reading messages has no option 'text_column'" in capsys.readouterr().err
