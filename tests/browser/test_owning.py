"""The owner's pages in a real browser: the token, invitations, figures that follow, files out and in, ended links."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from studio_project import compared, folder_with
from studio_server import StudioServer, keep, looking, studio_server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PROJECT = "type: pairwise\ntitle: Pairs\nfrom: {items: items.jsonl}\noverlap: 2\n"
TOKEN = "a-token-of-more-than-sixteen"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[StudioServer]:
    (token := tmp_path / "token.txt").write_text(TOKEN)
    folder = folder_with(tmp_path / "runs", PROJECT, [compared(n) for n in range(4)])
    with studio_server(folder, "--token-file", str(token)) as running:
        yield running


def enter(page: Page, server: StudioServer) -> None:
    page.goto(f"{server.url}/enter#{TOKEN}")
    page.get_by_role("heading", name="Studio").wait_for()
    assert TOKEN not in page.url


def annotate(page: Page, address: str, preferences: list[str]) -> None:
    page.goto(address)
    page.locator("body[data-ready]").wait_for()
    page.locator("#start").click()
    for at, preference in enumerate(preferences, 1):
        page.get_by_role("heading", name=f"Item {at}").wait_for()
        page.get_by_label(preference, exact=True).check()
        page.locator("#saving", has_text="Saved").wait_for()
        page.locator("#next").click()


def test_without_the_token_nothing_is_shown(browser: Browser, server: StudioServer) -> None:
    page = browser.new_page()
    for path in ("", "projects/task", "runs", "chat", "attention"):
        answer = page.goto(f"{server.url}/{path}")
        assert answer is not None
        assert answer.status == 401
        assert "Pairs" not in page.content()
    page.goto(f"{server.url}/enter")
    page.get_by_label("Token").fill("another")
    page.get_by_role("button", name="Enter").click()
    page.get_by_text("another token").wait_for()
    page.close()


def test_figures_follow_and_files_go_out_and_in(browser: Browser, server: StudioServer, tmp_path: Path) -> None:
    with looking(browser, server) as owner, looking(browser, server) as visitor:
        enter(owner, server)
        keep(owner, "owner-overview")
        owner.get_by_role("link", name="Pairs").click()
        for name in ("Ada", "Bo"):
            owner.get_by_label("Name of an annotator").fill(name)
            owner.get_by_role("button", name="Make a link").click()
            href = owner.get_by_role("row", name=name).get_by_role("link", name="Open").get_attribute("href")
            annotate(visitor, f"{server.url}{href}", ["A 2", "0 neither", "B 3", "clearly B 4"])
        owner.reload()
        owner.locator("#figures[data-ready] .panel").first.wait_for()
        assert "8 of 8 judgements" in owner.locator("#figures").inner_text()
        assert "Krippendorff" in owner.locator("#figures").inner_text()
        keep(owner, "owner-figures")
        with owner.expect_download() as download:
            owner.get_by_role("link", name="Label Studio").click()
        download.value.save_as(path := tmp_path / "export.json")
        assert len(json.loads(path.read_text())) == 4
        owner.get_by_role("link", name="Annotation").click()
        owner.get_by_label("Import annotations").set_input_files(path)
        owner.get_by_label("as project").fill("again")
        owner.get_by_role("button", name="Import", exact=True).click()
        owner.locator("#figures[data-ready] .panel").first.wait_for()
        assert owner.url.endswith("/projects/again")
        assert "8 of" in owner.locator("#figures").inner_text()
        keep(owner, "owner-imported")


def test_a_revoked_link_ends_in_the_middle(browser: Browser, server: StudioServer) -> None:
    with looking(browser, server) as owner:
        enter(owner, server)
        owner.goto(f"{server.url}/projects/task")
        owner.get_by_label("Name of an annotator").fill("Ada")
        owner.get_by_role("button", name="Make a link").click()
        row = owner.get_by_role("row", name="Ada")
        address = f"{server.url}{row.get_by_role('link', name='Open').get_attribute('href')}"
        visitor = browser.new_page()
        visitor.goto(address)
        visitor.locator("body[data-ready]").wait_for()
        visitor.locator("#start").click()
        visitor.get_by_role("heading", name="Item 1").wait_for()
        row.get_by_role("button", name="Revoke").click()
        owner.get_by_role("row", name="Ada").get_by_text("revoked").wait_for()
        visitor.get_by_label("0 neither", exact=True).check()
        visitor.locator("#saving[data-state=refused]").wait_for()
        answer = visitor.goto(address)
        assert answer is not None
        assert answer.status == 403
        visitor.close()


def test_the_keyboard_is_enough_for_the_owner(browser: Browser, server: StudioServer) -> None:
    with looking(browser, server) as owner:
        enter(owner, server)
        owner.goto(f"{server.url}/projects/task")
        name = owner.get_by_label("Name of an annotator")
        for _ in range(30):
            if name.evaluate("each => each === document.activeElement"):
                break
            owner.keyboard.press("Tab")
        owner.keyboard.type("Ada")
        owner.keyboard.press("Enter")
        owner.get_by_role("row", name="Ada").wait_for()
