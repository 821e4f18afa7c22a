"""`duologue evaluate tod`, its file of reasons, and the page made of them in a real browser."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from browser import opened
from tiny_town import DATABASES, good_meal, good_stay, meal, stay

from duologue.cli.main import run
from duologue.dialogue import DialoguePrediction, TurnPrediction, write, write_rows
from duologue.evaluation.tod.predictions import TodPrediction


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """A corpus of four dialogues with databases, and predictions of which half fail."""
    (tmp_path / "db").mkdir()
    for domain, rows in DATABASES.items():
        (tmp_path / f"db/{domain}_db.json").write_text(json.dumps(rows))
    write(tmp_path / "corpus.jsonl", [stay("MUL0001"), meal("SNG0002"), stay("MUL0003"), meal("SNG0004")])
    wrong = good_stay("mul0003")
    wrong.turns[0] = wrong.turns[0]._replace(state={"hotel": {"area": "south"}})
    silent = TodPrediction("sng0004", [good_meal().turns[0]._replace(response="sorry , <b>no</b> idea .")])
    public(tmp_path / "system.json", good_stay("mul0001"), good_meal("sng0002"), wrong, silent)
    public(tmp_path / "good.json", *(make(name) for make, name in GOOD))
    return tmp_path


GOOD = [(good_stay, "mul0001"), (good_meal, "sng0002"), (good_stay, "mul0003"), (good_meal, "sng0004")]


def public(path: Path, *predictions: TodPrediction) -> None:
    turns = {
        each.id: [
            {name: value for name, value in turn._asdict().items() if value is not None and name != "position"}
            for turn in each.turns
        ]
        for each in predictions
    }
    path.write_text(json.dumps(turns))


def evaluate(town: Path, predictions: str, *options: object) -> int:
    given = ["evaluate", "tod", town / predictions, "--reference", town / "corpus.jsonl", "--format", "duologue"]
    with pytest.raises(SystemExit) as left:
        run([str(each) for each in (*given, "--db", town / "db", *options)])
    assert isinstance(left.value.code, int)
    return left.value.code


def scores(town: Path, predictions: str, *options: object) -> dict[str, Any]:
    assert evaluate(town, predictions, "--json", town / "out.json", *options) == 0
    return dict(json.loads((town / "out.json").read_text()))


def test_the_figures_are_printed_with_how_they_were_taken(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = scores(town, "system.json")
    assert found["inform"] == {"total": 75.0, "hotel": 50.0, "train": 100.0, "restaurant": 100.0}
    assert found["success"]["total"] == 50.0
    shown = capsys.readouterr().out
    assert "4 of 4 dialogues, 8 turns; states predicted; active domains given; match subset" in shown
    assert "BLEU, duologue-spans" in shown
    assert "tok:13a" in shown


def test_active_domains_and_match_are_options(town: Path) -> None:
    assert scores(town, "system.json", "--active-domains", "placeholders")["active_domains"] == "placeholders"
    assert scores(town, "system.json", "--match", "name-free")["match"] == "name-free"


def test_active_domains_that_are_not_given_are_refused(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    turn = good_meal().turns[0]._replace(active_domains=None)
    public(town / "silent.json", TodPrediction("sng0002", [turn]))
    assert evaluate(town, "silent.json", "--active-domains", "given") == 2
    assert "not every turn says its active domains" in capsys.readouterr().err


def test_a_corpus_without_bookings_is_noticed(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (town / "booked.json").write_text('{"mul0001": [[], [], []]}')
    public(town / "one.json", good_stay("mul0001"))
    assert evaluate(town, "one.json", "--booked", town / "booked.json", "--strict") == 1
    assert "no reference number counts; give --booked" in capsys.readouterr().err


def test_two_systems_beside_one_another_and_the_published_ones(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = scores(town, "system.json", "--against", town / "good.json", "--published")
    assert found["differences"]["success"]["difference"] == pytest.approx(-50)
    assert found["against"]["success"]["total"] == 100.0
    shown = capsys.readouterr().out
    assert "good.json, points" in shown
    assert "GALAXY" in shown
    assert "these predictions" in shown
    assert "published rows against mwz22, these predictions against duologue-spans" in shown


def test_what_does_not_fit_is_listed_and_strict_makes_it_an_error(
    town: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = good_meal("sng0002")
    odd.turns[0] = odd.turns[0]._replace(response="[address] in the [suburb]")
    public(town / "odd.json", odd, good_stay("nobody"), TodPrediction("mul0001", good_stay().turns[:2]))
    assert evaluate(town, "odd.json") == 0
    listed = capsys.readouterr().err
    for line in ("nobody: predicted, but not among", "MUL0001: 2 of 3 system turns", "placeholder [suburb], 1 times"):
        assert line in listed
    assert evaluate(town, "odd.json", "--strict") == 1
    assert evaluate(town, "good.json", "--strict") == 0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"mul0001": [{"state": {}}]}', "missing required field `response`"),
        ('{"mul0001": [{"response": "ok"}]', "odd.json"),
        ('{"nobody": [{"response": "ok"}]}', "none of the 1 predicted dialogues is among the 4 references"),
    ],
)
def test_files_that_cannot_be_used(town: Path, text: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    (town / "odd.json").write_text(text)
    assert evaluate(town, "odd.json") == 2
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("option", ["--booked=", "--gold-states=", "--bleu-reference=hdsa="])
def test_an_original_file_of_another_layout_is_refused(
    town: Path, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (town / "odd.json").write_text('{"MUL0001": [1]}')
    assert evaluate(town, "good.json", f"{option}{town / 'odd.json'}") == 2
    error = capsys.readouterr().err
    assert "odd.json: expected JSON with " in error
    assert "by dialogue (Expected `" in error
    assert error.count("\n") == 1


def test_a_run_that_is_still_writing_is_evaluated_as_far_as_it_is(town: Path) -> None:
    states = {"restaurant": {"name": ["pizza hut"]}}
    whole = [DialoguePrediction(name, [TurnPrediction(1, "[address]", states)]) for name in ("SNG0002", "SNG0004")]
    write_rows(town / "growing.jsonl", whole)
    with (town / "growing.jsonl").open("ab") as file:
        file.write(b'{"id":"MUL0001","turns":[{"turn":1,"resp')
    found = scores(town, "growing.jsonl")
    assert (found["dialogues"], found["references"], found["success"]["total"]) == (2, 4, 100.0)


def test_nothing_is_changed_in_place(town: Path) -> None:
    before = {path: path.read_bytes() for path in town.rglob("*.json*")}
    assert evaluate(town, "system.json", "--explain", town / "reasons/rows.jsonl") == 0
    assert all(path.read_bytes() == held for path, held in before.items())


def test_reasons_as_rows_and_as_a_page(town: Path) -> None:
    assert evaluate(town, "system.json", "--explain", town / "reasons.jsonl") == 0
    rows = [json.loads(line) for line in (town / "reasons.jsonl").read_text().splitlines()]
    hotel = next(each for each in rows[2]["domains"] if each["domain"] == "hotel")
    assert (hotel["inform"], hotel["kind"], hotel["offered"]["turn"]) == (False, "wrong venues", 1)
    assert hotel["broken"] == {"area": {"wanted": "north", "found": ["south"]}}
    assert rows[3]["domains"][0]["missing"] == [{"name": "ADDRESS", "asked": []}]

    with pytest.raises(SystemExit) as left:
        run(["report", str(town / "reasons.jsonl")])
    assert left.value.code == 0
    with opened(town / "reasons.html") as page:
        shown = page.locator("details.judged:visible")
        assert page.inner_text("#count") == "4 of 4 dialogues"
        page.click('button[data-label="hotel wrong venues"]')
        assert shown.count() == 1
        assert "MUL0003" in shown.inner_text()
        shown.locator("summary").click()
        assert "area is south, the goal wants north" in shown.locator(".reasons").inner_text()
        assert "hotel: 1 offered" in shown.locator(".talk").inner_text()
        page.click('button[data-label="restaurant never told address"]')  # both at once: none
        assert shown.count() == 0
        assert page.is_visible("#nothing")
        page.click("#clear")
        page.fill("#find", "no</b> idea")  # what a system wrote is text, never markup
        assert shown.count() == 1
        assert "SNG0004" in shown.inner_text()


def test_a_page_of_something_else_is_refused(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        run(["report", str(town / "corpus.jsonl")])
    assert left.value.code == 2
    error = capsys.readouterr().err
    assert "corpus.jsonl, line 1" in error
    assert "evaluate tod --explain" in error


def test_words_are_delexicalised_when_asked_for(town: Path) -> None:
    said = [
        "Oak Lodge is in the north.",
        "Its number is 01223 999999, your reference is 7K2MXQ4B.",
        "Take TR2 at 11:00.",
    ]
    prediction = good_stay("mul0001")
    in_words = [turn._replace(response=text) for turn, text in zip(prediction.turns, said, strict=True)]
    public(town / "words.json", prediction._replace(turns=in_words))
    assert scores(town, "words.json")["inform"]["total"] == 0.0
    found = scores(town, "words.json", "--delexicalise")
    assert (found["inform"]["total"], found["success"]["total"]) == (100.0, 100.0)
