"""The owner looks through runs in a real browser: stages, curves, dialogues before and after, rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from small_run import write_small_run
from studio_server import StudioServer, keep, looking, studio_server

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudioServer]:
    root = tmp_path_factory.mktemp("studio")
    write_small_run(root)
    with studio_server(root) as running:
        yield running


def test_a_newcomer_walks_through_a_run(server: StudioServer, browser: Browser) -> None:
    with looking(browser, server) as page:
        page.goto(server.url)
        page.get_by_role("link", name="Runs", exact=True).click()
        keep(page, "runs")
        page.get_by_role("link", name="runs/first", exact=True).click()
        page.get_by_text("train/plain", exact=True).click()
        page.get_by_text("final_loss").wait_for()
        keep(page, "run")
        page.get_by_role("link", name="stages/train/plain/model").click()
        page.locator("#curves[data-ready] figure").first.wait_for()
        assert page.get_by_role("img", name="eval_loss, last 0.25;").count() == 1
        chart = page.locator("#curves figure", has=page.get_by_role("img", name="loss, last 0.4;", exact=False)).last
        chart.get_by_text("Numbers").click()
        assert chart.locator("tbody tr").all_inner_texts() == [f"{step}\t{2 / step:.4f}" for step in range(1, 6)]
        keep(page, "training")


def test_a_dialogue_is_found_and_shows_what_was_put_in(server: StudioServer, browser: Browser) -> None:
    with looking(browser, server) as page:
        page.goto(f"{server.url}/runs/run?path=runs/first")
        page.get_by_role("link", name="stages/interference/dialogues.jsonl").click()
        cards = page.locator(".card")
        everything = cards.count()
        words = page.locator(".card strong").nth(1).inner_text()
        page.get_by_label("Search all texts").fill(words)
        page.get_by_role("button", name="Search").click()
        assert 0 < cards.count() < everything
        keep(page, "dialogues")
        cards.first.click()
        assert page.locator("ins").count() > 0
        keep(page, "dialogue")
        page.get_by_role("link", name="Next").click()
        page.get_by_role("link", name="Previous").wait_for()


def test_branches_stand_side_by_side_and_rows_are_filtered(server: StudioServer, browser: Browser) -> None:
    with looking(browser, server) as page:
        page.goto(f"{server.url}/runs/dialogues?path=grown/dialogues.jsonl")
        page.locator(".card").first.click()
        boxes = [page.locator(".side-by-side > section").nth(at).bounding_box() for at in (0, 1)]
        assert boxes[0] is not None
        assert boxes[1] is not None
        assert boxes[0]["y"] == boxes[1]["y"]
        keep(page, "branches")
        page.goto(f"{server.url}/runs/rows?path=runs/first/stages/interference/rejected.jsonl")
        everything = page.locator("tbody tr").count()
        page.get_by_label("Only rows whose").first.select_option("gate")
        page.get_by_label("How").first.select_option("is")
        page.get_by_label("What").first.fill("nothing of the kind")
        page.get_by_role("button", name="Filter").click()
        assert page.locator("tbody td").inner_text() == "none"
        assert everything > 1


def test_everything_fits_a_phone_in_the_dark(server: StudioServer, browser: Browser) -> None:
    with looking(browser, server, color_scheme="dark", viewport={"width": 390, "height": 800}) as page:
        for at, path in enumerate(
            (
                "/runs",
                "/runs/run?path=runs/first",
                "/runs/dialogues?path=grown/dialogues.jsonl",
                "/runs/dialogue?path=grown/dialogues.jsonl&number=0",
                "/runs/rows?path=runs/first/stages/interference/rejected.jsonl",
            )
        ):
            page.goto(server.url + path)
            keep(page, f"looking-dark-phone-{at}")
            assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), path
