"""Situations: the chat behind them parsed without eval, the same JSON written, known flaws mended on request."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duologue.corpora import exchange_text, fusedchat, situations
from duologue.corpora.exchange_text import Said
from duologue.dialogue import Problem
from duologue.errors import InputError

FIXTURES = Path(__file__).parents[1] / "fixtures"
PATH = FIXTURES / "situations" / "situations.json"

said = st.builds(Said, st.sampled_from(["user", "system"]), st.text(st.characters(codec="utf-8")))
quoting = st.lists(st.sampled_from(["'", '"', ", ", ",", "\n", "\\", "\\n", "a", "User: "]), max_size=12).map("".join)


@settings(max_examples=50, deadline=None)
@given(turns=st.lists(said | st.builds(Said, st.sampled_from(["user", "system"]), quoting)))
def test_exchange_text_is_parsed_as_it_was_printed(turns: list[Said]) -> None:
    assert exchange_text.parse(exchange_text.render(turns)) == turns


@pytest.mark.parametrize("text", ["", "None\n", "[]", "  "])
def test_no_exchange(text: str) -> None:
    assert exchange_text.parse(text) == []


def test_brackets_both_quotes_and_the_broken_line_inside_an_item() -> None:
    text = "['User: Hi',\n\"System: It's dry.\", 'User: \"Oak\",\nyou said?']"
    assert exchange_text.parse(text) == [
        Said("user", "Hi"),
        Said("system", "It's dry."),
        Said("user", '"Oak", you said?'),
    ]


def test_round_trip_and_turns(tmp_path: Path) -> None:
    dialogues = list(situations.read(PATH))
    situations.write(tmp_path / "out.json", dialogues)
    assert json.loads((tmp_path / "out.json").read_text()) == json.loads(PATH.read_text())
    assert [(t.speaker, t.text) for t in dialogues[2].turns] == [
        ("user", 'They sing "Home", I\'m told.'),
        ("system", "Who does?\nTell me."),
    ]
    assert dialogues[0].facts["situation"].startswith("My sister is turning 30")


def test_repairs_are_recorded(tmp_path: Path) -> None:
    first, second, third = situations.read(PATH, repair=True)
    assert first.facts == {
        "situation": "My sister is turning 30 soon and we plan to meet up north, where she works.",
        "situation_repairs": ["spaces"],
    }
    assert second.facts == {"situation": "It has rained since Tuesday.", "situation_repairs": ["run-on"]}
    assert third.facts == {"situation": "I was told they sing."}


@pytest.mark.parametrize("text", ["I saw plays at The Corn Exchange some years ago.", "Exchange: \n'User: x'", ""])
def test_nothing_is_cut_where_nothing_is_wrong_or_would_be_left(text: str) -> None:
    assert situations.repaired(text)[1] in ([], ["spaces"])
    assert situations.repaired(text)[0].split() == text.split()


def test_load_situations_by_id() -> None:
    assert list(situations.load_situations(PATH)) == ["MUL9001", "SNG9002", "MUL9003"]


def test_from_fusedchat_the_exchange_is_the_chat_without_its_last_system_turn(tmp_path: Path) -> None:
    fused, _ = fusedchat.read(FIXTURES / "fusedchat" / "fusedchat_prepended.json")
    fused.facts["situation"] = "x"
    situations.write(tmp_path / "out.json", [fused])
    expected = json.loads(PATH.read_text())["MUL9001"]["exchange"]
    assert json.loads((tmp_path / "out.json").read_text()) == {"MUL9001": {"exchange": expected, "gen_sit": "x"}}


@pytest.mark.parametrize(
    ("item", "says"),
    [
        ({"exchange": "'User: Hi'"}, "gen_sit: expected a text"),
        ({"exchange": "User: Hi", "gen_sit": "x"}, "exchange: item 0 is not a quoted string"),
        ({"exchange": "'Guest: Hi'", "gen_sit": "x"}, "expected 'User: …' or 'System: …'"),
        ({"exchange": "'User: Hi', 'Sys", "gen_sit": "x"}, "item 1 is not a quoted string"),
        (["x"], "exchange: expected a text"),
    ],
)
def test_a_bad_item_is_one_line_or_a_named_skip(tmp_path: Path, item: object, says: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(json.dumps({"MUL1": item, "MUL2": {"exchange": "'User: Hi'", "gen_sit": "x"}}))
    with pytest.raises(InputError) as error:
        list(situations.read(path))
    assert says in str(error.value)
    assert "dialogue MUL1" in str(error.value)
    problems: list[Problem] = []
    assert list(situations.load_situations(path, on_problem=problems.append)) == ["MUL2"]
    assert len(problems) == 1
