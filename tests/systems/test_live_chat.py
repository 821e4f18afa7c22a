"""A conversation with one side or two: what is asked, what goes on, and what the transcript holds."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest
from misbehaving_server import Server

from duologue.corpora.strategies import EXTENDED, Strategy
from duologue.dialogue import Turn, check, paths
from duologue.models import ModelDesk, ModelFailure, open_model
from duologue.models.generation.options import DecodingOptions
from duologue.prompts.steering import Layout
from duologue.systems.fitting import Fit
from duologue.systems.live_chat import Choice, LiveChat, Side, resumed
from duologue.systems.ways import Plain, SimpleTod, Steered
from duologue.views.belief import render_belief
from duologue.views.simpletod import render_completion, simpletod_prompt


def talk(
    server: Server,
    said: list[str],
    *,
    sides: int = 1,
    votes: dict[int, Choice] | None = None,
    layout: Layout = "standard",
    fit: Fit | None = None,
) -> LiveChat:
    async def run() -> LiveChat:
        async with ModelDesk(
            {"a": open_model("openai:one", base_url=server.url), "b": open_model("openai:two", base_url=server.url)}
        ) as desk:

            def by(strategy: Strategy | None) -> list[Side]:
                way = Steered(strategy, layout)
                return [
                    Side(f"model {role}", partial(desk.complete, role), fit or Fit(None, None), way)
                    for role in "ab"[:sides]
                ]

            chat = LiveChat(by(None), decoding=DecodingOptions(max_new_tokens=20))
            for at, text in enumerate(said):
                if text.startswith("/"):
                    chat.sides = by(EXTENDED.get(text[1:]))
                    continue
                await chat.say(text)
                if votes and at in votes:
                    chat.vote(votes[at])
            return chat

    return asyncio.run(run())


def contents(body: dict[str, object]) -> list[str]:
    return [message["content"] for message in body["messages"]]


def test_the_strategy_changes_and_the_history_stays(server: Server) -> None:
    chat = talk(server, ["/Offer Hope", "I lost my job.", "/Affirmation", "Last week.", "/none", "Hm."])
    systems = [contents(body)[0] for body in server.log]
    assert '"Offer Hope"' in systems[0]
    assert '"Affirmation"' in systems[1]
    assert "strategy" not in systems[2]
    assert contents(server.log[2])[1::2] == ["I lost my job.", "Last week.", "Hm."]
    dialogue = chat.dialogue()
    assert dialogue is not None
    assert [turn.labels["strategy"] for turn in dialogue.turns[1::2]] == [
        ["Offer Hope"],
        ["Affirmation"],
        ["unconditional"],
    ]
    assert dialogue.roles == {"user": "seeker", "system": "supporter"}
    assert dialogue.branches == []


def test_two_replies_are_branches_from_one_point_and_the_preferred_one_goes_on(server: Server) -> None:
    chat = talk(server, ["One.", "Two.", "Three.", "Four."], sides=2, votes={0: 1, 1: "tie", 2: 0})
    dialogue = chat.dialogue()
    assert dialogue is not None
    assert not list(check(dialogue))
    assert [branch.at for branch in dialogue.branches] == [1, 1, 3, 3, 5, 5, 7, 7]
    preferences = [branch.labels.get("preference") for branch in dialogue.branches]
    assert preferences == [["rejected"], ["chosen"], ["tie"], ["tie"], ["chosen"], ["rejected"], None, None]
    said = [branch.turns[0].text for branch in dialogue.branches]
    assert [turn.text for turn in dialogue.turns[1::2]] == [said[1], said[2], said[4], said[6]]
    both = [contents(body) for body in server.log[2:4]]
    assert both[0] == both[1]  # the same history for both sides
    assert both[0][2] == said[1]
    assert len(list(paths(dialogue))) == 9


def test_each_side_has_its_layout(server: Server) -> None:
    talk(server, ["One.", "Two."], layout="c1_hf")
    assert len(server.log[1]["messages"]) == 2
    assert "user: One." in contents(server.log[1])[0]


def test_the_oldest_turns_go_when_the_model_reads_no_more(server: Server) -> None:
    fit = Fit(2, lambda messages: sum(message.role == "user" for message in messages))
    chat = talk(server, ["One.", "Two.", "Three.", "Four."], fit=fit)
    assert [text for text in contents(server.log[3])[1:] if not text.startswith("said")] == ["Three.", "Four."]
    assert len(chat.turns) == 8


def test_a_message_without_an_answer_is_taken_back(server: Server) -> None:
    server.script = ["answer", "400", "answer"]

    async def run() -> LiveChat:
        async with ModelDesk({"a": open_model("openai:one", base_url=server.url)}) as desk:
            chat = LiveChat([Side("one", partial(desk.complete, "a"))])
            await chat.say("One.")
            with pytest.raises(ModelFailure):
                await chat.say("Two.")
            await chat.say("Two, again.")
            return chat

    chat = asyncio.run(run())
    assert [turn.text for turn in chat.turns[::2]] == ["One.", "Two, again."]


def test_reset_begins_another_dialogue(server: Server) -> None:
    chat = talk(server, ["One."])
    first = chat.dialogue()
    chat.reset()
    assert chat.dialogue() is None
    with pytest.raises(ValueError, match="no two replies"):
        chat.vote(0)
    assert first is not None
    assert first.id != chat.id


def test_a_message_that_suggests_self_harm_is_marked(server: Server) -> None:
    chat = talk(server, ["I want to end my life.", "Thanks."])
    assert [turn.labels.get("notice") for turn in chat.turns[::2]] == [["self-harm"], None]


def test_replies_are_heard_while_they_come_and_end_as_what_was_said(server: Server) -> None:
    heard: dict[int, list[str]] = {0: [], 1: []}

    async def run() -> LiveChat:
        async with ModelDesk({"a": open_model("tiny"), "b": open_model("openai:two", base_url=server.url)}) as desk:
            await desk.models["a"].ready()
            chat = LiveChat(
                [Side(role, partial(desk.complete, role), Fit(None, None), Steered()) for role in "ab"],
                decoding=DecodingOptions(max_new_tokens=20),
            )
            await chat.say("I lost my job.", lambda side, text: heard[side].append(text))
            return chat

    replies = asyncio.run(run()).exchanges[0].replies
    for side, reply in enumerate(replies):
        assert heard[side][-1] == reply.text
        assert len(set(heard[side])) > 2
        assert all(later.startswith(earlier) for earlier, later in zip(heard[side], heard[side][1:], strict=False))


def test_sides_may_change_and_a_transcript_goes_on_where_it_ended(server: Server) -> None:
    chat = talk(server, ["One.", "/Offer Hope", "Two.", "Three."], sides=2, votes={0: 1, 2: "tie"})
    dialogue = chat.dialogue()
    assert dialogue is not None
    id, exchanges = resumed(dialogue)
    assert LiveChat([], exchanges=exchanges, id=id).dialogue() == dialogue
    assert [each.taken for each in exchanges] == [1, 0, 0]
    assert [each.choice for each in exchanges] == [1, "tie", None]


def test_a_later_vote_changes_the_preference_not_the_conversation(server: Server) -> None:
    chat = talk(server, ["One.", "Two."], sides=2, votes={0: 1})
    before = [turn.text for turn in chat.turns]
    chat.vote(0, 0)
    assert [turn.text for turn in chat.turns] == before
    dialogue = chat.dialogue()
    assert dialogue is not None
    assert [branch.labels["preference"] for branch in dialogue.branches[:2]] == [["chosen"], ["rejected"]]
    with pytest.raises(ValueError, match="no two replies"):
        chat.vote(0, 2)


def test_plainly_a_model_is_told_the_conversation_only() -> None:
    way = Plain()
    turns = [Turn("user", "One."), Turn("system", "Yes."), Turn("user", "Two.")]
    assert [(each.role, each.content) for each in way.prompt(turns)] == [
        ("user", "One."),
        ("assistant", "Yes."),
        ("user", "Two."),
    ]
    assert way.turn(" Well. ").text == "Well."


def test_simpletod_shows_the_response_and_keeps_what_it_believed() -> None:
    way = SimpleTod()
    turns = [Turn("user", "a cheap hotel , please")]
    assert way.prompt(turns) == simpletod_prompt([("user", turns[0].text)])
    answer = render_completion({"hotel": {"pricerange": ["cheap"]}}, "hotel inform name", "try [name] .")
    assert way.turn(answer[:40]).text == ""
    turn = way.turn(answer.removesuffix(way.stop[0]))
    assert turn.text == "try [name] ."
    assert turn.labels["belief"] == [render_belief({"hotel": {"pricerange": ["cheap"]}})]
    assert turn.labels["action"] == ["hotel inform name"]
