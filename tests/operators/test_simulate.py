"""`synthesize simulate` and `evaluate clarify` as a user runs them: branches, scores, blame, faults, the same again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from clarify_talk import ClarifyServer, asks_when_no_year, role_of, says_the_last_word, table_talk
from command_line import duologue

from duologue.dialogue import Branch, Dialogue, check, read, write


@pytest.fixture
def server() -> Iterator[ClarifyServer]:
    with ClarifyServer() as server:
        yield server


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    write(tmp_path / "talks.jsonl", [table_talk(number) for number in range(3)])
    return tmp_path / "talks.jsonl"


def simulate(server: ClarifyServer, corpus: Path, out: Path, *more: object, status: int = 0) -> list[Dialogue]:
    named = ["--model", "openai:sage", "--base-url", server.url, "--out", out]
    assert duologue("synthesize", "simulate", corpus, *named, *more) == status
    made = list(read(out / "dialogues.jsonl"))
    assert all(not list(check(dialogue)) for dialogue in made)
    return made


def branches(made: list[Dialogue]) -> list[Branch]:
    return [branch for dialogue in made for branch in dialogue.branches]


def figures(out: Path, *runs: object) -> dict[str, Any]:
    duologue("evaluate", "clarify", *(runs or (out,)), "--json", out / "scores.json")
    score: dict[str, Any] = json.loads((out / "scores.json").read_bytes())["score"]
    return score


def said(branch: Branch) -> list[str]:
    return [f"{turn.speaker}: {turn.text}" for turn in branch.turns]


def test_a_policy_that_asks_when_it_should_reaches_every_goal(
    server: ClarifyServer, corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = simulate(server, corpus, tmp_path / "out", "--classifier", "rule,model")
    first, second, third = made[0].branches
    assert said(first) == ["system: Which year do you mean?", "user: I mean 2019.", "system: 60 million"]
    assert first.at == 1
    assert first.labels == {"action": ["clarify", "answer"]}
    assert first.scores == {"questions": 1, "tokens": 6, "reached": 1, "goal": 1, "turn": 1}
    assert [said(branch) for branch in (second, third)] == [["system: 60 million"], ["system: 40 million"]]
    assert made[0].turns == table_talk(0).turns
    assert {role_of(body) for body in server.log} == {"policy", "classifier", "user"}
    capsys.readouterr()
    score = figures(tmp_path / "out")
    assert re.search(r"action macro f1 +│ +100 │", capsys.readouterr().out)
    assert score["states"] == 9
    assert score["confusion"] == {
        "clarify": {"clarify": 3, "answer": 0, "none": 0},
        "answer": {"clarify": 0, "answer": 6, "none": 0},
    }
    assert score["figures"]["questions per solved state"]["value"] == pytest.approx(3 / 9)
    assert score["support"]["post-clarification"] == 3


def test_no_prompt_holds_a_gold_answer_that_comes_later(server: ClarifyServer, corpus: Path, tmp_path: Path) -> None:
    simulate(server, corpus, tmp_path / "out")
    for body in server.log:
        told = [message["content"] for message in body["messages"] if message["role"] != "system"]
        if role_of(body) == "policy":
            assert len(told) == len(set(told))
            if told[-1].startswith("What were the sales"):
                assert len(told) == 1
        if role_of(body) == "user":
            assert "million" not in " ".join(told)


def test_whose_fault_a_missed_goal_is(server: ClarifyServer, corpus: Path, tmp_path: Path) -> None:
    server.policy = lambda body: "41 million"  # a guess, right for nobody but the second town's 2018
    made = simulate(server, corpus, tmp_path / "guess")
    assert {label for branch in branches(made) for label in branch.labels.get("blame", [])} == {"agent"}
    score = figures(tmp_path / "guess")
    assert score["figures"]["under-asking"]["value"] == 100
    assert score["figures"]["over-asking"]["value"] == 0
    server.policy = asks_when_no_year
    server.user = lambda intent: "Oh, whatever you like."
    made = simulate(server, corpus, tmp_path / "vague", "--manner", "vague", "--max-turns", 2)
    first = made[0].branches[0]
    assert first.labels == {"action": ["clarify", "clarify"], "blame": ["simulator"]}
    assert "goal" not in first.scores
    score = figures(tmp_path / "vague")
    assert score["blame"] == {"simulator": 3}
    assert score["figures"]["trajectory"]["value"] == pytest.approx(100 * 6 / 9)
    assert score["without_simulator_faults"]["trajectory"]["value"] == 100


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        ("User: 2019.\nAssistant: It was 60 million.", "user: speaks-for-agent"),
        ("It is 60 million in 2019.", "user: answer-told"),
        ("well well well well well", "user: message-loop"),
        ("Which year do you mean?", "user: message-repeated"),
    ],
)
def test_a_user_who_does_what_it_may_not_ends_the_conversation_and_is_counted(
    server: ClarifyServer, corpus: Path, tmp_path: Path, reply: str, fault: str
) -> None:
    talk = table_talk(0)
    write(corpus, [talk])
    server.user = lambda intent: reply
    made = simulate(server, corpus, tmp_path / "out")
    first, *others = branches(made)
    assert first.labels == {"action": ["clarify"], "blame": ["simulator"], "fault": [fault]}
    assert said(first) == ["system: Which year do you mean?"]
    assert all("fault" not in other.labels for other in others)
    assert len([body for body in server.log if role_of(body) == "user"]) == 2  # one more draw, then no more
    assert figures(tmp_path / "out")["faults"] == {fault: 1}


def test_a_model_without_an_answer_is_asked_again_by_the_next_run(
    server: ClarifyServer, corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.user = lambda intent: ""
    made = simulate(server, corpus, tmp_path / "out", status=1)
    assert [len(dialogue.branches) for dialogue in made] == [2, 2, 2]
    rejected = [json.loads(line) for line in (tmp_path / "out/rejected.jsonl").read_text().splitlines()]
    assert [(row["id"], row["gate"]) for row in rejected] == [
        (f"talk-{number}-1, sample 0, user", "model:empty_reply") for number in range(3)
    ]
    capsys.readouterr()
    assert duologue("evaluate", "clarify", tmp_path / "out") == 1
    assert "3 states without a conversation" in capsys.readouterr().err
    server.user = says_the_last_word
    made = simulate(server, corpus, tmp_path / "out")
    assert [len(dialogue.branches) for dialogue in made] == [3, 3, 3]


def test_an_agent_that_says_nothing_is_wrong_and_not_missing(
    server: ClarifyServer, corpus: Path, tmp_path: Path
) -> None:
    server.policy = lambda body: ""
    made = simulate(server, corpus, tmp_path / "out")
    assert all(branch.labels["fault"] == ["policy: empty-reply"] for branch in branches(made))
    assert all(branch.labels["blame"] == ["agent"] for branch in branches(made))
    values = figures(tmp_path / "out")["figures"]
    assert (values["trajectory"]["value"], values["action accuracy"]["value"]) == (0, 0)


def test_several_samples_run_together_give_what_each_gives_alone(
    server: ClarifyServer, corpus: Path, tmp_path: Path
) -> None:
    server.policy = lambda body: f"{body.get('seed')} million"
    drawn = ("--samples", 3, "--policy-temperature", 1)
    made = simulate(server, corpus, tmp_path / "all", *drawn)
    assert len({branch.turns[0].text for branch in made[0].branches}) == 9
    alone = tmp_path / "alone.jsonl"
    write(alone, [table_talk(1)])
    assert simulate(server, alone, tmp_path / "one", *drawn) == [made[1]]
    written, asked = (tmp_path / "all/dialogues.jsonl").read_bytes(), len(server.log)
    simulate(server, corpus, tmp_path / "all", *drawn)
    assert len(server.log) == asked
    assert (tmp_path / "all/dialogues.jsonl").read_bytes() == written


def test_the_gold_user_needs_no_model_and_a_question_costs(server: ClarifyServer, corpus: Path, tmp_path: Path) -> None:
    nowhere = [flag for role in ("classifier", "user", "intent") for flag in ("--model", f"{role}=hf:/nowhere")]
    made = simulate(server, corpus, tmp_path / "out", "--user", "gold", "--question-cost", 0.2, *nowhere)
    assert {role_of(body) for body in server.log} == {"policy"}
    first = made[0].branches[0]
    assert said(first)[1] == "user: 2019, please."
    assert first.scores["goal"] == 1
    assert first.scores["reached"] == 0
    assert first.labels["blame"] == ["agent"]


def test_users_of_rules_need_no_model_and_differ(server: ClarifyServer, corpus: Path, tmp_path: Path) -> None:
    replies = []
    for user in ("terse", "talkative"):
        made = simulate(server, corpus, tmp_path / user, "--user", user, "--limit", 1)
        (question, reply, answer), *_ = [branch.turns for branch in made[0].branches]
        assert (question.text, answer.text) == ("Which year do you mean?", "60 million")
        replies.append(reply.text)
    assert {role_of(body) for body in server.log} == {"policy"}
    assert all("2019" in reply for reply in replies)
    assert len(replies[0]) < len(replies[1])


def test_intents_by_a_summary_and_none_where_the_corpus_has_none(
    server: ClarifyServer, corpus: Path, tmp_path: Path
) -> None:
    made = simulate(server, corpus, tmp_path / "summary", "--intents", "summary", "--samples", 2)
    assert said(made[0].branches[0])[1] == "user: I mean 2019."
    asked = [body["messages"][-1]["content"] for body in server.log if role_of(body) == "intent"]
    assert len(asked) == 3
    assert all("million" not in text for text in asked)
    talk = table_talk(0)
    for turn in talk.turns:
        turn.labels.pop("intent", None)
    write(corpus, [talk])
    made = simulate(server, corpus, tmp_path / "none", "--intents", "rewrite")
    assert made[0].branches[0].labels["fault"] == ["intent: no-intent"]
    made = simulate(server, corpus, tmp_path / "gold", "--intents", "rewrite", "--user", "gold")
    assert made[0].branches[0].scores["reached"] == 1  # gold replies need no intent


def test_several_runs_are_told_with_their_spread(
    server: ClarifyServer, corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    simulate(server, corpus, tmp_path / "a")
    server.policy = lambda body: "1"
    simulate(server, corpus, tmp_path / "b")
    capsys.readouterr()
    score = figures(tmp_path / "a", tmp_path / "a", tmp_path / "b")
    assert score["runs"]["goals reached"] == {"mean": 50, "deviation": pytest.approx(70.71, abs=0.01), "runs": [100, 0]}
    assert score["figures"]["goals reached"]["value"] == 50
    assert "2 runs: mean ± deviation" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--classifier", "oracle"], "oracle"),
        (["--max-turns", 0], "max"),
        (["--user", "gold", "--manner", "vague"], "manner vague is for the user 'model', found the user 'gold'"),
    ],
)
def test_bad_options_end_in_one_line(
    server: ClarifyServer,
    corpus: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    more: list[object],
    told: str,
) -> None:
    named = ["--model", "openai:sage", "--base-url", server.url, "--out", tmp_path / "out"]
    assert duologue("synthesize", "simulate", corpus, *named, *more) == 2
    assert told in capsys.readouterr().err
    assert duologue("evaluate", "clarify", corpus) == 2
    assert "it has no simulated conversation; give what" in capsys.readouterr().err
