"""The figures of annotations, against a second computation from the formulas; people, judge and metric side by side."""

from __future__ import annotations

import math
import random
import statistics
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from reference_agreement import cohen, krippendorff, nominal, ordinal
from scipy.stats import binomtest
from studio_project import Page, compared, folder_with, rows_of, say

from duologue.evaluation.bootstrap import Figure, Interval
from duologue.studio.app import make_app
from duologue.studio.projects.item import Candidate, Item, Line, Panel
from duologue.studio.statistics.figures import ProjectFigures, figures, needed
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
