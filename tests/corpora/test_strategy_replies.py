"""Which replies follow which strategy, what stands before them, and what they must not be split from."""

from __future__ import annotations

from strategy_talk import gold_talk, told_talk

from duologue.corpora.strategy_replies import strategy_replies
from duologue.dialogue import Branch, Dialogue, Turn


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


def test_replies_without_a_strategy_are_given_where_they_are_wanted() -> None:
    plain, whole = (list(strategy_replies(told_talk(1), unconditional=each)) for each in (False, True))
    assert [reply.id for reply in whole if reply.strategy == "unconditional"] == ["talk0-t3~none", "talk0-t5~none"]
    assert [reply for reply in whole if reply.strategy != "unconditional"] == plain


def test_the_messages_of_a_conversation_are_replies_as_they_stand_or_turns_that_alternate() -> None:
    said = [("system", "Hello!"), ("user", "Hi."), ("user", "I am sad."), ("system", "Oh no."), ("system", "Why?")]
    turns = [
        Turn("system", text, labels={"strategy": [text]})
        if speaker == "system"
        else Turn("user", text, source=("a", 9))
        for speaker, text in said
    ]
    dialogue = Dialogue("d", turns, facts={"situation": "A loss."})
    plain = list(strategy_replies([dialogue]))
    assert [(reply.id, reply.strategy, reply.depth) for reply in plain] == [
        ("d/0", "Hello!", 0), ("d/3", "Oh no.", 3), ("d/4", "Why?", 4),
    ]  # fmt: skip
    (merged,) = strategy_replies([dialogue], alternating=True, several="last")
    assert (merged.id, merged.strategy, merged.text) == ("d-3", "Why?", "Oh no. Why?")
    assert [turn.text for turn in merged.before] == ["Hi. I am sad."]
    assert (merged.conversation, merged.situation, merged.where) == ("a", "A loss.", "dialogue d, turn 3")
    each = strategy_replies([dialogue], alternating=True, several="each")
    assert [(reply.id, reply.strategy) for reply in each] == [("d-3/0", "Oh no."), ("d-3/1", "Why?")]


def test_a_branch_has_the_labels_of_its_reply_where_it_has_none_itself() -> None:
    own = Turn("system", "one", labels={"strategy": ["Question"], "layout": ["c1_hf"]})
    branches = [Branch("b1", 1, [own]), Branch("b2", 1, [own], labels={"strategy": ["Others"]})]
    found = list(strategy_replies([Dialogue("d", [Turn("user", "hi")], branches=branches)]))
    assert [(reply.strategy, reply.layout) for reply in found] == [("Question", "c1_hf"), ("Others", "c1_hf")]
    assert [reply.where for reply in found] == ["dialogue d, branch b1", "dialogue d, branch b2"]
