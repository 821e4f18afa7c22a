"""The page of a flow in a real browser: nothing fetched, the graph to be seen, a click leads to a card."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from browser import opened
from planted_talk import planted, shuffled

from duologue.dialogue import Dialogue, Turn
from duologue.evaluation.flow.flow import Flow, measure_flow
from duologue.experiments.report.flow.graph import shown_transitions
from duologue.experiments.report.flow.page import write_flow

pytest.importorskip("sentence_transformers")
pytest.importorskip("matplotlib")


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> tuple[Flow, Path]:
    talk = [planted(number) for number in range(12)]
    for dialogue in talk:
        dialogue.turns[1].text = f"<b>{dialogue.turns[1].text}</b> & a pizza"
    flow = measure_flow(talk, clusters=5, names=("a & b.json",))
    folder = tmp_path_factory.mktemp("flow")
    write_flow(flow, folder)
    return flow, folder


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    flow = measure_flow(
        [planted(number) for number in range(12)],
        against=[shuffled(number) for number in range(12)],
        permutations=20,
        names=("plain.jsonl", "mixed.jsonl"),
    )
    return write_flow(flow, tmp_path_factory.mktemp("two"))


def test_the_graph_is_seen_and_leads_to_the_cards(one: tuple[Flow, Path]) -> None:
    flow, folder = one
    with opened(folder / "flow.html") as page:
        assert page.locator("svg.graph .node").count() == 5
        assert page.locator("svg.graph .end text").all_text_contents() == ["BEGIN", "END"]
        assert page.locator("svg.graph .end circle").count() == 4  # double ones
        edges = page.locator("svg.graph path.edge")
        assert (
            edges.count() == page.locator("svg.graph text.label").count() == len(shown_transitions(flow.corpora, 0.1))
        )
        boxes = [each.bounding_box() for each in page.locator("svg.graph .node, svg.graph .end").all()]
        assert all(box and box["width"] > 40 and box["height"] > 30 for box in boxes)
        left, right = boxes[0], boxes[1]
        assert left
        assert right  # BEGIN and END come first, then the clusters between them
        assert left["x"] < min(box["x"] for box in boxes[2:] if box) < right["x"]
        assert page.locator("svg.heat-map rect").count() == 36
        page.click('svg.graph a[href="#cluster-5"]')
        assert page.evaluate("location.hash") == "#cluster-5"
        assert "goodbye" in page.inner_text("#cluster-5")
        assert "</b> & a pizza" in page.inner_text("#cluster-2")  # text, never markup
        assert "a & b.json" in page.inner_text(".lead")


def test_two_corpora_side_by_side(two: Path) -> None:
    with opened(two) as page:
        comparison = page.inner_text("#comparison")
        assert "bits." in comparison
        assert "plain.jsonl" in comparison
        label = page.locator("svg.graph text.label").first.text_content()
        assert label is not None
        assert label.split("plain")[0].count("|") == 1  # its title follows
        assert page.locator("svg.heat-map").count() == 3
        assert page.locator("svg.heat-map:visible").count() == 1
        page.locator(".maps summary").first.click()
        assert page.locator("svg.heat-map:visible").count() == 2
        assert page.locator("h2:has-text('How many clusters')").count() == 1


def test_files_of_their_own(one: tuple[Flow, Path]) -> None:
    flow, folder = one
    for name in ("graph.svg", "heatmap.svg"):
        root = ElementTree.fromstring((folder / name).read_text("utf-8"))
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert "href" not in (folder / name).read_text("utf-8")
    figures = json.loads((folder / "flow.json").read_text("utf-8"))
    assert figures["corpora"][0]["transitions"]["probabilities"] == flow.corpora[0].transitions.probabilities


def test_equal_figures_give_equal_bytes(one: tuple[Flow, Path], tmp_path: Path) -> None:
    flow, folder = one
    write_flow(flow, tmp_path)
    for name in ("flow.html", "flow.json", "graph.svg", "heatmap.svg"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_talk_of_stop_words_has_no_words(tmp_path: Path) -> None:
    said = ["Who are you?", "I am.", "Are you?", "We were.", "They have it.", "And they?"]
    talk = [Dialogue(f"d{at}", [Turn("user", said[at]), Turn("system", said[at + 1])]) for at in range(5)]
    with opened(write_flow(measure_flow(talk, clusters=2), tmp_path)) as page:
        assert page.locator("h3:has-text('(no words)')").count() == 2


def test_a_high_threshold_leaves_each_cluster_its_strongest_way_out(one: tuple[Flow, Path]) -> None:
    flow, _ = one
    shown = shown_transitions(flow.corpora, 1.0)
    assert sorted({each.row for each in shown}) == [0, 1, 2, 3, 4, 5]
    for each in shown:
        assert each.probabilities[0] == max(flow.corpora[0].transitions.probabilities[each.row])
