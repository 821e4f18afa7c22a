"""The same operator through a real OpenAI-compatible server: `transformers serve` with the embedded model's weights.

The server is started here, offline, and asked greedily; what it makes has the format of any other run, and mostly the
same texts as the model in process (which decodes in float64, the server in float32).
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import duologue

from duologue.corpora import formats
from duologue.dialogue import Dialogue, read
from duologue.models.spec import TINY

pytest.importorskip("transformers")
pytest.importorskip("fastapi")
pytestmark = [
    pytest.mark.slow,
]
_DIALOGUES = 6
_START_SECONDS = 120


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    duologue("sample", "tod", "--n", 200, "--seed", 11, "--out", folder)
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("serve")
    (folder / "hub").mkdir()  # the list of models fails without the hub's cache folder
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-c", "from transformers.cli.transformers import main; main()", "serve", str(TINY)]
    command += ["--device", "cpu", "--dtype", "float32", "--host", "127.0.0.1", "--port", str(port)]
    environment = os.environ | {"HF_HOME": str(folder), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
    url = f"http://127.0.0.1:{port}/v1"
    try:
        for _ in range(_START_SECONDS * 4):
            assert process.poll() is None, (folder / "log").read_text()[-2000:]
            try:
                urllib.request.urlopen(f"{url}/models", timeout=5).read()
                break
            except OSError:
                time.sleep(0.25)
        yield url
    finally:
        process.terminate()
        process.wait(30)


def synthesize(corpus: Path, out: Path, *models: object) -> list[Dialogue]:
    source = ["interference", corpus / "test.json", "--format", "multiwoz21"]
    given = ["--situations", corpus / "situations" / "test.json", "--limit", _DIALOGUES]
    assert duologue("synthesize", *source, *given, *models, "--out", out) == 0
    return list(read(out / "dialogues.jsonl"))


def test_interference_through_transformers_serve(corpus: Path, server: str, tmp_path: Path) -> None:
    models = ["--model", f"openai:{TINY}", "--base-url", server, "--concurrency", 2]
    made = synthesize(corpus, tmp_path / "served", *models)
    local = synthesize(corpus, tmp_path / "local", "--model", "tiny")
    assert made
    rejected = (tmp_path / "served" / "rejected.jsonl").read_text().splitlines()
    assert len(made) + len(rejected) == _DIALOGUES
    assert not [row for row in rejected if "model:" in json.loads(row)["gate"]]
    published = list(formats.read(tmp_path / "served" / "interference.json", "interference"))
    assert [dialogue.id for dialogue in published] == [dialogue.origin.parent for dialogue in made if dialogue.origin]
    assert not [problem for dialogue in published for problem in formats.check(dialogue, "interference")]
    said = {dialogue.origin.parent: [turn.said for turn in dialogue.turns] for dialogue in made if dialogue.origin}
    same = [d for d in local if d.origin and said.get(str(d.origin.parent)) == [turn.said for turn in d.turns]]
    assert len(same) >= 0.7 * len(made)
