"""Chat over HTTP: visitors' own conversations, votes, pairs, and what is refused."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from misbehaving_server import Server
from studio_project import Page

from duologue.dialogue import check, read
from duologue.measures.self_harm import notice
from duologue.models.generation.options import DecodingOptions
from duologue.models.spec import ModelOptions
from duologue.studio.app import make_app
from duologue.studio.studio import Studio, TalkOptions, open_studio
from duologue.training.base_model import load_tokenizer
from duologue.training.preference_data import preference_rows

ONE = {"model": "openai:one", "way": "plain"}
OTHER = {"model": "openai:other", "way": "c1_hf", "strategy": "Offer Hope"}


@pytest.fixture
def studio(server: Server, tmp_path: Path) -> Iterator[Studio]:
    talk = TalkOptions(
        ["openai:one", "openai:other"],
        ModelOptions(base_url=server.url, timeout=5),
        decoding=DecodingOptions(max_new_tokens=20),
    )
    with open_studio(tmp_path, talk=talk) as opened:
        yield opened


@pytest.fixture
def page(studio: Studio) -> Iterator[Page]:
    page = Page(make_app(studio), "/chat")
    with page.client:
        yield page


def said(page: Page, text: str, *sides: dict[str, Any]) -> list[dict[str, Any]]:
    answer = page.post("/chat/say", {"text": text, "sides": list(sides or (ONE,))})
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def test_replies_come_in_pieces_and_end_as_an_exchange(page: Page, server: Server) -> None:
    told = said(page, "Hello.", ONE, OTHER)
    assert {each["side"] for each in told[:-1]} == {0, 1}
    exchange = told[-1]["exchange"]
    for side, reply in enumerate(exchange["replies"]):
        assert [each["text"] for each in told[:-1] if each["side"] == side][-1] == reply["text"]
    assert [reply["title"] for reply in exchange["replies"]] == ["openai:one · plain", "openai:other · c1_hf"]
    asked = {body["model"]: body["messages"] for body in server.log}
    assert asked["one"] == [{"role": "user", "content": "Hello."}]
    assert '"Offer Hope"' in asked["other"][0]["content"]


def test_everyone_has_a_conversation_of_their_own(studio: Studio, page: Page) -> None:
    said(page, "Hello.")
    other = Page(page.client.app, "/chat")
    assert other.get("/chat/conversation")["exchanges"] == []
    assert len(page.get("/chat/conversation")["exchanges"]) == 1


def test_a_conversation_outlives_the_studio_and_is_a_dialogue(studio: Studio, page: Page, tmp_path: Path) -> None:
    said(page, "Hello.", ONE, OTHER)
    page.post("/chat/vote", {"exchange": 0, "choice": 1})
    before = page.get("/chat/conversation")
    with open_studio(tmp_path, talk=studio.talk) as again:
        session = Page(make_app(again), "/chat")
        session.client.cookies = page.client.cookies
        assert session.get("/chat/conversation") == before
    (dialogue,) = read(next((tmp_path / "chats").glob("*.jsonl")))
    assert not list(check(dialogue))
    assert dialogue.turns[1].text == before["exchanges"][0]["replies"][1]["text"]


def test_a_new_conversation_leaves_the_old_one_saved(page: Page, tmp_path: Path) -> None:
    said(page, "Hello.")
    assert page.post("/chat/new").json()["exchanges"] == []
    said(page, "Again.")
    assert [next(read(path)).turns[0].text for path in sorted((tmp_path / "chats").glob("*"))] == ["Hello.", "Again."]


def test_votes_are_pairs_that_dpo_trains_on(page: Page, tmp_path: Path) -> None:
    for at, choice in enumerate((1, "tie", 0)):
        said(page, f"Message {at}.", ONE, OTHER)
        shown = page.post("/chat/vote", {"exchange": at, "choice": choice}).json()
        assert shown["taken"] == (1 if choice == 1 else 0)
    said(page, "Last.", ONE, OTHER)
    (path := tmp_path / "pairs.jsonl").write_bytes(page.client.get("/chat/pairs").content)
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    texts = [[reply["text"] for reply in each["replies"]] for each in page.get("/chat/conversation")["exchanges"]]
    assert [(row["chosen"][0]["content"], row["rejected"][0]["content"]) for row in rows] == [
        (texts[0][1], texts[0][0]),
        (texts[2][0], texts[2][1]),
    ]
    assert [each["content"] for each in rows[1]["prompt"]] == [
        "Message 0.",
        texts[0][1],
        "Message 1.",
        texts[1][0],
        "Message 2.",
    ]
    encode = preference_rows(path)
    assert len(list(encode(load_tokenizer("tiny"), 2048))) == 2


def test_a_message_without_an_answer_is_taken_back_and_said_why(page: Page, server: Server) -> None:
    said(page, "Hello.")
    server.script = ["400"]
    (error,) = said(page, "Again.")
    assert "told to give 400" in error["error"]
    assert len(page.get("/chat/conversation")["exchanges"]) == 1
    assert "exchange" in said(page, "Again.")[-1]


def test_while_an_answer_comes_nothing_else_is_said(studio: Studio, page: Page, server: Server) -> None:
    talk = studio.talks.of(studio.secret.visitor(page.client.cookies["duologue-session"]))

    async def busy() -> list[int]:
        async with talk.answering:
            return [
                page.post("/chat/say", {"text": "Hello.", "sides": [ONE]}).status_code,
                page.post("/chat/vote", {"exchange": 0, "choice": 0}).status_code,
                page.post("/chat/new").status_code,
            ]

    assert asyncio.run(busy()) == [409, 409, 409]
    assert server.log == []


@pytest.mark.parametrize(
    "message",
    [
        {"text": "", "sides": [ONE]},
        {"text": "x" * 8001, "sides": [ONE]},
        {"text": "Hello.", "sides": []},
        {"text": "Hello.", "sides": [ONE, ONE, ONE]},
        {"text": "Hello.", "sides": [ONE | {"way": "loudly"}]},
        {"text": "Hello.", "sides": [ONE | {"strategy": "Shout"}]},
        {"text": "Hello.", "sides": [ONE | {"odd": 1}]},
    ],
)
def test_what_makes_no_sense_is_refused(page: Page, server: Server, message: dict[str, Any]) -> None:
    assert page.post("/chat/say", message).status_code == 422
    assert server.log == []


@pytest.mark.parametrize("model", ["openai:third", "hf:../../etc", "hf:/etc", "replay:x", "hf:.studio", ""])
def test_only_models_that_are_listed_are_opened(page: Page, model: str) -> None:
    (told,) = said(page, "Hello.", {"model": model})
    assert "no model" in told["error"]


def test_checkpoints_of_the_folder_are_listed_but_no_classifiers(page: Page, tmp_path: Path) -> None:
    for name, architecture in (("run/model", "LlamaForCausalLM"), ("run/judge", "LlamaForSequenceClassification")):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "config.json").write_text(json.dumps({"architectures": [architecture]}))
        (tmp_path / name / "model.safetensors").touch()
    (tmp_path / "run/model/checkpoint-3").mkdir()
    (tmp_path / "run/model/checkpoint-3/model.safetensors").touch()
    assert page.get("/chat/choices")["models"] == ["openai:one", "openai:other", "hf:run/model"]


def test_a_message_that_suggests_self_harm_shows_where_help_is(page: Page) -> None:
    told = said(page, "I want to end my life.")
    assert told[0] == {"notice": True}
    assert told[-1]["exchange"]["notice"] is True
    assert page.get("/chat/conversation")["exchanges"][0]["notice"] is True
    assert page.get("/chat/choices")["notice"] == notice()
    assert said(page, "Thank you.")[-1]["exchange"]["notice"] is False


def test_without_a_form_token_nothing_is_said(page: Page, server: Server) -> None:
    assert page.client.post("/chat/say", json={"text": "Hello.", "sides": [ONE]}).status_code == 403
    assert server.log == []
