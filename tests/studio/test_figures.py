"""The figures of annotations, against a second computation from the formulas; people, judge and metric side by side."""

from __future__ import annotations

import math
import random
import statistics
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
import yaml
from command_line import duologue
from continued import STRATEGIES, write_continued
from judging_server import JudgingServer
from scipy.stats import binomtest
from sklearn.metrics import cohen_kappa_score
from studio_project import Page, compared, folder_with, rows_of, say

from duologue.evaluation.bootstrap import Figure, Interval
from duologue.studio.app import make_app
from duologue.studio.projects.item import Candidate, Item, Line, Panel
from duologue.studio.statistics.figures import ProjectFigures, figures, needed
from duologue.studio.statistics.judges import verdicts_of
from duologue.studio.studio import Studio, open_studio

PEOPLE = ("Ada", "Bo", "Cy")
QUESTIONS = """
title: Everything
shows: items
instructions: Say it.
from: {items: items.jsonl}
questions:
  - {name: good, kind: scale, text: "Good?", low: 1, high: 5}
  - {name: kind, kind: choice, text: "Which?", options: [a, b, c]}
  - {name: acts, kind: choice, of: turns, several: true, text: "What?", options: [x, y, z]}
  - {name: rank, kind: rank, text: Rank}
"""


def ranked(number: int) -> Item:
    talk = (Line("User", "a", 0), Line("Assistant", "b", 1))
    answers = tuple(
        Candidate(f"a{at}", f"{number} {system}", system) for at, system in enumerate(("s1", "s2", "s3"), 1)
    )
    return Item(f"i{number}", (Panel("Conversation", lines=talk),), answers)


def opinion(rng: random.Random, person: str, number: int) -> dict[tuple[str, str], Any]:
    """Answers of people who agree now and then; some items are not everybody's."""
    own = random.Random(f"{number}") if rng.random() < 0.6 else rng
    answers: dict[tuple[str, str], Any] = {("good", ""): own.randint(1, 5), ("kind", ""): own.choice("aabc")}
    answers |= {("acts", str(turn)): [label for label in "xyz" if own.random() < 0.5] for turn in (0, 1)}
    answers |= {("rank", name): own.randint(1, 3) for name in ("a1", "a2", "a3")}
    return answers


def said_by_all(count: int = 40) -> dict[str, dict[str, dict[tuple[str, str], Any]]]:
    rng = random.Random(5)
    return {
        person: {f"i{n}": opinion(rng, person, n) for n in range(count) if (n + at) % 4}
        for at, person in enumerate(PEOPLE)
    }


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    root = folder_with(tmp_path_factory.mktemp("studio"), QUESTIONS, [ranked(n) for n in range(40)])
    with open_studio(root) as opened:
        say(opened, said_by_all())
        yield opened


@pytest.fixture(scope="module")
def told(studio: Studio) -> ProjectFigures:
    return figures(studio.projects["task"].project, studio.projects["task"].items, rows_of(studio))


def units_of(question: str, label: str = "") -> list[list[float]]:
    """Each unit's ratings; of several labels, whether this one was chosen."""
    found: dict[tuple[str, str], list[float]] = {}
    for items in said_by_all().values():
        for item, answers in items.items():
            for (name, target), value in answers.items():
                if name == question:
                    number = float(label in value) if label else float(ord(value)) if isinstance(value, str) else value
                    found.setdefault((item, target), []).append(number)
    return list(found.values())


def krippendorff(units: Sequence[Sequence[float]], apart: Callable[[float, float, Counter[float]], float]) -> float:
    """Krippendorff 2011: the coincidence matrix cell by cell, then 1 - observed / expected."""
    cells: Counter[tuple[float, float]] = Counter()
    for unit in units:
        for c, k in permutations(range(len(unit)), 2):
            cells[unit[c], unit[k]] += 1 / (len(unit) - 1)
    margins: Counter[float] = Counter()
    for (c, _), count in cells.items():
        margins[c] += count
    total = sum(margins.values())
    observed = sum(count * apart(c, k, margins) for (c, k), count in cells.items()) / total
    expected = sum(margins[c] * margins[k] * apart(c, k, margins) for c in margins for k in margins)
    return 1 - observed / (expected / (total * (total - 1)))


def nominal(c: float, k: float, margins: Counter[float]) -> float:
    return float(c != k)


def interval(c: float, k: float, margins: Counter[float]) -> float:
    return (c - k) ** 2


def ordinal(c: float, k: float, margins: Counter[float]) -> float:
    low, high = min(c, k), max(c, k)
    between = sum(count for value, count in margins.items() if low <= value <= high)
    return (between - (margins[low] + margins[high]) / 2) ** 2


def cohen(pairs: Sequence[tuple[float, float]], weights: str | None = "quadratic") -> float:
    """Of whole numbers, by scikit-learn."""
    values = [value for pair in pairs for value in pair]
    labels = range(int(min(values)), int(max(values)) + 1)
    return float(cohen_kappa_score(*zip(*pairs, strict=True), labels=list(labels), weights=weights))


