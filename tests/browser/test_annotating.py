"""People annotate in a real browser: a first walk, a reload, a killed server, two at once, the keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from studio_project import compared, folder_with
from studio_server import StudioServer, keep, looking, studio_server

from duologue.studio.projects.item import Candidate, Item, Line, Panel

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PROJECT = """
type: ranking
title: Ranks
from: {items: items.jsonl}
overlap: 2
questions:
  - {name: rank, kind: rank, text: Rank}
  - {name: why, kind: words, text: "Why?"}
"""
HOSTILE = "<script>document.title = 'run'</script><img src=x onerror=alert(1)>\x07\u202eevil & \"quotes\" ${1}"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[StudioServer]:
    with studio_server(folder_with(tmp_path, PROJECT, [compared(n) for n in range(3)])) as running:
        yield running


def invite(page: Page, server: StudioServer, name: str) -> str:
    """The address of an annotator's page, as the owner's page gives it."""
    page.goto(f"{server.url}/projects/task")
    page.get_by_label("Name of an annotator").fill(name)
    page.get_by_role("button", name="Make a link").click()
    row = page.get_by_role("row", name=name)
    href = row.get_by_role("link", name="Open").get_attribute("href")
    assert href is not None
    return server.url + href


def begin(page: Page, address: str) -> None:
    page.goto(address)
    page.locator("body[data-ready]").wait_for()
    page.locator("#start").click()
    page.locator("#item:not([hidden])").wait_for()


def rank(page: Page, letter: str, value: int) -> None:
    page.get_by_role("group", name=f"Rank: answer {letter}").get_by_label(str(value), exact=True).check()
    page.locator("#saving", has_text="Saved").wait_for()


def test_a_newcomer_walks_through(browser: Browser, server: StudioServer) -> None:
    with looking(browser, server) as owner, looking(browser, server) as page:
        owner.goto(server.url)
        keep(owner, "overview")
        owner.get_by_role("link", name=re.compile("Ranks")).click()
        address = invite(owner, server, "Ada")
        page.goto(address)
        page.locator("body[data-ready]").wait_for()
        keep(page, "instructions")
        begin(page, address)
        for item in (1, 2, 3):
            page.get_by_role("heading", name=f"Item {item}").wait_for()
            assert page.locator("#next").is_disabled()
            rank(page, "A", 1)
            rank(page, "B", 2)
            keep(page, f"item-{item}")
            page.locator("#next").click()
        page.get_by_role("heading", name="That was all. Thank you!").wait_for()
        owner.reload()
        owner.locator("#figures[data-ready]").wait_for()
        assert "3 of 6 judgements" in owner.locator("main").inner_text()
        keep(owner, "project")


def test_a_reload_loses_nothing(browser: Browser, server: StudioServer) -> None:
    with looking(browser, server) as page:
        begin(page, invite(page, server, "Ada"))
        rank(page, "A", 2)
        page.get_by_label("Why?").fill("since")
        page.get_by_label("Why?").blur()
        page.locator("#saving", has_text="Saved").wait_for()
        page.reload()
        page.locator("#item:not([hidden])").wait_for()
        assert page.get_by_role("group", name="Rank: answer A").get_by_label("2").is_checked()
        assert page.get_by_label("Why?").input_value() == "since"


def test_a_killed_server_loses_nothing(browser: Browser, server: StudioServer) -> None:
    with looking(browser, server) as page:
        begin(page, invite(page, server, "Ada"))
        rank(page, "A", 1)
        server.kill()
        page.get_by_role("group", name="Rank: answer B").get_by_label("2").check()
        page.locator("#saving", has_text="does not answer").wait_for()
        keep(page, "away")
        server.start()
        page.locator("#saving", has_text="Saved").wait_for(timeout=20_000)
        page.reload()
        page.locator("#item:not([hidden])").wait_for()
        assert page.get_by_role("group", name="Rank: answer A").get_by_label("1").is_checked()
        assert page.get_by_role("group", name="Rank: answer B").get_by_label("2").is_checked()


def test_two_annotators_at_once_do_not_meet(browser: Browser, server: StudioServer) -> None:
    with looking(browser, server) as one, looking(browser, server) as other:
        begin(one, invite(one, server, "Ada"))
        begin(other, invite(other, server, "Bo"))
        rank(one, "A", 1)
        rank(other, "A", 2)
        rank(one, "B", 2)
        for page, value in ((one, "1"), (other, "2")):
            page.reload()
            page.locator("#item:not([hidden])").wait_for()
            assert page.get_by_role("group", name="Rank: answer A").get_by_label(value).is_checked()
        assert not other.get_by_role("group", name="Rank: answer B").get_by_label("2").is_checked()


def test_the_keyboard_is_enough(browser: Browser, server: StudioServer) -> None:
    with looking(browser, server) as page:
        address = invite(page, server, "Ada")
        page.goto(address)
        page.locator("body[data-ready]").wait_for()
        page.keyboard.press("n")
        for item in (1, 2, 3):
            page.get_by_role("heading", name=f"Item {item}").wait_for()
            page.keyboard.press("Tab")
            page.keyboard.press("1")
            page.keyboard.press("Tab")
            page.keyboard.press("2")
            page.locator("#saving", has_text="Saved").wait_for()
            page.keyboard.press("n")
        page.get_by_role("heading", name="That was all. Thank you!").wait_for()


def test_a_phone_shows_it_all(browser: Browser, server: StudioServer) -> None:
    with looking(browser, server, viewport={"width": 360, "height": 640}, color_scheme="dark") as page:
        begin(page, invite(page, server, "Ada"))
        keep(page, "phone")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_hostile_text_is_shown_and_nothing_more(browser: Browser, tmp_path: Path) -> None:
    line = Line(HOSTILE, HOSTILE, role="user")
    item = Item(
        "i",
        (Panel(HOSTILE, HOSTILE, ((HOSTILE,), (HOSTILE,)), (line,)),),
        (Candidate("a1", HOSTILE), Candidate("a2", "b")),
    )
    with studio_server(folder_with(tmp_path, PROJECT, [item])) as server, looking(browser, server) as page:
        begin(page, invite(page, server, "<b>Eve</b>"))
        assert page.title() != "run"
        assert page.locator("img").count() == 0
        shown = page.locator("#item").inner_text()
        assert shown.count("<script>") >= 6
        page.goto(f"{server.url}/projects/task")
        page.locator("#figures[data-ready]").wait_for()
        assert "<b>Eve</b>" in page.locator("table").first.inner_text()
