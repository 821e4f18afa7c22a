"""`synthesize contrast`, its rows for trainers, and `synthesize actions`: pairs, balance, examples, what is refused."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from clarify_talk import ClarifyServer, role_of, table_talk
from command_line import duologue
from msgspec.structs import replace

from duologue.dialogue import Dialogue, Turn, check, read, write


@pytest.fixture
def server() -> Iterator[ClarifyServer]:
    with ClarifyServer() as server:
        yield server


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    write(tmp_path / "talks.jsonl", [table_talk(number) for number in range(4)])
    return tmp_path / "talks.jsonl"


def contrast(server: ClarifyServer, corpus: Path, out: Path, *more: object, status: int = 0) -> list[Dialogue]:
    named = ["--model", "openai:sage", "--base-url", server.url, "--out", out]
    assert duologue("synthesize", "contrast", corpus, *named, *more) == status
    made = list(read(out / "dialogues.jsonl"))
    assert all(not list(check(dialogue)) for dialogue in made)
    return made


def rows(out: Path, kind: str, *more: object) -> list[dict[str, Any]]:
    assert duologue("rows", out / "dialogues.jsonl", "--kind", kind, "--out", out / f"{kind}.jsonl", *more) == 0
    return [json.loads(line) for line in (out / f"{kind}.jsonl").read_text().splitlines()]


def test_every_turn_with_an_action_becomes_a_pair_that_does_the_other_thing(
    server: ClarifyServer, corpus: Path, tmp_path: Path
) -> None:
    made = contrast(server, corpus, tmp_path / "out")
    assert [len(dialogue.branches) for dialogue in made] == [6, 6, 6, 6]
    chosen, rejected = made[1].branches[:2]
    assert (chosen.at, rejected.at) == (1, 1)
    assert chosen.turns[0].text == "Which year do you mean?"
    assert chosen.turns[0].source == ("talk-1", 1)
    assert rejected.turns[0].text == "7 million"
    assert rejected.labels == {"preference": ["rejected"], "action": ["answer"], "by": ["model"], "pair": ["1-0"]}
    assert made[1].branches[3].turns[0].text == "Do you want it in dollars?"  # what stands after it is cut
    found = rows(tmp_path / "out", "contrast")
    assert len(found) == 12
    first = found[3]
    assert first["prompt"][-1] == {"role": "user", "content": "What were the sales in Bovey?"}
    assert "Bovey | 2018: 41 million" in first["prompt"][0]["content"]
    assert "do not" not in first["prompt"][0]["content"]  # what the losing turn was told is nobody's prompt
    assert first["chosen"] == [{"role": "assistant", "content": "Which year do you mean?"}]
    assert first["rejected"] == [{"role": "assistant", "content": "7 million"}]
    told = {name: first[name] for name in ("id", "action", "rejected_action", "goal", "goal_type", "references")}
    assert told == {
        "id": "talk-1-1",
        "action": "clarify",
        "rejected_action": "answer",
        "goal": "61 million",
        "goal_type": "drop",
        "references": ["61 million"],
    }


def test_the_release_s_own_pairs_give_the_gold_answer_too_early_and_have_nine_fields(
    server: ClarifyServer, corpus: Path, tmp_path: Path
) -> None:
    contrast(server, corpus, tmp_path / "out", "--target-label", "clarify", "--chosen", "trajectory")
    assert all("do not answer it" in body["messages"][0]["content"] for body in server.log)
    question, answer, _ = rows(tmp_path / "out", "nine-fields")[:3]
    assert list(question) == [
        "input_text",
        "output_text",
        "dialogue_policy",
        "gold_target",
        "gold_trajectory",
        "chosen_policy",
        "rejected_policy",
        "chosen",
        "rejected",
    ]
    trajectory = "Assistant: Which year do you mean?\nUser: 2019, please.\nAssistant: 60 million"
    assert question["input_text"].endswith("[conversation]\nUser: What were the sales in Arlen?")
    assert "[data]\ntown : 2018 | 2019\nArlen : 40 million | 60 million" in question["input_text"]
    assert question["output_text"] == "Assistant: Which year do you mean?"
    assert (question["gold_trajectory"], question["chosen"]) == (trajectory, trajectory)
    assert question["rejected"] == "Assistant: 60 million"
    assert (question["dialogue_policy"], question["rejected_policy"]) == ("CLARIFY", "ANSWER")
    assert answer["rejected"] == "Assistant: Do you want it in dollars?"
    (pair,) = [row for row in rows(tmp_path / "out", "contrast") if row["id"] == "talk-0-1"]
    assert [message["role"] for message in pair["chosen"]] == ["assistant", "user", "assistant"]


def test_gold_conversations_are_chats_with_the_prompt_that_a_policy_is_asked_with(
    server: ClarifyServer, corpus: Path, tmp_path: Path
) -> None:
    out = tmp_path / "gold.jsonl"
    assert duologue("rows", corpus, "--kind", "gold", "--out", out) == 0
    row = json.loads(out.read_text().splitlines()[0])
    assert row["id"] == "talk-0"
    assert [message["role"] for message in row["messages"]] == ["system", *["user", "assistant"] * 3]
    named = ["--model", "openai:sage", "--base-url", server.url, "--user", "gold", "--out", tmp_path / "out"]
    assert duologue("synthesize", "simulate", corpus, "--limit", 1, *named) == 0
    asked = [body["messages"] for body in server.log]
    assert row["messages"][:-1] in asked
    assert all(prompt[0] == row["messages"][0] for prompt in asked)


def test_class_balance_draws_turns_again_and_examples_are_of_other_conversations(
    server: ClarifyServer, corpus: Path, tmp_path: Path
) -> None:
    balance = ("--class-balance.clarify", 3, "--icl-examples", 2)
    made = contrast(server, corpus, tmp_path / "out", *balance)
    assert sum(len(dialogue.branches) for dialogue in made) == 2 * 3 * 4
    found = rows(tmp_path / "out", "contrast")
    assert {row["action"] for row in found} == {"clarify"}
    assert len({row["id"] for row in found}) == len(found) == 12
    for body in server.log:
        system, said = (body["messages"][place]["content"] for place in (0, 1))
        assert system.count("Example ") == 2
        assert said not in system
    again = contrast(server, corpus, tmp_path / "again", *balance)
    assert [each.branches for each in again] == [each.branches for each in made]


@pytest.mark.parametrize("alike", ["readings", "forms"])
def test_an_example_is_never_of_what_the_turn_is_about(
    server: ClarifyServer, corpus: Path, tmp_path: Path, alike: str
) -> None:
    """Readings of one question have one table, an ambiguous question and its clear form come from one question."""
    same = [replace(table_talk(0), id=f"talk-0#{number}") for number in range(2)]
    if alike == "forms":
        for talk in same:
            talk.grounding = None
            talk.turns = [replace(turn, source=("talk-0", at)) for at, turn in enumerate(talk.turns)]
    write(corpus, [*same, table_talk(1)])
    contrast(server, corpus, tmp_path / "out", "--icl-examples", 3)
    examples = {
        body["messages"][1]["content"]: body["messages"][0]["content"].partition("Example 1")[2] for body in server.log
    }
    assert {"Arlen" in said: ("Arlen" in shown, "Bovey" in shown) for said, shown in examples.items()} == {
        True: (False, True),
        False: (True, False),
    }


def test_two_forms_of_one_question_have_pairs_of_their_own(server: ClarifyServer, corpus: Path, tmp_path: Path) -> None:
    """As `ambiguous-sql` leaves an ambiguous question and its clear form: both come from one question."""
    forms = [replace(table_talk(0), id=f"talk-0~{name}") for name in ("clear", "vague")]
    for form in forms:
        form.turns = [replace(turn, source=("talk-0", at)) for at, turn in enumerate(form.turns)]
    write(corpus, forms)
    contrast(server, corpus, tmp_path / "out")
    assert [row["id"] for row in rows(tmp_path / "out", "contrast")] == [
        f"talk-0~{name}-{at}" for name in ("clear", "vague") for at in (1, 3, 5)
    ]


def test_a_losing_turn_that_does_the_wrong_thing_or_says_the_same_is_no_pair(
    server: ClarifyServer, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(corpus, [table_talk(0)])
    told = {"do not answer it": "No.", "do not ask anything back": "which YEAR do you mean"}

    def said(body: dict[str, Any]) -> str:
        system = body["messages"][0]["content"]
        return next(text for mark, text in told.items() if mark in system)

    monkeypatch.setattr(server, "said", said)
    made = contrast(server, corpus, tmp_path / "out", "--draws", 2)
    assert made == []
    rejected = [json.loads(line) for line in (tmp_path / "out/rejected.jsonl").read_text().splitlines()]
    assert [(row["id"], row["gate"]) for row in rejected] == [
        ("talk-0-1", "same-as-gold"),
        ("talk-0-3", "wrong-action"),
        ("talk-0-5", "wrong-action"),
    ]
    assert len(server.log) == 6


def test_actions_are_named_where_there_are_none_and_pairs_made_of_them(
    server: ClarifyServer, corpus: Path, tmp_path: Path
) -> None:
    talks = [table_talk(number) for number in range(4)]
    for talk in talks:
        for turn in talk.turns:
            turn.labels.pop("action", None)
    write(corpus, talks)
    named = ["--model", "openai:sage", "--base-url", server.url, "--out", tmp_path / "actions"]
    assert duologue("synthesize", "contrast", corpus, *named) == 1  # nothing to contrast yet
    assert duologue("synthesize", "actions", corpus, *named) == 0
    assert len(server.log) == 12
    labelled = list(read(tmp_path / "actions/dialogues.jsonl"))
    assert [turn.labels.get("action") for turn in labelled[0].turns if turn.speaker == "system"] == [
        ["clarify"],
        ["answer"],
        ["answer"],
    ]
    assert {role_of(body) for body in server.log} == {"classifier"}
    assert len(contrast(server, tmp_path / "actions/dialogues.jsonl", tmp_path / "out")) == 4
    assert duologue("synthesize", "actions", corpus, "--classifier", "random", *named[:-1], tmp_path / "random") == 0
    drawn = Counter(
        turn.labels["action"][0]
        for dialogue in read(tmp_path / "random/dialogues.jsonl")
        for turn in dialogue.turns
        if turn.speaker == "system"
    )
    assert len(drawn) == 2


def test_predicted_actions_take_the_place_of_gold_ones_in_all_that_is_trained_on(
    server: ClarifyServer, corpus: Path, tmp_path: Path
) -> None:
    talk = table_talk(0)
    talk.turns[1] = Turn("system", "Tell me the year.", labels={"action": ["clarify"]})  # the rule sees no question
    write(corpus, [talk])
    (made,) = contrast(server, corpus, tmp_path / "out", "--actions", "predicted")
    assert [turn.labels.get("action") for turn in made.turns if turn.speaker == "system"] == [["answer"]] * 3
    first = rows(tmp_path / "out", "contrast")[0]
    assert (first["action"], first["rejected_action"], first["goal"]) == ("answer", "clarify", "Tell me the year.")
    assert first["chosen"][0]["content"] == "Tell me the year."
    assert first["rejected"][0]["content"] == "Do you want it in dollars?"
    gold = contrast(server, corpus, tmp_path / "gold")[0].turns[1]
    assert gold.labels["action"] == ["clarify"]


def test_without_labels_predicted_actions_make_the_pairs_that_gold_ones_make(
    server: ClarifyServer, corpus: Path, tmp_path: Path
) -> None:
    contrast(server, corpus, tmp_path / "gold")
    talks = [table_talk(number) for number in range(4)]
    for talk in talks:
        for turn in talk.turns:
            turn.labels.pop("action", None)
    write(corpus, talks)
    contrast(server, corpus, tmp_path / "out", "--actions", "predicted", "--classifier", "model")
    assert rows(tmp_path / "out", "contrast") == rows(tmp_path / "gold", "contrast")


@pytest.mark.parametrize("operator", ["actions", "contrast"])
def test_where_the_classifier_fails_no_gold_action_is_left(
    operator: str, server: ClarifyServer, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said, unsure = server.said, "next turn:\nWhich year"
    monkeypatch.setattr(
        server, "said", lambda body: "Perhaps." if unsure in body["messages"][-1]["content"] else said(body)
    )
    relabel = ("--relabel",) if operator == "actions" else ("--actions", "predicted")
    named = ["--model", "openai:sage", "--base-url", server.url, "--classifier", "model", "--out", tmp_path / "out"]
    assert duologue("synthesize", operator, corpus, *named, *relabel) == 0
    made = list(read(tmp_path / "out/dialogues.jsonl"))
    assert [[len(turn.labels.get("action", [])) for turn in each.turns[1::2]] for each in made] == [[0, 1, 1]] * 4
    rejected = [json.loads(line) for line in (tmp_path / "out/rejected.jsonl").read_text().splitlines()]
    assert {(row["id"].partition(", ")[2], row["gate"]) for row in rejected} == {("turn 1", "no-verdict")}


def test_a_model_that_is_not_asked_is_not_opened(server: ClarifyServer, corpus: Path, tmp_path: Path) -> None:
    nowhere = ("--model", "classifier=hf:/nowhere")
    assert len(contrast(server, corpus, tmp_path / "out", *nowhere)) == 4
    contrast(server, corpus, tmp_path / "asked", "--classifier", "rule,model")
    assert "classifier" in map(role_of, server.log)
    named = ["--out", tmp_path / "rule", "--classifier", "rule", "--relabel"]
    assert duologue("synthesize", "actions", corpus, "--model", "hf:/nowhere", *named) == 0


def test_bad_options_and_sources_end_in_one_line(
    server: ClarifyServer, corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named = ["--model", "openai:sage", "--base-url", server.url, "--out", tmp_path / "out"]
    assert duologue("synthesize", "contrast", corpus, *named, "--class-balance.shout", 2) == 2
    assert "expected clarify or answer and a number, found shout 2" in capsys.readouterr().err
    assert duologue("synthesize", "contrast", corpus, *named, "--actions", "predicted", "--icl-examples", 2) == 2
    assert "run `synthesize actions --relabel` first" in capsys.readouterr().err
    assert duologue("rows", corpus, "--kind", "contrast", "--out", tmp_path / "rows.jsonl") == 2
    assert "give what `synthesize contrast` made" in capsys.readouterr().err
