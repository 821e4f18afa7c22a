"""Annotating over HTTP: blind, checked, resumable."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from studio_project import Page, annotator, compared, folder_with

from duologue.errors import InputError
from duologue.studio.app import make_app
from duologue.studio.studio import Studio, open_studio

EVERYTHING = """
title: All kinds
shows: items
instructions: "Read <script>alert(1)</script> *closely*. [x](javascript:alert(1)) ![p](https://elsewhere.example/p.png)"
from: {items: items.jsonl}
questions:
  - {name: good, kind: scale, text: "Good?", low: 1, high: 3}
  - {name: rank, kind: rank, text: Rank}
  - {name: better, kind: preference, text: "Better?", strength: 2}
  - {name: label, kind: choice, text: "Which?", options: [a, b]}
  - {name: labels, kind: choice, text: "Which ones?", options: {a: A, b: B, c: C}, several: true, required: false}
  - {name: words, kind: words, text: "Why?", most: 5}
overlap: 4
"""
ANSWERS = [
    ("good", "", 2),
    ("rank", "A", 1),
    ("rank", "B", 2),
    ("better", "", -2),
    ("label", "", "b"),
    ("labels", "", ["c", "a"]),
    ("words", "", "so"),
]


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    with open_studio(folder_with(tmp_path, EVERYTHING, [compared(n) for n in range(8)])) as opened:
        yield opened


def only(page: Page, at: int) -> dict[tuple[str, str], Any]:
    found = page.get(f"{page.path}/items/{at}")
    return {(each["question"], each["target"]): each["value"] for each in found["answers"]}


def shown_order(page: Page, at: int) -> list[str]:
    return [each["text"] for each in page.get(f"{page.path}/items/{at}")["item"]["answers"]]


def test_nothing_an_annotator_gets_says_whose_answer_it_is(studio: Studio) -> None:
    page = annotator(make_app(studio), studio, "Ada")
    told = (
        page.html.partition("<body>")[2]
        + str(page.get(f"{page.path}/work"))
        + str([page.get(f"{page.path}/items/{n}") for n in range(8)])
    )
    for hidden in ("wing", "sra", "'a1'", "item-0"):
        assert hidden not in told


def test_orders_are_drawn_for_each_annotator_and_kept(studio: Studio) -> None:
    app = make_app(studio)
    orders = {}
    for name in ("Ada", "Bo"):
        page = annotator(app, studio, name)
        texts = [[each["text"] for each in page.get(f"{page.path}/items/{n}")["item"]["answers"]] for n in range(8)]
        assert texts == [
            [each["text"] for each in page.get(f"{page.path}/items/{n}")["item"]["answers"]] for n in range(8)
        ]
        orders[name] = [each[0].startswith("Answer one") for each in texts]
    assert orders["Ada"] != orders["Bo"]
    assert len(set(orders["Ada"])) == 2


def test_answers_are_kept_by_what_was_meant_and_shown_as_they_were_given(studio: Studio) -> None:
    app = make_app(studio)
    turned = set()
    for name in ("Ada", "Bo", "Cy", "Di"):
        page = annotator(app, studio, name)
        first = page.get(f"{page.path}/items/0")["item"]["answers"][0]["text"]
        for question, target, value in ANSWERS:
            assert page.act(0, question=question, target=target, value=value).status_code == 200
        assert only(page, 0) == {(q, t): ["a", "c"] if q == "labels" else v for q, t, v in ANSWERS}
        person = next(each for each in studio.store.annotators("task") if each.name == name)
        kept = studio.store.state("task").of[person.id][studio.store.given(person.id)[0]].answers
        one_first = first.startswith("Answer one")
        turned.add(one_first)
        assert kept["rank", "a1"] == (1 if one_first else 2)
        assert kept["better", ""] == (-2 if one_first else 2)
        assert page.get(f"{page.path}/work")["items"] == ["done"]
    assert turned == {True, False}, "the draws show both sides"


@pytest.mark.parametrize(
    "wrong",
    [
        {"question": "good", "value": 4},
        {"question": "good", "value": "2"},
        {"question": "good", "value": True},
        {"question": "good", "value": 2.5},
        {"question": "good", "target": "A", "value": 2},
        {"question": "rank", "target": "A", "value": 3},
        {"question": "rank", "target": "C", "value": 1},
        {"question": "rank", "target": "a1", "value": 1},
        {"question": "better", "value": 3},
        {"question": "label", "value": "c"},
        {"question": "label", "value": ["a"]},
        {"question": "labels", "value": ["a", "a"]},
        {"question": "labels", "value": "a"},
        {"question": "words", "value": "longer"},
        {"question": "nothing", "value": 1},
        {"kind": "comment", "value": 5},
        {"kind": "delete"},
        {"item": 7},
        {"item": -1},
        {"id": "x"},
        {"seconds": -1},
        {"annotator": "someone"},
    ],
)
def test_what_is_no_answer_is_not_saved(studio: Studio, wrong: dict[str, Any]) -> None:
    page = annotator(make_app(studio), studio, "Ada")
    page.get(f"{page.path}/items/0")
    given = {"item": 0, "question": "good", "value": 2} | wrong
    assert page.act(given.pop("item"), **given).status_code in (404, 422)
    assert not list(studio.store.events("task"))


def test_one_sees_and_changes_only_what_one_was_given(studio: Studio) -> None:
    app = make_app(studio)
    ada, bo = (annotator(app, studio, name) for name in ("Ada", "Bo"))
    ada.get(f"{ada.path}/items/0")
    assert ada.client.get(f"{ada.path}/items/5").status_code == 404
    assert bo.act(0, question="good", value=1).status_code == 404
    ada.act(0, id="0" * 36, question="good", value=1)
    bo.get(f"{bo.path}/items/0")
    assert bo.act(0, id="0" * 36, question="good", value=3).status_code == 409
    assert only(bo, 0) == {}


def test_work_goes_on_after_the_studio_was_closed(tmp_path: Path) -> None:
    root = folder_with(tmp_path, EVERYTHING, [compared(n) for n in range(3)])
    with open_studio(root) as studio:
        page = annotator(make_app(studio), studio, "Ada")
        for at in range(2):
            page.get(f"{page.path}/items/{at}")
            page.act(at, question="good", value=at + 1)
        page.act(1, kind="skip")
        page.act(1, kind="comment", value="odd")
    with open_studio(root) as studio:
        again = Page(make_app(studio), page.path)
        assert again.get(f"{again.path}/work")["items"] == ["begun", "skipped"]
        assert only(again, 0) == {("good", ""): 1}
        assert again.get(f"{again.path}/items/1")["comment"] == "odd"
        again.act(1, question="good", value=3)
        assert again.get(f"{again.path}/work")["items"][1] == "begun", "who answers does not leave out"
        assert again.get(f"{again.path}/items/2")["item"] is not None
        assert again.get(f"{again.path}/items/3") == {"item": None}


def test_checks_are_mixed_in_and_look_like_any_other(tmp_path: Path) -> None:
    checks = [compared(n, expected={"good": 3}) for n in (100, 101)]
    folder_with(tmp_path / "checks", "", checks)
    project = EVERYTHING + "checks: {items: checks/items.jsonl, every: 3}\n"
    with open_studio(folder_with(tmp_path, project, [compared(n) for n in range(8)])) as studio:
        page = annotator(make_app(studio), studio, "Ada")
        texts = [page.get(f"{page.path}/items/{n}")["item"]["panels"][0]["lines"][0]["text"] for n in range(10)]
        assert [at for at, text in enumerate(texts) if "10" in text] == [2, 5]
        assert "expected" not in str([page.get(f"{page.path}/items/{n}") for n in range(10)])
        assert page.get(f"{page.path}/items/10") == {"item": None}


def test_instructions_are_markdown_and_nothing_more(studio: Studio) -> None:
    html = annotator(make_app(studio), studio, "Ada").html
    assert "<em>closely</em>" in html
    assert "<script>alert" not in html
    assert 'href="javascript' not in html
    assert "<img" not in html


def test_an_owner_sees_how_far_everybody_is(studio: Studio) -> None:
    app = make_app(studio)
    page = annotator(app, studio, "A<b>da")
    page.get(f"{page.path}/items/0")
    for question, target, value in ANSWERS:
        page.act(0, question=question, target=target, value=value, seconds=2)
    shown = Page(app, "/projects/task").html
    assert "1 of 32 judgements" in shown
    assert "A&lt;b&gt;da" in shown
    assert "A<b>da" not in shown


def test_projects_appear_and_are_mended_while_the_studio_runs(studio: Studio) -> None:
    page = Page(make_app(studio), "/")
    folder = studio.place.root / "projects"
    (folder / "late.yaml").write_text("type: ranking\nfrom: {items: nowhere.jsonl}\ntitle: Late\n")
    told = page.client.get("/").text
    assert "nowhere.jsonl" in told
    assert "/projects/late" not in told
    (folder / "late.yaml").write_text("type: ranking\nfrom: {items: items.jsonl}\nshows: items\ntitle: Late\n")
    told = page.client.get("/").text
    assert "nowhere.jsonl" not in told
    assert "/projects/late" in told


def test_a_second_file_of_a_name_leaves_the_first_alone(studio: Studio) -> None:
    before = studio.store.snapshot("task").items
    other = studio.place.root / "projects" / "other.yaml"
    other.write_text(EVERYTHING.replace("items.jsonl}", "items.jsonl, limit: 2}") + "name: task\n")
    with pytest.raises(InputError, match="another file has this project's name"):
        studio.add(other)
    assert studio.store.snapshot("task").items == before
