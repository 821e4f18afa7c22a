from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from duologue.errors import InputError
from duologue.files import locked, replacing, try_lock, write_json


def test_a_file_that_was_not_finished_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.json"
    write_json(path, {"é": Path("x"), "n": 1})
    assert path.read_text(encoding="utf-8") == '{\n  "é": "x",\n  "n": 1\n}\n'
    with pytest.raises(RuntimeError):
        _stop_half_way(path)
    assert path.read_text(encoding="utf-8").endswith('"n": 1\n}\n')
    assert [file.name for file in path.parent.iterdir()] == ["a.json"]


def test_a_folder_belongs_to_one_run_until_that_run_dies(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from duologue.files import try_lock\n"
        "lock = try_lock(Path(sys.argv[1])); print('held', flush=True); input()"
    )
    command = [sys.executable, "-c", program, str(tmp_path / ".lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(InputError, match="another run is writing here; wait"), locked(tmp_path):
            pass
        assert try_lock(tmp_path / ".lock") is None
        other.kill()
    with locked(tmp_path), pytest.raises(InputError, match="shard"), locked(tmp_path, "take another shard"):
        pass


def _stop_half_way(path: Path) -> None:
    with replacing(path) as part:
        part.write_text("half")
        raise RuntimeError
