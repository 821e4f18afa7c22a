"""The lab's tasks: every command runs, in order, in one empty folder, on the embedded model."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from command_server import commands

LAB = Path(__file__).resolve().parents[2] / "docs" / "lab"
TASKS = sorted(LAB.glob("[0-9]-*.md"))


def test_there_are_nine_tasks_with_questions_and_solutions_and_the_contents_name_them() -> None:
    assert [task.name[0] for task in TASKS] == list("012345678")
    contents = (LAB / "README.md").read_text(encoding="utf-8")
    for task in TASKS:
        text = task.read_text(encoding="utf-8")
        asked = len(re.findall(r"^\d\. ", text.split("**Questions**")[1].split("<details>")[0], re.M))
        solved = len(re.findall(r"^\d\. ", text.split("<summary>Solutions</summary>")[1], re.M))
        assert asked == solved >= 3, task.name
        assert f"({task.name})" in contents
    for linked in re.findall(r"\]\(([^):]+)\)", contents):
        assert (LAB / linked).exists(), linked


@pytest.mark.slow
def test_every_command_runs(tmp_path: Path) -> None:
    (work := tmp_path / "work").mkdir()
    with commands(tmp_path / "bin", TOWN="40", STEPS="2", EVERY="1", DIALOGUES="2", SOME="1", MANY="12") as ready:
        for task in TASKS:
            blocks = re.findall(r"^ *```sh\n(.*?)^ *```", task.read_text(encoding="utf-8"), re.S | re.M)
            assert blocks, task.name
            for block in blocks:
                shell = ["sh", "-ec", block]
                done = subprocess.run(shell, cwd=work, env=ready, capture_output=True, text=True, check=False)
                assert done.returncode == 0, f"{task.name}\n{block}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    table = (work / "results.md").read_text(encoding="utf-8")
    assert [line.split("|")[1].strip() for line in table.splitlines()[2:]] == [
        *("runs/words.jsonl", "runs/lora.jsonl", "runs/lora"),
        *(f"runs/lora-{name}" for name in ("attention", "ffn", "linear", "two-layers")),
    ]
    for page in ("runs/why.html", "runs/flow/flow.html", "runs/two-samples/flow.html"):
        assert (work / page).stat().st_size > 10_000
