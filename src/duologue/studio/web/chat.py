"""The page of chat: a visitor's own conversation, its replies as they come, votes, and the pairs that these make."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Annotated, Any, Literal, get_args

import msgspec
from fastapi import APIRouter, Body, Depends, Request, Response
from fastapi.responses import HTMLResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from duologue.corpora.strategies import EXTENDED
from duologue.corpora.strategy_labels import STRATEGY
from duologue.errors import DuologueError
from duologue.measures.self_harm import notice, suggests_self_harm
from duologue.prompts.steering import Layout
from duologue.studio.chat.talks import Talk
from duologue.studio.studio import Studio
from duologue.studio.web.owner import owner
from duologue.studio.web.pages import page
from duologue.systems.live_chat import SELF_HARM, Exchange, title_of
from duologue.systems.voted import voted
from duologue.systems.ways import Plain, SimpleTod, Steered, Way

routes = APIRouter(prefix="/chat", dependencies=[Depends(owner)])
_Way = Literal["plain", "simpletod", Layout]
_JSONL = "application/jsonl"


class Who(BaseModel):
    """Who answers a message: a model, the way it is asked, and the strategy it is told."""

    model_config = ConfigDict(extra="forbid")

    model: Annotated[str, Field(max_length=1000)]
    way: _Way = "plain"
    strategy: str | None = None

    def asked(self) -> Way:
        """The way, with its strategy."""
        if self.way == "plain":
            return Plain()
        if self.way == "simpletod":
            return SimpleTod()
        return Steered(None if self.strategy is None else EXTENDED[self.strategy], self.way)


class Message(BaseModel):
    """What a visitor says, and to whom."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    text: Annotated[str, Field(min_length=1, max_length=8000)]
    sides: Annotated[list[Who], Field(min_length=1, max_length=2)]


class Vote(BaseModel):
    """Which reply to a message is better."""

    model_config = ConfigDict(extra="forbid")

    exchange: Annotated[int, Field(ge=0)]
    choice: Literal[0, 1, "tie"]


@routes.get("", response_class=HTMLResponse)
def begin(request: Request) -> str:
    """The page."""
    return page("chat.html.jinja", request)


@routes.get("/choices")
def choices(request: Request) -> dict[str, Any]:
    """Who may be talked to, and how."""
    strategies = [{"name": each.name, "description": each.description} for each in EXTENDED.values()]
    return {"models": _studio(request).speakers.names(), "ways": _ways(), "strategies": strategies, "notice": notice()}


@routes.get("/conversation")
async def conversation(request: Request) -> dict[str, Any]:
    """What this visitor's conversation holds."""
    return _shown(_talk(request))


@routes.post("/say")
async def say(request: Request, message: Annotated[Message, Body()]) -> StreamingResponse:
    """Answer a message, in lines of JSON: replies as far as they have come, then the exchange, or why there is none.

    The answer is finished and saved even where nobody listens any more.
    """
    studio, talk = _studio(request), _talk(request)
    if unknown := [who.strategy for who in message.sides if who.strategy not in (None, *EXTENDED)]:
        raise HTTPException(422, f"there is no strategy {unknown[0]!r}")
    if talk.answering.locked():
        raise HTTPException(409, "the last message is still being answered")
    told: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
    if suggests_self_harm(message.text):
        told.put_nowait({"notice": True})
    answering = asyncio.create_task(_answer(studio, talk, message, told))
    studio.at_work.add(answering)
    answering.add_done_callback(studio.at_work.discard)
    return StreamingResponse(_lines(told), media_type=_JSONL)


@routes.post("/vote")
async def vote(request: Request, vote: Annotated[Vote, Body()]) -> dict[str, Any]:
    """Prefer a reply; the preferred one goes on."""
    talk = _talk(request)
    if talk.answering.locked():
        raise HTTPException(409, "the last message is still being answered")
    try:
        talk.chat.vote(vote.choice, vote.exchange)
    except ValueError as error:
        raise HTTPException(422, str(error)) from None
    await asyncio.to_thread(_studio(request).talks.save, talk)
    return _exchange(talk.chat.exchanges[vote.exchange])


@routes.post("/new")
async def new(request: Request) -> dict[str, Any]:
    """Begin a new conversation; the last one stays saved."""
    if _talk(request).answering.locked():
        raise HTTPException(409, "the last message is still being answered")
    return _shown(_studio(request).talks.begin(_visitor(request)))


@routes.get("/pairs")
def pairs(request: Request) -> Response:
    """All visitors' votes as preference pairs, for `train dpo`."""
    data = msgspec.json.Encoder().encode_lines(voted(_studio(request).talks.transcripts()))
    return Response(data, media_type=_JSONL, headers={"content-disposition": 'attachment; filename="chat-pairs.jsonl"'})


async def _answer(studio: Studio, talk: Talk, message: Message, told: asyncio.Queue[dict[str, Any] | None]) -> None:
    try:
        async with talk.answering:
            talk.chat.sides = [await studio.speakers.side(who.model, who.asked()) for who in message.sides]
            await talk.chat.say(message.text, lambda side, text: told.put_nowait({"side": side, "text": text}))
            await asyncio.to_thread(studio.talks.save, talk)
            told.put_nowait({"exchange": _exchange(talk.chat.exchanges[-1])})
    except DuologueError as error:
        told.put_nowait({"error": str(error)})
    finally:
        told.put_nowait(None)


async def _lines(told: asyncio.Queue[dict[str, Any] | None]) -> AsyncGenerator[bytes, None]:
    """What is told, line by line; of a reply that comes faster than it is sent only the newest state."""
    ended = False
    while not ended:
        waiting = [await told.get()]
        while not told.empty():
            waiting.append(told.get_nowait())
        newest = {each["side"]: each for each in waiting if each is not None and "side" in each}
        for each in (*newest.values(), *(each for each in waiting if each is not None and "side" not in each)):
            yield msgspec.json.encode(each) + b"\n"
        ended = waiting[-1] is None


def _shown(talk: Talk) -> dict[str, Any]:
    return {"id": talk.chat.id, "exchanges": [_exchange(each) for each in talk.chat.exchanges]}


def _exchange(each: Exchange) -> dict[str, Any]:
    replies = [
        {"title": title_of(reply), "strategy": reply.labels.get(STRATEGY, [""])[0], "text": reply.said}
        for reply in each.replies
    ]
    noticed = SELF_HARM in each.message.labels.get("notice", [])
    return {
        "text": each.message.said,
        "replies": replies,
        "choice": each.choice,
        "taken": each.taken,
        "notice": noticed,
    }


def _ways() -> list[str]:
    return ["plain", "simpletod", *get_args(Layout)]


def _visitor(request: Request) -> str:
    return _studio(request).secret.visitor(request.state.session)


def _talk(request: Request) -> Talk:
    return _studio(request).talks.of(_visitor(request))


def _studio(request: Request) -> Studio:
    studio: Studio = request.app.state.studio
    return studio