def test_alpha_is_krippendorffs(told: ProjectFigures) -> None:
    for question, apart in (("good", ordinal), ("kind", nominal), ("rank", ordinal)):
        found = told.questions[question].alpha
        assert found is not None
        assert found.value == pytest.approx(krippendorff(units_of(question), apart), abs=1e-9)
        assert found.interval is not None
        assert found.interval.low < found.value < found.interval.high
    several = [unit for label in "xyz" for unit in units_of("acts", label)]
    acts = told.questions["acts"].alpha
    assert acts is not None
    assert acts.value == pytest.approx(krippendorff(several, nominal), abs=1e-9)


def test_kappa_is_cohens(told: ProjectFigures) -> None:
    said = said_by_all()
    for question, weights in (("good", "quadratic"), ("kind", None)):
        found = told.questions[question].kappa
        assert set(found) == {"Ada and Bo", "Ada and Cy", "Bo and Cy"}
        for names, figure in found.items():
            one, _, other = names.partition(" and ")
            both = [
                (answers[question, ""], said[other][item][question, ""])
                for item, answers in said[one].items()
                if item in said[other]
            ]
            pairs = [(ord(a), ord(b)) if isinstance(a, str) else (a, b) for a, b in both]
            assert figure.value == pytest.approx(cohen(pairs, weights), abs=1e-9)


def test_counts_say_how_much_there_is_and_how_much_was_judged_again(told: ProjectFigures) -> None:
    good, rank = told.questions["good"], told.questions["rank"]
    times = Counter(item for items in said_by_all().values() for item in items)
    assert (good.answers, good.items, good.units) == (sum(times.values()), 40, 40)
    assert good.again == sum(count > 1 for count in times.values())
    assert (rank.answers, rank.items, rank.units) == (3 * good.answers, 40, 120)
    values = Counter(str(value) for unit in units_of("good") for value in unit)
    assert good.counts == dict(sorted(values.items()))


def test_means_lie_in_intervals_over_items(told: ProjectFigures) -> None:
    said = said_by_all()
    for at, system in enumerate(("s1", "s2", "s3"), 1):
        by_item = [[items[f"i{n}"]["rank", f"a{at}"] for items in said.values() if f"i{n}" in items] for n in range(40)]
        found = told.questions["rank"].mean[system]
        total = sum(map(sum, by_item)) / sum(map(len, by_item))
        assert found.value == pytest.approx(total)
        # of a ratio, by linearisation (Cochran 1977, 6.4)
        spread = statistics.stdev(sum(each) - total * len(each) for each in by_item)
        error = spread / math.sqrt(40) / statistics.mean(map(len, by_item))
        assert found.interval is not None
        assert found.interval.low == pytest.approx(total - 1.96 * error, abs=0.2 * error)
        assert found.interval.high == pytest.approx(total + 1.96 * error, abs=0.2 * error)


def test_win_rates_count_the_better_rank(told: ProjectFigures) -> None:
    wins = told.questions["rank"].wins
    assert wins is not None
    assert [(pair.first, pair.second) for pair in wins.pairs] == [("s1", "s2"), ("s1", "s3"), ("s2", "s3")]
    places = {"s1": "a1", "s2": "a2", "s3": "a3"}
    for pair in wins.pairs:
        ranks = [
            (answers["rank", places[pair.first]], answers["rank", places[pair.second]])
            for items in said_by_all().values()
            for answers in items.values()
        ]
        won, lost = sum(a < b for a, b in ranks), sum(a > b for a, b in ranks)
        standing = pair.standing
        assert (standing.wins, standing.losses, standing.ties) == (won, lost, len(ranks) - won - lost)
        assert standing.rate.value == pytest.approx(100 * (won + (len(ranks) - won - lost) / 2) / len(ranks))


def test_answers_to_one_item_are_drawn_together(tmp_path: Path) -> None:
    """Ten turns of which all say the same tell no more than one."""
    talk = tuple(Line("User", "a", turn) for turn in range(10))
    items = [Item(f"i{n}", (Panel("Conversation", lines=talk),)) for n in range(12)]
    project = """
title: Turns
shows: items
instructions: Say it.
from: {items: items.jsonl}
questions:
  - {name: act, kind: choice, of: turns, text: "What?", options: [x, y]}
  - {name: once, kind: choice, text: "What?", options: [x, y]}
"""
    said = {
        name: {
            f"i{n}": dict.fromkeys([("once", ""), *(("act", str(turn)) for turn in range(10))], choices[n])
            for n in range(12)
        }
        for name, choices in (("Ada", "xxxxxxyyyyyy"), ("Bo", "xxxxyyyyyyxx"))
    }
    with open_studio(folder_with(tmp_path, project, items)) as studio:
        say(studio, said)
        found = figures(studio.projects["task"].project, studio.projects["task"].items, rows_of(studio)).questions
    (turns,), (once,) = found["act"].kappa.values(), found["once"].kappa.values()
    assert turns.interval == once.interval
    assert found["act"].alpha is not None
    assert found["once"].alpha is not None
    assert width(found["act"].alpha) == pytest.approx(width(found["once"].alpha), rel=0.1)


