"""`duologue attend`: from branches to figures and maps, resumable; what it refuses."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from command_line import duologue
from random_families import make_random

from duologue.corpora.strategies import EXTENDED
from duologue.dialogue import Branch, Dialogue, Turn, write
from duologue.evaluation.steering.attention_map import read_map
from duologue.evaluation.steering.sra import measure
from duologue.evaluation.steering.sra_row import read_rows_of
from duologue.models.local import LocalModel
from duologue.models.spec import open_model
from duologue.prompts.steering import Layout, steered_prompt

SAID = ["I lost my job.", "When?", "Last week. They offer hope, they said.", "And now?", "I cannot sleep."]


def branch(strategy: str, layout: str, reply: str) -> Branch:
    labels = {"strategy": [strategy], "layout": [layout], "wording": ["current"]}
    turn = Turn("system", reply, native={"continuation": {"raw": f"assistant: {reply}"}})
    return Branch(f"d-{strategy}-{layout}", len(SAID), [turn], labels=labels)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run's folder: one history, two strategies in two layouts, an unconditional reply."""
    folder = tmp_path_factory.mktemp("steered")
    turns = [Turn("system" if number % 2 else "user", text) for number, text in enumerate(SAID)]
    branches = [
        branch(strategy, layout, f"It will get better, {layout}.")
        for strategy in ("Offer Hope", "Clarification", "unconditional")
        for layout in ("standard", "c1_hf")
    ]
    write(folder / "dialogues.jsonl", [Dialogue("d", turns, branches=branches)])
    return folder


