"""What leaves a project and what comes into it: tables, lines, Label Studio's JSON, preference pairs."""

from __future__ import annotations

import csv
import io
import json
import threading
import uuid
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from continued import continued, write_continued
from studio_project import Page, annotator, compared, folder_with, rows_of, say

from duologue.corpora.json_stream import write_list
from duologue.dialogue import write
from duologue.evaluation.annotations.blind import blind_tasks
from duologue.evaluation.annotations.reading import read_annotations
from duologue.evaluation.comparisons.loading import load_comparisons
from duologue.studio.app import make_app
from duologue.studio.exchange.export import Format, export
from duologue.studio.exchange.html_talk import Said, text_of, turns_of
from duologue.studio.exchange.label_studio import read_export
from duologue.studio.projects.item import Candidate, Item, Line, Panel
from duologue.studio.statistics.judgements import Judgement
from duologue.studio.store.event import Event
from duologue.studio.studio import Studio, open_studio
from duologue.training.preference_data import preference_rows

FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1")
PROJECT = """
type: pairwise
from: {items: items.jsonl}
checks: {items: checks/items.jsonl}
questions:
  - {name: preference, kind: preference, text: "Better?", strength: 4}
  - {name: labels, kind: choice, several: true, text: "Which?", options: [a, b], required: false}
  - {name: why, kind: words, text: "Why?"}
"""


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    folder_with(tmp_path / "checks", "", [compared(100, expected={"preference": 4})])
    items = [compared(n, facts={"strategy": "Offer Hope"}) for n in range(8)]
    with open_studio(folder_with(tmp_path, PROJECT, items)) as opened:
        yield opened


def exported(studio: Studio, format: Format, project: str = "task") -> bytes:
    opened = studio.projects[project]
    return export(format, opened.project, opened.items, studio.store.snapshot(project))


def test_no_text_of_a_table_is_a_formula(studio: Studio) -> None:
    for at, formula in enumerate(FORMULAS):
        say(studio, {formula: {f"item-{at}": {("why", ""): formula, ("preference", ""): -3}}})
        person = next(each for each in studio.store.annotators("task") if each.name == formula)
        event = Event(str(uuid.uuid4()), person.id, f"item-{at}", "comment", value=formula)
        studio.store.save("task", event).result(10)
    say(studio, {"Ada": {"item-0": {("why", ""): 'a "quoted",\nbroken line, ø', ("labels", ""): ["a", "b"]}}})
    data = exported(studio, "csv")
    table = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    rows = rows_of(studio)
    assert len(table) == len(rows) == 2 * len(FORMULAS) + 2
    for found, row in zip(table, rows, strict=True):
        assert found["item"] == row.item
        for name in ("annotator", "comment", "value"):
            told = getattr(row, name)
            if told in FORMULAS:
                assert found[name] == f"'{told}"
        if row.question == "preference":
            assert found["value"] == "-3", "numbers stay numbers"
    own = {found["question"]: found["value"] for found in table if found["annotator"] == "Ada"}
    assert own == {"why": 'a "quoted",\nbroken line, ø', "labels": "a|b"}


def test_lines_hold_every_judgement_as_it_is(studio: Studio) -> None:
    say(
        studio,
        {
            "Ada": {
                "item-0": {("preference", ""): 2, ("why", ""): "=1+1\x00\u2028"},
                "item-100": {("preference", ""): 4},
            },
            "Bo": {"item-0": {("preference", ""): -1, ("labels", ""): ["b"]}},
        },
    )
    data = exported(studio, "jsonl")
    assert msgspec.json.Decoder(Judgement).decode_lines(data) == rows_of(studio)
    lines = [json.loads(line) for line in data.splitlines()]
    assert {line["item"] for line in lines if line.get("check")} == {"item-100"}
    assert all(line["at"].endswith("Z") for line in lines), "times say their zone"


def judged_alike(studio: Studio, project: str) -> set[tuple[str, str, Any, float]]:
    return {
        (row.item, row.annotator, row.value, row.seconds)
        for row in rows_of(studio, project)
        if row.question == "preference" and not row.check
    }


def test_label_studios_json_comes_back_with_the_same_judgements(studio: Studio) -> None:
    app = make_app(studio)
    for name, value in (("Ada", 3), ("Bo", -2), ("Cy", 0)):
        page = annotator(app, studio, name)
        for at in range(3):
            page.get(f"{page.path}/items/{at}")
            page.act(at, question="preference", value=value, seconds=2.5)
    page.act(1, kind="skip", seconds=1)
    page.act(2, kind="comment", value="odd <b>one</b>")
    say(studio, {"Ada": {"item-100": {("preference", ""): 1}}})
    data = exported(studio, "label-studio")
    tasks = json.loads(data)
    assert [task["data"]["task"] for task in tasks] == [f"item-{n}" for n in range(8)], "without the check"
    cancelled = [each["completed_by"]["id"] for task in tasks for each in task["annotations"] if each["was_cancelled"]]
    assert cancelled == ["Cy"]
    assert "odd <b>one</b>" in data.decode()

    owner = Page(app, "/")
    answer = owner.client.post("/import/again", content=data, headers={"x-form-token": owner.token})
    assert answer.status_code == 200, answer.text
    assert any("skipped by Cy" in each for each in answer.json()["problems"])
    assert judged_alike(studio, "again") == judged_alike(studio, "task") != set()
    before, after = studio.projects["task"].items, studio.projects["again"].items
    for id, item in after.items():
        assert (item.panels, item.answers, item.facts) == (before[id].panels, before[id].answers, before[id].facts)
    again = json.loads(exported(studio, "label-studio", "again"))
    assert {task["data"]["task"]: task["data"] for task in again} == {
        task["data"]["task"]: task["data"] for task in tasks if task["data"]["task"] in after
    }


