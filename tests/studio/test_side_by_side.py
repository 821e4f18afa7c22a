"""People, a judge and a metric on the same items, with verdicts of a real `duologue evaluate judge`."""

from __future__ import annotations

import random
import statistics
from itertools import permutations
from pathlib import Path

import pytest
import yaml
from command_line import duologue
from continued import STRATEGIES, write_continued
from judging_server import JudgingServer
from reference_agreement import cohen, interval, krippendorff
from studio_project import Page, rows_of, say

from duologue.studio.app import make_app
from duologue.studio.statistics.figures import figures
from duologue.studio.statistics.judges import verdicts_of
from duologue.studio.studio import open_studio

PEOPLE = ("Ada", "Bo", "Cy")
_KINDS = ("better", "worse", "even", "alike", "unclear", "better")
"""Of each point, what the rule of the judge makes of it: first, second, tie, tie by position, nothing, first."""
JUDGED = {"better": -1, "worse": 1, "even": 0, "alike": 0}


@pytest.fixture
def judged(tmp_path: Path) -> Path:
    """Two systems' answers, and the verdicts of a real `duologue evaluate judge` on them."""
    write_continued(
        tmp_path / "one", 6, lambda point, name: f"{_KINDS[point]}, says one, {name}", scores=lambda point: point % 3
    )
    write_continued(
        tmp_path / "other",
        6,
        lambda point, name: f"{'better' if point == 1 else 'hm'}, says the other, {name}",
        scores=lambda point: 1.0,
    )
    with JudgingServer() as server:
        model = ("--model", "openai:judge", "--base-url", server.url, "--names", "steered", "plain")
        assert duologue("evaluate", "judge", tmp_path / "one", tmp_path / "other", *model, "--out", tmp_path / "v") == 0
    (tmp_path / "projects").mkdir()
    source = {"systems": {"plain": "other", "steered": "one"}, "judges": {"rules": "v"}}
    (tmp_path / "projects/task.yaml").write_text(yaml.safe_dump({"type": "pairwise", "from": source}, sort_keys=False))
    return tmp_path


def test_people_judge_and_metric_stand_side_by_side(judged: Path) -> None:
    with open_studio(judged) as studio:
        opened = studio.projects["task"]
        points = {id: int(item.facts["compared"][len("esconv-") :][:4]) for id, item in opened.items.items()}
        assert len(points) == 6 * len(STRATEGIES)
        rng = random.Random(3)
        # in the item's own order plain stands left, in the judge's second
        said = {
            name: {id: rng.choice((-3, -1, 0, 2)) for id in points if (points[id] + at) % 5 or points[id] == 3}
            for at, name in enumerate(PEOPLE)
        }
        say(
            studio, {name: {id: {("preference", ""): value} for id, value in own.items()} for name, own in said.items()}
        )
        verdicts = verdicts_of(opened.project, opened.items, studio.place.inside)
        assert not verdicts.problems
        assert verdicts.verdicts["rules"].judge == "openai:judge"
        own = figures(opened.project, opened.items, rows_of(studio), verdicts.verdicts).questions["preference"]
        shown = Page(make_app(studio), "/").client.get("/projects/task/figures").text

    judge = {id: -JUDGED[_KINDS[point]] for id, point in points.items() if _KINDS[point] in JUDGED}
    metric = {id: sign((point % 3) - 1) for id, point in points.items()}
    same_items = [id for id in points if id in judge]
    people = {id: [sign(own[id]) for own in said.values() if id in own] for id in same_items}
    assert own.beside is not None
    assert own.beside.items == len(same_items) == 5 * len(STRATEGIES)
    assert [(each.one, each.other) for each in own.beside.rows] == [
        ("people", "people"), ("people", "judge rules"), ("people", "sra"), ("judge rules", "sra"),
    ]  # fmt: skip
    expected = [
        [(a, b) for sides in people.values() for a, b in permutations(sides, 2)],
        [(a, judge[id]) for id, sides in people.items() for a in sides],
        [(a, metric[id]) for id, sides in people.items() for a in sides],
        [(judge[id], metric[id]) for id in people],
    ]
    alphas = [list(people.values()), *([list(pair) for pair in pairs] for pairs in expected[1:])]
    for row, pairs, units in zip(own.beside.rows, expected, alphas, strict=True):
        assert row.pairs == (len(pairs) // 2 if row.other == "people" else len(pairs))
        assert row.same.value == pytest.approx(100 * statistics.mean(a == b for a, b in pairs))
        assert row.kappa.value == pytest.approx(cohen(pairs), abs=1e-9)
        assert row.alpha.value == pytest.approx(krippendorff(units, interval), abs=1e-9)
        assert f'<th scope="row">{row.one} – {row.other}</th>' in shown
        assert f"{row.kappa.value:.3f}" in shown
    assert "on the same 15 items" in shown


def sign(number: float) -> int:
    return (number > 0) - (number < 0)


def test_verdicts_that_do_not_fit_are_told_and_people_go_on(judged: Path) -> None:
    project = judged / "projects/task.yaml"
    for judges, told in (
        ({"rules": "absent"}, "no such file"),
        ({"rules": "one"}, "no such file"),
        ({"rules": "../v"}, "outside of the studio"),
        ({"rules": "odd"}, "no verdicts"),
        ({"rules": "v"}, "compares &#39;steered&#39;, which is none of other, plain"),
    ):
        (judged / "odd").mkdir(exist_ok=True)
        (judged / "odd/scores.json").write_text('{"score": {"criteria": {}}}')
        systems = (
            {"other": "one", "plain": "other"} if judges == {"rules": "v"} else {"steered": "one", "plain": "other"}
        )
        source = {"systems": systems, "judges": judges}
        project.write_text(yaml.safe_dump({"type": "pairwise", "from": source}))
        with open_studio(judged) as studio:
            answer = Page(make_app(studio), "/").client.get("/projects/task/figures")
            assert answer.status_code == 200
            assert told in answer.text


def test_figures_follow_what_is_said_and_what_a_judge_says_later(judged: Path) -> None:
    (judged / "v").rename(judged / "later")
    with open_studio(judged) as studio:
        client = Page(make_app(studio), "/").client
        ids = list(studio.projects["task"].items)

        def shown() -> str:
            return client.get("/projects/task/figures").text

        assert "0 judgements of 0 items" in shown()
        say(studio, {"Ada": {ids[0]: {("preference", ""): 1}}})
        assert "1 judgements of 1 items" in shown()
        assert "judge rules: " in shown()
        say(studio, {"Bo": {id: {("preference", ""): -1} for id in ids}})
        assert f"{1 + len(ids)} judgements of {len(ids)} items, 1 of them by two or more people" in shown()
        (judged / "later").rename(judged / "v")
        assert '<th scope="row">people – judge rules</th>' in shown()
        scores = (judged / "v/scores.json").read_text()
        (judged / "v/scores.json").write_text(scores.replace('"outcome": "first"', '"outcome": "unparsable"'))
        assert "on the same 9 items" in shown()