def test_figures_maps_and_tables(source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "attention"
    assert duologue("attend", source, "--out", out, "--json", tmp_path / "table.json") == 0
    shown = capsys.readouterr().out
    assert "SRA of strategy_name, response_mean" in shown
    assert "c1_hf" in shown
    assert "Offer Hope" in shown
    rows = read_rows_of(out)
    assert [(row.strategy, row.layout) for row in rows[:2]] == [("Offer Hope", "standard"), ("Offer Hope", "c1_hf")]
    first = rows[0]
    kept = read_map(out / first.file)
    names = list(kept.meta.parts)
    text = kept.meta.text
    ((start, end),) = kept.meta.parts["strategy_name"]
    assert text[kept.offsets[start][0] : kept.offsets[end - 1][1]].strip() == '"Offer Hope"'
    assert text.endswith("assistant: It will get better, standard.")
    assert (
        kept.rows.shape
        == (first.reply_tokens, first.prompt_tokens + first.reply_tokens)
        == (
            len(kept.ids) - kept.meta.prompt,
            len(kept.ids),
        )
    )
    assert kept.rows.astype(float).sum(1) == pytest.approx(np.ones(len(kept.rows)), abs=1e-2)
    found = measure(kept.sums, list(first.tokens.values()), prompt=kept.meta.prompt, sinks=kept.meta.sinks)
    place = names.index("strategy_name")
    assert found.sra["response_mean"][place] == pytest.approx(first.sra["response_mean"]["strategy_name"], rel=1e-5)
    assert kept.rows[:, start:end].astype(float).mean() == pytest.approx(
        first.sra["response_mean"]["strategy_name"], rel=1e-2
    )
    assert list(kept.meta.turns) == ["instruction", *(f"turn:{n}" for n in range(5)), "reply"]
    assert kept.turns is not None
    assert kept.turns.shape[1:] == (7, 7)
    assert not np.triu(kept.turns[0], 1).any()  # nothing is read before it is said, in this layout
    plain = next(row for row in rows if row.strategy == "unconditional")
    assert "strategy_name" not in plain.tokens
    table = json.loads((tmp_path / "table.json").read_text())
    assert table["layout"]["c1_hf"]["replies"] == 2
    assert table["layout"]["c1_hf"]["missing"] == 1


def test_what_is_there_is_not_measured_again(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out, whole = tmp_path / "attention", tmp_path / "whole"
    assert duologue("attend", source, "--out", out, "--limit", 2, "--no-turns") == 0
    lines = (out / "attention.jsonl").read_bytes()
    (out / "attention.jsonl").write_bytes(lines[:-9])  # as a kill may leave it
    before = {path.name: path.stat().st_mtime_ns for path in (out / "maps").iterdir()}
    assert duologue("attend", source, "--out", out, "--no-turns", "--batch", 3) == 0
    assert duologue("attend", source, "--out", whole, "--no-turns") == 0
    again = read_rows_of(out)
    assert [row.key for row in again] == [row.key for row in read_rows_of(whole)]
    for one, other in zip(again, read_rows_of(whole), strict=True):
        for name, value in other.sra["response_mean"].items():
            assert one.sra["response_mean"][name] == pytest.approx(value, rel=1e-4)
    after = {path.name: path.stat().st_mtime_ns for path in (out / "maps").iterdir()}
    untouched = [name for name in before if before[name] == after[name]]
    assert len(untouched) == 1
    capsys.readouterr()
    assert duologue("attend", source, "--out", out) == 2
    assert "made with turns False, not True; give another --out" in capsys.readouterr().err


def test_dialogues_without_a_strategy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    turns = [
        Turn("user", "A room, please."),
        Turn("system", "For when?"),
        Turn("user", "Friday."),
        Turn("system", "Done."),
    ]
    write(tmp_path / "chats.jsonl", [Dialogue("d1", turns, instruction="You book rooms."), Dialogue("d2", turns[:1])])
    out = tmp_path / "out"
    assert duologue("attend", tmp_path / "chats.jsonl", "--out", out, "--no-maps", "--layers", "0-1,3") == 1
    told = capsys.readouterr()
    assert "SRA of instruction" in told.out
    assert "d2, reply: the dialogue has no reply to anything" in told.err
    row, empty = read_rows_of(out)
    assert set(row.tokens) == {"instruction", "history", "last_user_turn", "turn:0", "turn:1", "turn:2"}
    assert row.depth == 3
    assert not row.file
    assert not empty.sra


def test_any_model_in_process(source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    models = {family: make_random(family, tmp_path / family) for family in ("llama", "falcon")}
    for family, folder in models.items():
        limits = {"falcon": 1, "llama": 2}[family]
        assert duologue(
            "attend", source, "--model", f"hf:{folder}", "--limit", limits, "--out", tmp_path / f"{family}-out"
        ) in (0, 1)
        assert read_rows_of(tmp_path / f"{family}-out")[0].sra["response_mean"]["strategy_name"] is not None


def test_the_prompt_is_what_a_model_is_asked_with(source: Path, tmp_path: Path) -> None:
    assert duologue("attend", source, "--out", tmp_path / "out", "--limit", 2, "--no-maps") == 0
    model = open_model("tiny", dtype="float32")
    assert isinstance(model, LocalModel)
    history = [Turn("system" if number % 2 else "user", text) for number, text in enumerate(SAID)]
    for row in read_rows_of(tmp_path / "out"):
        prompt = steered_prompt(history, EXTENDED["Offer Hope"], cast(Layout, row.layout), "current")
        assert row.prompt_tokens == model.count_tokens(prompt.messages)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--model", "openai:gpt"], "openai:gpt cannot be looked into"),
        (["--layers", "x"], "expected numbers such as 0-5,11"),
        (["--layers", "99"], "layers [99] of"),
        (["--part", "tone"], "no prompt has a part 'tone'"),
        (["--batch", "0"], "--batch and --limit of at least 1"),
    ],
)
def test_what_is_refused(
    arguments: list[str], told: str, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert duologue("attend", source, "--out", tmp_path / "out", "--limit", 1, *arguments) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("as_folder", [True, False])
def test_pickles_are_never_opened(as_folder: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "1044_attentions.pkl"
    path.write_bytes(pickle.dumps({"Affirmation": [1]}))
    disguised = tmp_path / "attention.safetensors"
    disguised.write_bytes(path.read_bytes())
    for source in [tmp_path] if as_folder else [path, disguised]:
        assert duologue("attend", source, "--out", tmp_path / "out") == 2
        assert "a pickle runs whatever its author put into it when it is read" in capsys.readouterr().err


def test_a_context_that_is_too_short_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    turns = [Turn("user", "word " * 4000), Turn("system", "Yes.")]
    write(
        tmp_path / "long.jsonl",
        [
            Dialogue("d", turns, instruction="Answer."),
            Dialogue("e", [*turns[:0], Turn("user", "Hi."), turns[1]], instruction="Answer."),
        ],
    )
    assert duologue("attend", tmp_path / "long.jsonl", "--out", tmp_path / "out") == 1
    assert "the model's context is" in capsys.readouterr().err