@pytest.mark.parametrize("system", ["full", "my_c1_hf_model", "runs/a/full", "standard"])
def test_a_systems_name_survives_the_way_there_and_back(tmp_path: Path, system: str) -> None:
    item = Item("i", (Panel("A", "b"),), (Candidate("a1", "x", system), Candidate("a2", "y", "other")))
    with open_studio(folder_with(tmp_path, "type: pairwise\nfrom: {items: items.jsonl}\n", [item])) as studio:
        say(studio, {"Ada": {"i": {("preference", ""): 1}}})
        (file := tmp_path / "export.json").write_bytes(exported(studio, "label-studio"))
    (row,) = read_annotations(file).rows
    assert (row.left, row.right) == (system, "other")


def test_what_is_no_export_of_preferences_is_refused_in_a_line(studio: Studio) -> None:
    owner = Page(make_app(studio), "/")
    for content in (b"", b"{}", b"[]", b"[1]", b'[{"annotations": []}]', b"\xff\xfe", b'[{"annotator": 1}]'):
        answer = owner.client.post("/import/odd", content=content, headers={"x-form-token": owner.token})
        assert answer.status_code == 422, content
        assert "Traceback" not in answer.text
        assert "odd" not in studio.projects
    assert not list((studio.place.root / "imported").glob("*"))


def test_blind_tasks_are_imported_as_readable_turns(tmp_path: Path) -> None:
    """What `duologue export` gives Label Studio is HTML; annotated there, it comes back as text."""
    one = write_continued(tmp_path / "one", 2, lambda point, name: f"one <script>alert(1)</script> & {name}\nagain")
    write(tmp_path / "other.jsonl", continued(2, lambda point, name: f"other, {name}"))
    found = load_comparisons((str(one), str(tmp_path / "other.jsonl")), names=("a", "b"))
    made = blind_tasks(found)
    answered = [
        {**task, "id": at, "annotations": [{"completed_by": 7, "result": [_choice("2")]}]}
        for at, task in enumerate(made.tasks)
    ]
    write_list(tmp_path / "annotated.json", answered)
    imported = read_export(tmp_path / "annotated.json")
    histories = {each.id: each for each in found.comparisons}
    for item, key in zip(imported.items, made.key, strict=True):
        comparison = histories[key.comparison]
        assert item.panels[0].heading == f"Strategy: {key.strategy}"
        assert comparison.strategy is not None
        assert item.panels[0].text == comparison.strategy.description.strip()
        assert [(line.speaker, line.text, line.role) for line in item.panels[1].lines] == [
            ("seeker" if turn.speaker == "user" else "supporter", turn.said, turn.speaker)
            for turn in comparison.history
        ]
        assert {each.text for each in item.answers} == {comparison.first.text, comparison.second.text}
        assert item.messages[-1] == {"role": "user", "content": comparison.history[-1].said}


def _choice(value: str) -> dict[str, Any]:
    return {"from_name": "model-preference", "type": "choices", "value": {"choices": [value]}}


@pytest.mark.parametrize(
    ("html", "turns"),
    [
        ("<br><b>seeker</b>: Hi.<br><b>supporter</b>: Yes?", [Said("seeker", "Hi."), Said("supporter", "Yes?")]),
        ("<p><strong>User:</strong> a &lt;b&gt;c&lt;/b&gt; &amp; d</p>", [Said("User", "a <b>c</b> & d")]),
        ("<b>A</b>: one<br/>two <b>bold</b> three<br><br>four", [Said("A", "one\ntwo bold three\nfour")]),
        ("plain\nlines", [Said("", "plain\nlines")]),
        ("<b>a heading</b><br>x: y", [Said("", "a heading\nx: y")]),
        ("<b>A</b>: <script>alert(1)</script><img src=x onerror=y>", [Said("A", "alert(1)")]),
        ("<b>A</b>: 1 < 2 <3 </b></b> & < b", [Said("A", "1 < 2 <3  & < b")]),
        ("<b>A", [Said("", "A")]),
        ("", []),
    ],
)
def test_html_is_read_as_turns_and_nothing_of_it_obeyed(html: str, turns: list[Said]) -> None:
    assert turns_of(html) == turns
    assert "<script" not in text_of(html)


