"""People look at attention in a real browser: by mouse, by the keyboard alone, on a phone, in the dark, at length."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from attention_folder import HOSTILE, WORDS, drawn_map, write_attention
from command_line import duologue
from continued import write_continued
from random_llama import make_random_llama
from studio_server import StudioServer, keep, looking, studio_server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

LAYOUTS = ("standard", "c1_hf")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudioServer]:
    """Two conversations, three strategies, two layouts, measured with a model that is at hand; and drawn maps."""
    root = tmp_path_factory.mktemp("studio")
    model = make_random_llama(root / "model", context=2048)
    for layout in LAYOUTS:
        said = write_continued(root / layout, 2, lambda point, name: f"It will get better {point}, {name}.", layout)
        assert duologue("attend", said, "--model", f"hf:{model}", "--out", root / "attention") == 0
    write_attention(root / "long", [drawn_map(prompt=3600, reply=400, turns=60)])
    hostile = drawn_map(prompt=40, reply=8, words=[HOSTILE, *WORDS], id=HOSTILE, layout=HOSTILE, strategy=HOSTILE)
    write_attention(root / "hostile", [hostile])
    with studio_server(root) as running:
        yield running


def see(page: Page, server: StudioServer, folder: str = "attention") -> Locator:
    """The first map of a folder, as its list links to it."""
    page.goto(f"{server.url}/attention?folder={folder}")
    page.locator(".choices").get_by_role("link").first.click()
    page.locator(".map[data-ready]").wait_for()
    return page.locator(".map")


def told(map: Locator, what: str) -> None:
    map.locator(".told", has_text=re.compile(what)).wait_for()


def drag(page: Page, first: Locator, last: Locator) -> None:
    """From the middle of one token to the middle of another."""
    for token, act in ((first, page.mouse.down), (last, page.mouse.up)):
        token.scroll_into_view_if_needed()
        box = token.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        act()


def test_a_newcomer_walks_through(browser: Browser, server: StudioServer) -> None:
    with looking(browser, server, viewport={"width": 1400, "height": 900}) as page:
        page.goto(server.url)
        page.get_by_role("link", name="Attention").click()
        page.get_by_role("link", name="attention", exact=True).click()
        chart = page.get_by_role("img", name=re.compile("SRA of the strategy name, by turns of the history"))
        chart.wait_for()
        assert page.locator(".legend li").all_inner_texts() == list(LAYOUTS)
        keep(page, "attention-list")
        page.get_by_label("As", exact=True).select_option("ratio")
        page.get_by_role("img", name=re.compile("SRA over uniform attention of the strategy name")).wait_for()
        page.get_by_text("Numbers").click()
        assert page.locator("#course-of tbody tr").count() == 1  # histories of three turns only
        assert page.get_by_role("button", name="Show").is_disabled()
        boxes = page.get_by_role("checkbox")
        for number in range(4):
            boxes.nth(number).check()
        assert boxes.nth(4).is_disabled()
        for number in (2, 3):
            boxes.nth(number).uncheck()
        page.get_by_role("button", name="Show").click()
        page.locator(".map[data-ready]").nth(1).wait_for()
        assert page.locator(".map h2").all_inner_texts() != []
        one, other = page.locator(".map").nth(0), page.locator(".map").nth(1)

        one.get_by_role("button", name="reply", exact=True).click()
        told(one, "Shaded: what they attend to")
        told(other, "Shaded: what they attend to")  # the span is chosen in both
        assert one.locator(".top li").count() == 20
        assert one.locator(".token.selected").count() == one.locator(".token.reply").count()
        keep(page, "attention-two")
        page.get_by_label("Choose spans in all maps together").uncheck()
        one.get_by_role("button", name="strategy name").click()
        told(one, "The reply pays them .* × uniform")
        assert one.get_by_label("Who attends to the selection").is_checked()
        told(other, "Shaded: what they attend to")

        page.get_by_role("link", name="layouts of this reply").click()
        page.locator(".map[data-ready]").nth(1).wait_for()
        assert [text.split(" · ")[0] for text in page.locator(".map h2").all_inner_texts()] == list(LAYOUTS)
        page.get_by_role("link", name="strategies of this reply").click()
        page.locator(".map[data-ready]").nth(2).wait_for()
        strategies = {text.split(" · ")[1] for text in page.locator(".map h2").all_inner_texts()}
        assert strategies == {"Offer Hope", "Affirmation", "Clarification"}
        keep(page, "attention-strategies")
        page.get_by_role("link", name="All replies of attention").click()
        chart.wait_for()


def test_tokens_are_selected_by_mouse(browser: Browser, server: StudioServer) -> None:
    with looking(browser, server) as page:
        map = see(page, server)
        reply = map.locator(".token.reply")
        drag(page, reply.nth(1), reply.nth(4))
        told(map, "^4 tokens selected, “.*”. Shaded: what they attend to")
        drag(page, reply.nth(4), reply.nth(2))  # backwards
        told(map, "^3 tokens selected")
        reply.nth(0).click()
        told(map, "^1 token selected")
        assert map.locator(".token.selected").all_inner_texts() == [reply.nth(0).inner_text()]
        keep(page, "attention-mouse")
        map.get_by_label("Who attends to the selection").check()
        told(map, "The reply pays it")
        map.locator(".token").nth(3).click()  # of the prompt: the reply's tokens attend to it
        told(map, "^1 token selected, “.*”. The reply pays it .* × uniform")
        assert map.locator(".token.reply[class*=shade-]").count() > 0
        assert map.locator(".token:not(.reply)[class*=shade-]").count() == 0
        map.locator(".top button").first.click()
        map.get_by_role("button", name="Clear").click()
        told(map, "Nothing is selected")
        assert map.locator(".token[class*=shade-], .token.selected").count() == 0


def test_the_keyboard_is_enough(browser: Browser, server: StudioServer) -> None:
    with looking(browser, server) as page:
        map = see(page, server)
        keys = page.keyboard
        for _ in range(60):
            keys.press("Tab")
            if page.locator(".tokens:focus").count():
                break
        assert page.locator(".tokens:focus").count() == 1
        keys.press("ArrowRight")
        told(map, "^1 token selected")
        for _ in range(3):
            keys.press("Shift+ArrowRight")
        told(map, "^4 tokens selected, “.*”. Shaded")
        keys.press("Shift+ArrowLeft")
        told(map, "^3 tokens selected")
        keys.press("Home")
        told(map, "^1 token selected, “.*”. The reply pays it")
        first = map.locator(".token.selected").inner_text()
        keys.press("ArrowDown")
        map.locator(".token.selected").filter(has_not_text=first).wait_for()
        above, below = map.locator(".token").first.bounding_box(), map.locator(".token.selected").bounding_box()
        assert above is not None
        assert below is not None
        assert 0 < below["y"] - above["y"] < 3 * above["height"]  # the next line
        keys.press("End")
        told(map, "^1 token selected, “.*”. Shaded: what it attends to")
        keep(page, "attention-keyboard")
        keys.press("Escape")
        told(map, "Nothing is selected")
        map.get_by_role("button", name="history", exact=True).focus()
        keys.press("Enter")
        told(map, "The reply pays them")
        map.get_by_text("Turn by turn").focus()
        keys.press("Enter")
        map.get_by_role("table", name=re.compile("from the tokens of a turn")).wait_for()


def test_keys_that_come_fast_end_where_the_last_one_led(browser: Browser, server: StudioServer) -> None:
    with looking(browser, server) as page:
        map = see(page, server, "long")
        map.locator(".tokens").focus()
        page.keyboard.press("ArrowRight")
        for _ in range(40):
            page.keyboard.press("Shift+ArrowRight")
        told(map, "^41 tokens selected")
        assert map.locator(".token.selected").count() == 41


def test_layers_heads_and_turns(browser: Browser, server: StudioServer) -> None:
    with looking(browser, server, viewport={"width": 1400, "height": 900}) as page:
        map = see(page, server)
        map.get_by_text("Layers and heads").click()
        map.get_by_role("table", name=re.compile("What each head pays to the instruction")).wait_for()
        map.get_by_label("Part").select_option("history")
        heads = map.get_by_role("table", name=re.compile("What each head pays to the history"))
        heads.wait_for()
        assert heads.locator("tbody tr").count() == 2
        assert heads.locator("tbody tr").first.locator("td").count() == 4
        assert map.get_by_role("img", name=re.compile("Over the layers")).count() == 1
        map.get_by_text("Turn by turn").click()
        turns = map.get_by_role("table", name=re.compile("from the tokens of a turn"))
        turns.wait_for()
        before = turns.inner_text()
        map.locator(".figures").nth(1).get_by_label("Layer").select_option("1")
        turns.filter(has_not_text=before).wait_for()
        keep(page, "attention-figures")


def test_a_single_head_is_read_with_the_model(browser: Browser, server: StudioServer) -> None:
    with looking(browser, server) as page:
        map = see(page, server)
        map.get_by_role("button", name="reply", exact=True).click()
        told(map, "what they attend to.$")
        everything = map.locator(".top").inner_text()
        layer, head = map.locator(".heads").get_by_label("Layer"), map.locator(".heads").get_by_label("Head")
        assert head.is_disabled()
        layer.select_option("1")
        map.locator(".told", has_text="This head gives").wait_for(timeout=60_000)
        head.select_option("2")
        map.locator(".top").filter(has_not_text=everything).wait_for()
        told(map, "This head gives .* to the first token")
        keep(page, "attention-head")
        layer.select_option("")
        told(map, "what they attend to.$")
        assert map.locator(".top").inner_text() == everything


def test_without_the_model_single_heads_are_greyed_out(browser: Browser, server: StudioServer) -> None:
    with looking(browser, server) as page:
        map = see(page, server, "long")
        assert map.locator(".heads").get_by_label("Layer").is_disabled()
        assert "there is no /nowhere on this machine" in map.locator(".heads").inner_text()
        keep(page, "attention-no-model")


def test_four_thousand_tokens(browser: Browser, server: StudioServer) -> None:
    with looking(browser, server) as page:
        received: list[int] = []
        page.on("response", lambda answer: received.append(len(answer.body())) if "/attention/" in answer.url else None)
        map = see(page, server, "long")
        assert map.locator(".token").count() == 4000
        map.get_by_role("button", name="reply", exact=True).click()
        told(map, "^400 tokens selected. Shaded")
        assert map.locator(".token.reply").last.is_visible()
        map.locator(".top button").first.click()
        keep(page, "attention-long")
        map.get_by_role("button", name="turn 31", exact=True).click()
        told(map, "The reply pays them")
        assert max(received) < 300_000
        assert sum(received) < 400_000  # the page, the map and two selections: 400 rows of 4,000 would be megabytes


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_it_all(browser: Browser, server: StudioServer, scheme: str) -> None:
    with looking(browser, server, viewport={"width": 360, "height": 640}, color_scheme=scheme, has_touch=True) as page:
        page.goto(f"{server.url}/attention?folder=attention")
        page.locator("#course-of .chart").wait_for()
        keep(page, f"attention-phone-list-{scheme}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        map = see(page, server)
        map.locator(".token.reply").nth(2).tap()
        told(map, "^1 token selected")
        for figure in ("Layers and heads", "Turn by turn"):
            map.get_by_text(figure).click()
        map.locator(".figures").nth(1).locator("table").wait_for()
        map.locator(".figures .chart").first.wait_for()
        keep(page, f"attention-phone-{scheme}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_hostile_texts_are_shown_and_nothing_more(browser: Browser, server: StudioServer) -> None:
    with looking(browser, server) as page:
        map = see(page, server, "hostile")
        map.get_by_role("button", name="reply", exact=True).click()
        told(map, "Shaded")
        assert page.title() == "Attention · Duologue studio"
        assert page.locator("img").count() == 0
        assert "<script>document.title" in map.locator("h2").inner_text()
        assert map.locator(".token").first.inner_text().startswith("<script>")
