"""Which replies follow which strategy, what they must not be split from, and what a classifier reads of them."""

from __future__ import annotations

from strategy_talk import gold_talk, told_talk

from duologue.dialogue import Branch, Dialogue, Turn
from duologue.views.classification import classified_text, speaker_tokens_of
from duologue.views.strategy_replies import exchange_of, strategy_replies


def test_branches_give_what_was_asked_for_and_their_conversation() -> None:
    replies = list(strategy_replies(told_talk(2)))
    assert len(replies) == 2 * 2 * 3 * 2  # the unconditional ones have no class
    assert {reply.conversation for reply in replies} == {"talk0", "talk1"}  # two histories of one conversation
    assert {(reply.layout, reply.depth) for reply in replies} == {
        ("standard", 3), ("standard", 5), ("c1_hf", 3), ("c1_hf", 5),
    }  # fmt: skip
    assert replies[0].id == "talk0-t3~Information~standard"
    assert replies[0].strategy == "Information"


def test_gold_turns_with_several_strategies_count_as_the_policy_says() -> None:
    dialogue = gold_talk(1)
    plain = [reply.strategy for reply in strategy_replies(dialogue)]
    last = [reply.strategy for reply in strategy_replies(dialogue, several="last")]
    assert len(plain) == len(last) == 3
    assert last[1] == "Others"
    each = list(strategy_replies(dialogue, several="each"))
    assert [reply.id for reply in each] == ["gold0/1", "gold0/3/0", "gold0/3/1", "gold0/5"]
    assert len(list(strategy_replies(dialogue, several="none"))) == 2


def test_a_branch_of_a_branch_has_its_whole_path_before_it() -> None:
    inner = Branch("b2", 3, [Turn("system", "two")], labels={"strategy": ["Question"]})
    outer = Branch("b1", 1, [Turn("system", "one"), Turn("user", "and?")], branches=[inner])
    (reply,) = strategy_replies([Dialogue("d", [Turn("user", "hi"), Turn("system", "gold")], branches=[outer])])
    assert [turn.text for turn in reply.before] == ["hi", "one", "and?"]
    assert reply.text == "two"


def test_the_text_shows_as_much_context_as_asked_for() -> None:
    reply = next(strategy_replies(gold_talk(1)))._replace(
        text="Really?", before=[Turn("user", "Hi"), Turn("system", "Hello"), Turn("user", "Bad day")]
    )
    assert classified_text(reply) == "Really?"
    assert classified_text(reply, context=2) == "supporter: Hello\nseeker: Bad day\nsupporter: Really?"
    tokens = classified_text(reply, context=1, speaker_tokens=True)
    assert tokens == "<seeker> Bad day <supporter> Really?"
    assert speaker_tokens_of([reply]) == ["<seeker>", "<supporter>"]


def test_the_exchange_of_a_reply_ends_before_what_the_system_said_since_the_user() -> None:
    before = [Turn("system", "Welcome"), Turn("user", "Hi"), Turn("system", "Hm.")]
    reply = next(strategy_replies(gold_talk(1)))._replace(text="Go on?", before=before)
    exchange = exchange_of(reply)
    assert exchange is not None
    assert [message["content"] for message in exchange.history] == ["Welcome", "Hi"]
    assert exchange.response == "Go on?"
    assert exchange_of(reply._replace(before=before[:1])) is None
