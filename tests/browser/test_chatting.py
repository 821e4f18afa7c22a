"""People talk to models in a real browser: the embedded model, and a server's, side by side."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from misbehaving_server import Server
from studio_server import StudioServer, keep, looking, studio_server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture
def studio(server: Server, tmp_path: Path) -> Iterator[StudioServer]:
    models = ["--model", "tiny", "--model", "openai:there", "--base-url", server.url, "--max-new-tokens", "40"]
    with studio_server(tmp_path, *models) as running:
        yield running


def begin(page: Page, studio: StudioServer) -> None:
    page.goto(f"{studio.url}/chat")
    page.locator("body[data-ready]").wait_for()


def exchanges(page: Page, count: int) -> None:
    page.locator(f'body[data-exchanges="{count}"]').wait_for(timeout=60_000)


def test_a_newcomer_compares_two_and_votes(browser: Browser, studio: StudioServer) -> None:
    with looking(browser, studio) as page:
        page.goto(studio.url)
        page.get_by_role("link", name="Chat", exact=True).click()
        page.locator("body[data-ready]").wait_for()
        page.get_by_label("Asked").select_option(label="with a strategy: standard layout")
        page.get_by_label("Strategy").select_option("Offer Hope")
        page.get_by_label("Your message").fill("I lost my job last week.")
        page.get_by_role("button", name="Send").click()
        exchanges(page, 1)
        assert page.locator(".reply-of h3").inner_text() == "tiny · standard · Offer Hope"
        assert int(page.locator("body").get_attribute("data-heard") or "0") > 2
        page.get_by_role("button", name="Compare with another").click()
        page.locator("#model-1").select_option("openai:there")
        page.get_by_label("Your message").fill("And I do not know what to do.")
        page.get_by_label("Your message").press("Enter")
        exchanges(page, 2)
        page.get_by_role("button", name="B is better").click()
        page.get_by_text("Noted: B is better.").wait_for()
        keep(page, "chat")
        page.get_by_label("Your message").fill("Thanks.")
        page.get_by_role("button", name="Send").click()
        exchanges(page, 3)
        before = page.locator("#talk").inner_text()
        page.reload()
        exchanges(page, 3)
        assert page.locator("#talk").inner_text() == before
        assert page.locator("#model-1").input_value() == "openai:there"
        with page.expect_download() as download:
            page.get_by_role("link", name="Votes as preference pairs").click()
        (row,) = [json.loads(line) for line in Path(download.value.path()).read_text().splitlines()]
        assert row["chosen"][0]["content"].startswith("said ")
        page.get_by_role("button", name="New conversation").click()
        exchanges(page, 0)


def test_the_studio_is_killed_and_nothing_said_is_lost(browser: Browser, studio: StudioServer, server: Server) -> None:
    with looking(browser, studio) as page:
        begin(page, studio)
        page.get_by_label("Model").select_option("openai:there")
        page.get_by_label("Your message").fill("Hello.")
        page.get_by_role("button", name="Send").click()
        exchanges(page, 1)
        studio.kill()
        page.get_by_label("Your message").fill("Are you there?")
        page.get_by_role("button", name="Send").click()
        page.locator("#told", has_text="fetch").or_(page.locator("#told", has_text="away")).wait_for()
        assert page.get_by_label("Your message").input_value() == "Are you there?"
        studio.start()
        page.get_by_role("button", name="Send").click()
        exchanges(page, 2)
        page.reload()
        exchanges(page, 2)


def test_the_keyboard_is_enough(browser: Browser, studio: StudioServer) -> None:
    with looking(browser, studio) as page:
        begin(page, studio)
        page.keyboard.press("Tab")
        assert page.locator(".skip-to").evaluate("each => each === document.activeElement")
        for _ in range(20):
            if page.locator("#model-0").evaluate("each => each === document.activeElement"):
                break
            page.keyboard.press("Tab")
        page.keyboard.type("openai")
        assert page.locator("#model-0").input_value() == "openai:there"
        while not page.locator("#text").evaluate("each => each === document.activeElement"):
            page.keyboard.press("Tab")
        page.keyboard.type("Hello.")
        page.keyboard.press("Shift+Enter")
        page.keyboard.type("It is me.")
        page.keyboard.press("Enter")
        exchanges(page, 1)
        assert page.locator("#text").evaluate("each => each === document.activeElement")
        assert "It is me." in page.locator(".turn.user").inner_text()


def test_what_models_and_people_write_is_text(browser: Browser, studio: StudioServer, server: Server) -> None:
    hostile = "<script>document.title = 'run'</script><img src=x onerror=alert(1)> \u202eevil & \"quotes\""
    server.script = ["hostile"]
    with looking(browser, studio) as page:
        begin(page, studio)
        page.get_by_label("Model").select_option("openai:there")
        page.get_by_label("Your message").fill(hostile)
        page.get_by_role("button", name="Send").click()
        exchanges(page, 1)
        assert hostile in page.locator(".turn.user .said").inner_text()
        assert "<script>" in page.locator(".reply-of .said").inner_text()
        assert page.title().startswith("Chat")
        assert page.locator("#talk script, #talk img").count() == 0


def test_where_help_is_stands_above_the_answer(browser: Browser, studio: StudioServer) -> None:
    with looking(browser, studio, color_scheme="dark", viewport={"width": 390, "height": 800}) as page:
        begin(page, studio)
        page.get_by_label("Model").select_option("openai:there")
        assert page.get_by_role("alert").count() == 0
        page.get_by_label("Your message").fill("I want to end my life.")
        page.get_by_role("button", name="Send").click()
        exchanges(page, 1)
        assert page.get_by_role("alert").inner_text() != ""
        keep(page, "chat-dark-phone")
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
