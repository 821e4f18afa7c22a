"""Stages: done once, gone on with after a crash, done again when what they rest on has changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from duologue.errors import InputError
from duologue.experiments.stages import STAGES, Stage, Work, keys, read_facts, run_stages, standing
from duologue.files import locked


def three(ran: list[str], factor: int = 2, breaks: bool = False) -> list[Stage]:
    def numbers(work: Work) -> dict[str, int]:
        ran.append("numbers")
        (work.folder / "numbers.json").write_text("[1, 2, 3]")
        return {"count": 3}

    def scaled(work: Work) -> dict[str, int]:
        ran.append("scaled")
        parts = work.folder / "part.txt"
        parts.write_text((parts.read_text() if parts.exists() else "") + "x")
        if breaks:
            raise RuntimeError("power cut")
        found = json.loads((work.inputs["numbers"] / "numbers.json").read_text())
        (work.folder / "scaled.json").write_text(json.dumps([factor * each for each in found]))
        return {"tries": len(parts.read_text())}

    def total(work: Work) -> dict[str, int]:
        ran.append("total")
        return {"total": sum(json.loads((work.inputs["scaled"] / "scaled.json").read_text()))}

    return [
        Stage("numbers", numbers),
        Stage("scaled", scaled, {"factor": factor}, ("numbers",)),
        Stage("total", total, inputs=("scaled",)),
    ]


def test_stages_run_in_order_and_only_once(tmp_path: Path) -> None:
    ran: list[str] = []
    assert [each.skipped for each in run_stages(three(ran), tmp_path)] == [False] * 3
    assert read_facts(tmp_path, "total") == {"total": 12}
    again = list(run_stages(three(ran), tmp_path))
    assert ran == ["numbers", "scaled", "total"]
    assert [each.skipped for each in again] == [True] * 3
    assert again[2].facts == {"total": 12}


def test_a_changed_option_reruns_what_rests_on_it_and_nothing_else(tmp_path: Path) -> None:
    ran: list[str] = []
    list(run_stages(three(ran), tmp_path))
    assert [each.finished for each in standing(three(ran, factor=10), tmp_path)] == [True, False, False]
    list(run_stages(three(ran, factor=10), tmp_path))
    assert ran == ["numbers", "scaled", "total", "scaled", "total"]
    assert read_facts(tmp_path, "total") == {"total": 60}


def test_a_broken_stage_goes_on_where_it_was(tmp_path: Path) -> None:
    ran: list[str] = []
    with pytest.raises(RuntimeError):
        list(run_stages(three(ran, breaks=True), tmp_path))
    assert not (tmp_path / STAGES / "scaled" / "done.json").exists()
    list(run_stages(three(ran), tmp_path))
    assert ran == ["numbers", "scaled", "scaled", "total"]
    assert read_facts(tmp_path, "scaled") == {"tries": 2}  # its folder was as the first try had left it


def test_what_a_broken_stage_left_goes_when_its_options_change(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError):
        list(run_stages(three([], breaks=True), tmp_path))
    list(run_stages(three([], factor=5), tmp_path))
    assert read_facts(tmp_path, "scaled") == {"tries": 1}


def test_a_half_written_note_counts_as_unfinished(tmp_path: Path) -> None:
    list(run_stages(three([]), tmp_path))
    note = tmp_path / STAGES / "total" / "done.json"
    note.write_text(note.read_text()[:20])
    assert [each.finished for each in standing(three([]), tmp_path)] == [True, True, False]


def test_keys_depend_on_prompts_and_version(monkeypatch: pytest.MonkeyPatch) -> None:
    def key(change: Callable[[], None] | None = None, **fields: Any) -> str:
        if change:
            change()
        return keys([Stage("a", lambda work: {}, **fields)])["a"]

    plain = key()
    assert key(prompts=("interference/backstory",)) not in (plain, key(prompts=("interference/reaction",)))
    assert key(lambda: monkeypatch.setattr("duologue.experiments.stages.__version__", "99")) != plain


def test_a_stage_cannot_read_a_later_one() -> None:
    with pytest.raises(InputError, match="'later', which does not come before it"):
        keys([Stage("early", lambda work: {}, inputs=("later",))])


def test_two_runs_are_kept_out_of_one_folder(tmp_path: Path) -> None:
    with locked(tmp_path), pytest.raises(InputError, match="another run is writing"), locked(tmp_path):
        pass
