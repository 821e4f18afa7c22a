"""`synthesize continuation` as a user runs it: the same pairs whatever the layout, what is made, refused, resumed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command_line import duologue
from random_llama import make_random_llama
from steered_server import SteeredServer, told_strategy
from support_talk import support_talk

from duologue.corpora import formats
from duologue.corpora.strategies import EXTENDED
from duologue.dialogue import Dialogue, check, read, write

Pairs = dict[str, list[str]]


@pytest.fixture
def server() -> Iterator[SteeredServer]:
    with SteeredServer() as server:
        yield server


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    write(tmp_path / "talks.jsonl", [support_talk(number, 7) for number in range(4)])
    return tmp_path / "talks.jsonl"


def run(server: SteeredServer, corpus: Path, out: Path, *more: object, status: int = 0) -> list[Dialogue]:
    named = ["--model", "openai:sage", "--base-url", server.url, "--seed", 3, "--out", out]
    assert duologue("synthesize", "continuation", corpus, *named, *more) == status
    made = list(read(out / "dialogues.jsonl"))
    assert all(not list(check(dialogue)) for dialogue in made)
    return made


def pairs(made: list[Dialogue]) -> Pairs:
    return {
        dialogue.facts["point"]: [branch.labels["strategy"][0] for branch in dialogue.branches] for dialogue in made
    }


def test_every_layout_has_the_same_pairs_and_each_branch_its_prompt(
    server: SteeredServer, corpus: Path, tmp_path: Path
) -> None:
    first = run(server, corpus, tmp_path / "c1", "--layout", "c1_hf", "--points", 5)
    asked = list(server.log)
    server.log.clear()
    second = run(server, corpus, tmp_path / "standard", "--layout", "standard", "--points", 5)
    assert pairs(first) == pairs(second)
    assert len(first) == 5
    assert [branch.id for made in first for branch in made.branches] == [
        branch.id for made in second for branch in made.branches
    ]
    assert sorted(map(str, map(told_strategy, asked))) == sorted(map(str, map(told_strategy, server.log)))
    assert [message["role"] for message in asked[0]["messages"]] == ["system", "user"]
    assert len(server.log[0]["messages"]) > 4
    for dialogue in first:
        assert dialogue.turns[-1].speaker == "user"
        assert dialogue.turns[-1].source is not None
        assert dialogue.facts["gold"]["strategy"] == ["Question"]
        for branch in dialogue.branches:
            (turn,) = branch.turns
            name = branch.labels["strategy"][0]
            assert turn.text == f"Number {len(name)} answers “{dialogue.turns[-1].text.split(':')[-1].strip()[:60]}”"
            assert turn.native["continuation"]["raw"] == f"assistant: {turn.text}"
            assert branch.labels == {"strategy": [name], "layout": ["c1_hf"], "wording": ["current"]}
            assert branch.at == len(dialogue.turns)


def test_all_strategies_and_a_reply_without_one_and_the_published_layout(
    server: SteeredServer, corpus: Path, tmp_path: Path
) -> None:
    more = ("--strategies", "all", "--unconditional", "--points", 2, "--keep-prompts")
    made = run(server, corpus, tmp_path / "all", *more)
    assert list(pairs(made).values()) == [[*EXTENDED, "unconditional"]] * 2
    published = json.loads((tmp_path / "all/continuation.json").read_bytes())
    assert list(published[0]) == ["dialog", "situation", "speakers", "responses", "prompts"]
    assert list(published[0]["responses"]) == [*EXTENDED, "unconditional"]
    assert '"Offer Hope" strategy' in published[0]["prompts"]["Offer Hope"]
    assert "strategy" not in published[0]["prompts"]["unconditional"]
    again = list(formats.read(tmp_path / "all/continuation.json", "extended-esc"))
    assert [[branch.turns[0].text for branch in one.branches] for one in again] == [
        [branch.turns[0].text for branch in one.branches] for one in made
    ]


def test_a_plan_is_written_once_and_read_by_later_runs(
    server: SteeredServer, corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = tmp_path / "pairs.jsonl"
    first = run(server, corpus, tmp_path / "a", "--plan", plan, "--points", 3)
    drawn, *rows = [json.loads(line) for line in plan.read_text().splitlines()]
    assert {row["point"]: row["strategies"] for row in rows} == pairs(first)
    assert drawn["drawn"]["points"] == 3
    other = ["--model", "openai:other", "--base-url", server.url, "--seed", 99, "--plan", plan, "--wording", "short"]
    assert duologue("synthesize", "continuation", corpus, *other, "--out", tmp_path / "b") == 0
    assert pairs(list(read(tmp_path / "b/dialogues.jsonl"))) == pairs(first)
    assert duologue("synthesize", "continuation", corpus, *other, "--points", 4, "--out", tmp_path / "c") == 2
    assert "drawn with --points 3, not 4" in capsys.readouterr().err
    plan.write_text(plan.read_text() + '{"point": "nowhere-t3", "strategies": ["Offer Hope"]}\n')
    assert duologue("synthesize", "continuation", corpus, *other, "--out", tmp_path / "d") == 2
    assert "1 points are not in this corpus, the first is nowhere-t3" in capsys.readouterr().err


def test_a_branch_that_cannot_be_had_leaves_the_others_and_is_told(
    server: SteeredServer, corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.faults = {
        "Offer Hope": "  ",
        "Clarification": "I see. " * 30,
        "Affirmation": "I hear you.\nuser: Thanks!\nassistant: Sure.",
        "Chit Chat": "Let us Chit Chat a bit.",
        "Share Information": " ".join(f"fact{number}" for number in range(30)),
    }
    names = ",".join([*server.faults, "Suggest Options"])
    more = ("--strategies", names, "--points", 1, "--characters", 120)
    (made,) = run(server, corpus, tmp_path / "out", *more, status=1)
    assert re.search(r"branches made +│ +2 │ +33.3%", capsys.readouterr().out)
    assert [branch.labels["strategy"][0] for branch in made.branches] == ["Chit Chat", "Suggest Options"]
    assert made.branches[0].labels["leak"] == ["Chit Chat"]
    assert made.branches[0].turns[0].text == "Let us Chit Chat a bit."
    rejected = [json.loads(line) for line in (tmp_path / "out/rejected.jsonl").read_text().splitlines()]
    point = made.facts["point"]
    assert {row["id"]: row["gate"] for row in rejected} == {
        f"{point}, Offer Hope": "model:empty_reply",
        f"{point}, Clarification": "reply-loop",
        f"{point}, Affirmation": "more-than-a-turn",
        f"{point}, Share Information": "too-long",
    }


def test_run_again_asks_only_for_what_failed_and_draws_again_where_draws_are_left(
    server: SteeredServer, corpus: Path, tmp_path: Path
) -> None:
    server.always = "400"
    run(server, corpus, tmp_path / "out", "--points", 2, "--strategies", "Offer Hope,Chit Chat", status=1)
    server.always, server.script = None, ["cut"]
    server.log.clear()
    more = ("--points", 2, "--strategies", "Offer Hope,Chit Chat", "--draws", 2)
    made = run(server, corpus, tmp_path / "out", *more)
    assert list(pairs(made).values()) == [["Offer Hope", "Chit Chat"]] * 2
    assert len(server.log) == 5
    first = (tmp_path / "out/dialogues.jsonl").read_bytes()
    server.log.clear()
    run(server, corpus, tmp_path / "out", *more)
    assert server.log == []
    assert (tmp_path / "out/dialogues.jsonl").read_bytes() == first


def test_shards_together_are_the_whole_run_and_count_its_branches(
    server: SteeredServer, corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.faults = {"Offer Hope": "I see. " * 30}  # a loop, which is rejected
    whole = run(server, corpus, tmp_path / "whole", "--points", 6, "--strategies", "all")
    branches = sum(len(dialogue.branches) for dialogue in whole)
    for share in (1, 2):
        more = ("--points", 6, "--strategies", "all", "--shard", f"{share}/2")
        run(server, corpus, tmp_path / f"parts/{share}", *more)
    capsys.readouterr()
    assert duologue("gather", tmp_path / "parts", "--out", tmp_path / "all") == 0
    assert list(read(tmp_path / "all/dialogues.jsonl")) == whole
    assert capsys.readouterr().out.startswith(f"6 tried, {branches} branches made, 6 rejected: ")
    receipts = [json.loads((tmp_path / name / "receipt.json").read_bytes()) for name in ("whole", "all")]
    assert [(each["tried"], each["made"], each["branches"]) for each in receipts] == [(6, 6, branches)] * 2


def test_a_template_without_a_system_role_gets_the_instruction_before_the_first_turn(
    server: SteeredServer, corpus: Path, tmp_path: Path
) -> None:
    run(server, corpus, tmp_path / "out", "--points", 1, "--no-system-role", "--layout", "standard")
    first = server.log[0]["messages"]
    assert [message["role"] for message in first[:2]] == ["user", "assistant"]
    assert told_strategy({"messages": first[:1]}) is not None


def test_preview_shows_prompts_and_replies(
    server: SteeredServer, corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named = ["--model", "openai:sage", "--base-url", server.url, "--out", tmp_path / "out"]
    more = ["--preview", 1, "--strategies", "Offer Hope", "--wording", "friend"]
    assert duologue("synthesize", "continuation", corpus, *named, *more) == 0
    shown = capsys.readouterr().out
    assert "steering/friend · system" in shown
    assert "strategy Offer Hope; layout c1_hf; wording friend" in shown
    assert "Case 0: I cannot pay." in shown


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--strategies", "Offer Hop"], "no strategy 'Offer Hop'; known are Affirmation"),
        (["--strategies", "Offer Hope,offer hope"], "a strategy stands there twice"),
        (["--layout", "c7_hf"], "c7_hf"),
        (["--min-turn", 5, "--max-turn", 4], "no turns from 5 to 4"),
        (["--strategy-file", "absent.yaml"], "absent.yaml"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(
    server: SteeredServer, corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[Any], told: str
) -> None:
    named = ["--model", "openai:sage", "--base-url", server.url, "--out", tmp_path / "out"]
    assert duologue("synthesize", "continuation", corpus, *named, *more) == 2
    said = capsys.readouterr().err.strip()
    assert told in said
    assert "Traceback" not in said


def test_ones_own_strategies(server: SteeredServer, corpus: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("- {name: Say Nothing Much, description: Stay silent., examples: []}\n")
    made = run(server, corpus, tmp_path / "out", "--strategy-file", mine, "--strategies", "all", "--points", 1)
    assert list(pairs(made).values()) == [["Say Nothing Much"]]
    assert "Stay silent." in server.log[0]["messages"][0]["content"]


def test_a_model_in_process_gives_each_branch_the_reply_that_it_has_alone(corpus: Path, tmp_path: Path) -> None:
    folder = make_random_llama(tmp_path / "model", context=1024)
    asked = ["synthesize", "continuation", corpus, "--model", f"hf:{folder}", "--dtype", "float64", "--points", 1]
    asked += ["--answer-tokens", 12, "--seed", 3]

    def raw(out: Path) -> dict[str, str]:
        """Random weights do not end their answers, so all of them are rejects that quote the answer."""
        rows = [json.loads(line) for line in (out / "rejected.jsonl").read_text().splitlines()]
        return {row["id"].partition(", ")[2]: row["evidence"] for row in rows}

    assert duologue(*asked, "--strategies", "all", "--out", tmp_path / "all") == 0
    together = raw(tmp_path / "all")
    assert len(together) == 15
    assert len(set(together.values())) > 10
    for name in ("Offer Hope", "Chit Chat"):
        assert duologue(*asked, "--strategies", name, "--out", tmp_path / name) == 0
        assert raw(tmp_path / name) == {name: together[name]}