def test_preference_pairs_are_what_train_dpo_reads(tmp_path: Path) -> None:
    make_tokenizer = pytest.importorskip("random_llama").make_tokenizer
    write_continued(tmp_path / "one", 4, lambda point, name: f"one {point}, {name}")
    write_continued(tmp_path / "other", 4, lambda point, name: f"other {point}, {name}")
    source = {"systems": {"ours": "one", "theirs": "other"}}
    (tmp_path / "projects").mkdir()
    (tmp_path / "projects/task.yaml").write_text(
        yaml.safe_dump({"type": "pairwise", "from": source, "overlap": 3}, sort_keys=False)
    )
    wanted = {}
    with open_studio(tmp_path) as studio:
        app, items = make_app(studio), studio.projects["task"].items
        for name in ("Ada", "Bo", "Cy"):
            page = annotator(app, studio, name)
            for at in range(len(items)):
                shown = page.get(f"{page.path}/items/{at}")["item"]["answers"]
                point = int(shown[0]["text"].split()[1].rstrip(","))
                # of point 0 they prefer `one`, of 1 `other`, of 2 neither; of 3 they disagree, and cancel out
                side = {0: "one", 1: "other", 3: {"Ada": "one", "Bo": "other"}.get(name)}.get(point)
                first = shown[0]["text"].startswith(f"{side} ")
                value = 0 if side is None else (-2 if first else 2)
                assert page.act(at, question="preference", value=value).status_code == 200
        for id, item in items.items():
            point = int(item.answers[0].text.split()[1].rstrip(","))
            if point < 2:
                wanted[f"{id} a1-a2"] = [each.text for each in (item.answers if point == 0 else item.answers[::-1])]
        data = exported(studio, "pairs")
    rows = {row["id"]: row for row in map(json.loads, data.splitlines())}
    assert {id: [row["chosen"][0]["content"], row["rejected"][0]["content"]] for id, row in rows.items()} == wanted
    assert len(wanted) == 6
    for row in rows.values():
        assert [each["role"] for each in row["prompt"]] == ["user", "assistant", "user"]
        assert (row["preference"], row["annotators"]) == (2, 3)
        assert {row["chosen_system"], row["rejected_system"]} == {"ours", "theirs"}
        assert row["strategy"] in row["chosen"][0]["content"]
    (file := tmp_path / "pairs.jsonl").write_bytes(data)
    tokenizer = make_tokenizer()
    read = list(preference_rows(file)(tokenizer, 512))
    assert [each.name for each in read] == list(rows)
    for tokens, row in zip(read, rows.values(), strict=True):
        chosen = [id for id, trained in zip(tokens.chosen.ids, tokens.chosen.trained, strict=True) if trained]
        assert tokenizer.decode(chosen, skip_special_tokens=True).strip() == row["chosen"][0]["content"]
        assert row["prompt"][-1]["content"] in tokenizer.decode(tokens.rejected.ids)


def test_rankings_give_a_pair_for_every_two_answers_that_differ(tmp_path: Path) -> None:
    talk = (Line("User", "What?", role="user"),)
    answers = tuple(Candidate(f"a{at}", f"text {at}", f"s{at}") for at in (1, 2, 3))
    items = [Item("i1", (Panel("Conversation", lines=talk),), answers), Item("i2", (Panel("A", "b"),), answers)]
    ranks = {("rank", "a1"): 2, ("rank", "a2"): 1, ("rank", "a3"): 2}
    with open_studio(folder_with(tmp_path, "type: ranking\nfrom: {items: items.jsonl}\n", items)) as studio:
        say(studio, {"Ada": {"i1": ranks, "i2": ranks}})
        rows = [json.loads(line) for line in exported(studio, "pairs").splitlines()]
    assert [(row["chosen_system"], row["rejected_system"]) for row in rows] == [("s2", "s1"), ("s2", "s3")]
    assert {row["prompt"][0]["content"] for row in rows} == {"What?"}, "an unknown conversation teaches nothing"


def test_an_export_is_of_one_moment_while_others_write(tmp_path: Path) -> None:
    """A guest speaks of an item before the first person does: no export holds the latter without the former."""
    project = "type: pairwise\nfrom: {items: items.jsonl}\noverlap: 1000\n"
    with open_studio(folder_with(tmp_path, project, [compared(n) for n in range(120)])) as studio:
        ended = threading.Event()

        def work() -> None:
            first = studio.store.add_annotator("task", "first").id
            for at in range(120):
                guest = studio.store.add_annotator("task", f"guest {at}").id
                for person in (guest, first):
                    event = Event(str(uuid.uuid4()), person, f"item-{at}", "answer", "preference", "", 1)
                    studio.store.save("task", event).result(30)
            ended.set()

        worker = threading.Thread(target=work)
        worker.start()
        sizes = set()
        while not ended.is_set():
            said = defaultdict(set)
            for line in exported(studio, "jsonl").splitlines():
                row = json.loads(line)
                said[row["annotator"]].add(row["item"])
            own = said.pop("first", set())
            guests = {item for items in said.values() for item in items}
            assert own <= guests
            assert len(guests) - len(own) <= 1
            assert own == {f"item-{n}" for n in range(len(own))}
            sizes.add(len(own))
        worker.join()
        assert len(sizes) > 3, "exports were made in between"
        assert len(exported(studio, "jsonl").splitlines()) == 240