def width(figure: Figure) -> float:
    assert figure.interval is not None
    return figure.interval.high - figure.interval.low


def test_as_many_more_items_as_are_told_give_the_interval(tmp_path: Path) -> None:
    rng = random.Random(1)

    def rate_of(count: int, folder: Path) -> tuple[Figure, int]:
        items = [compared(n) for n in range(count)]
        project = "type: pairwise\nfrom: {items: items.jsonl}\n"
        with open_studio(folder_with(folder, project, items)) as studio:
            say(studio, {"Ada": {item.id: {("preference", ""): rng.choice((-2, 1, 3))} for item in items}})
            own = figures(studio.projects["task"].project, studio.projects["task"].items, rows_of(studio))
        wins = own.questions["preference"].wins
        assert wins is not None
        return wins.pairs[0].standing.rate, own.questions["preference"].items

    rate, items = rate_of(60, tmp_path / "few")
    more = needed(rate, items, 5.0)
    assert more is not None
    # a rate p needs 1.96² p (1 - p) / 0.05² items
    share = rate.value / 100
    assert items + more == pytest.approx(1.96**2 * share * (1 - share) / 0.05**2, rel=0.15)
    enough, _ = rate_of(60 + more, tmp_path / "enough")
    assert width(enough) / 2 == pytest.approx(5, abs=0.6)
    assert needed(enough, 60 + more, 10.0) == 0
    assert needed(Figure(50.0, None), 9, 5.0) is None
    assert needed(Figure(50.0, Interval(math.nan, math.nan)), 9, 5.0) is None


@pytest.mark.parametrize("half", [3.0, 5.0, 12.0])
def test_a_rate_without_spread_still_needs_items(tmp_path: Path, half: float) -> None:
    items = [compared(n) for n in range(4)]
    with open_studio(folder_with(tmp_path, "type: pairwise\nfrom: {items: items.jsonl}\n", items)) as studio:
        say(studio, {"Ada": {item.id: {("preference", ""): -1} for item in items}})
        own = figures(studio.projects["task"].project, studio.projects["task"].items, rows_of(studio))
    wins = own.questions["preference"].wins
    assert wins is not None
    rate = wins.pairs[0].standing.rate
    assert (rate.value, width(rate)) == (100, 0)
    more = needed(rate, 4, half)
    assert more is not None

    def wilson(count: int) -> float:
        found = binomtest(count, count).proportion_ci(method="wilson")
        return float(100 * (found.high - found.low) / 2)

    assert wilson(4 + more) <= half < wilson(4 + more - 1)


def test_a_check_is_failed_by_any_wrong_answer(tmp_path: Path) -> None:
    checks = [
        Item("c1", (Panel("A"),), ranked(0).answers, expected={"good": 5, "acts": ["z", "x"]}),
        Item("c2", (Panel("A"),), ranked(0).answers, expected={"rank:a1": 1, "rank:a3": 3}),
    ]
    project = QUESTIONS.replace("of: turns, ", "").replace(
        "items.jsonl}", "items.jsonl}\nchecks: {items: checks/items.jsonl}"
    )
    folder_with(tmp_path / "checks", "", checks)
    right = {("good", ""): 5, ("acts", ""): ["x", "z"]}
    ranks = {("rank", "a1"): 1, ("rank", "a2"): 1, ("rank", "a3"): 3}
    with open_studio(folder_with(tmp_path, project, [ranked(n) for n in range(3)])) as studio:
        say(
            studio,
            {
                "Ada": {"c1": right, "c2": ranks, "i0": right},
                "Bo": {"c1": right | {("acts", ""): ["x"]}, "c2": ranks | {("rank", "a3"): 2}},
                "Cy": {"c1": right | {("good", ""): 4, ("kind", ""): "a"}},
                "Di": {"i0": right},
            },
        )
        found = figures(studio.projects["task"].project, studio.projects["task"].items, rows_of(studio))
    assert {name: (each.seen, each.failed) for name, each in found.checks.items()} == {
        "Ada": (2, 0), "Bo": (2, 2), "Cy": (1, 1),
    }  # fmt: skip
    assert found.questions["good"].answers == 2, "checks are no data"


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


def test_hostile_names_are_shown_and_not_obeyed(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>\x1b\"'"
    answers = tuple(Candidate(f"a{at}", evil, f"{evil}{at}", {evil: float(at)}) for at in (1, 2))
    items = [Item(f"{evil}{n}", (Panel(evil, evil),), answers, facts={"strategy": evil}) for n in range(3)]
    project = {"type": "pairwise", "title": evil, "from": {"items": "items.jsonl", "judges": {evil: evil}}}
    with open_studio(folder_with(tmp_path, yaml.safe_dump(project), items)) as studio:
        say(studio, {f"{evil}{n}": {item.id: {("preference", ""): n} for item in items} for n in (1, -2)})
        app = make_app(studio)
        for path in ("/", "/projects/task", "/projects/task/figures"):
            html = Page(app, "/").client.get(path).text
            assert "<script>alert" not in html
            assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
            assert "\x1b" not in html
