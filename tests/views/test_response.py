"""Histories and responses of a dialogue, by hand."""

from __future__ import annotations

from strategy_talk import gold_talk

from duologue.corpora.strategy_replies import strategy_replies
from duologue.dialogue import Dialogue, Insertion, Turn
from duologue.views.response import Exchange, exchange_of, exchanges


def test_a_response_follows_all_that_was_said() -> None:
    dialogue = Dialogue(
        "d", [Turn("user", "Hi"), Turn("system", "Hello."), Turn("user", "Bye"), Turn("system", "Bye.")]
    )
    opened = [{"role": "user", "content": "Hi"}]
    more = [*opened, {"role": "assistant", "content": "Hello."}, {"role": "user", "content": "Bye"}]
    assert list(exchanges(dialogue)) == [Exchange("d", 1, opened, "Hello."), Exchange("d", 3, more, "Bye.")]


def test_turns_in_a_row_are_one_message_and_tools_are_left_out() -> None:
    turns = [
        Turn("system", "Welcome."),
        Turn("user", "A table"),
        Turn("user", "for two."),
        Turn("tool", "{}"),
        Turn("system", "One moment."),
        Turn("system", "Done."),
    ]
    first, second = exchanges(Dialogue("d", turns))
    assert first == Exchange("d", 0, [], "Welcome.")
    assert (second.turn, second.response) == (4, "One moment.\nDone.")
    assert [message["content"] for message in second.history] == ["Welcome.", "A table\nfor two."]


def test_the_instruction_comes_first_and_insertions_are_said() -> None:
    answer = Turn("system", "It is near.", insertions=[Insertion("reaction", "How nice!", "before")])
    dialogue = Dialogue("d", [Turn("user", "Hi"), answer], instruction="Be kind.")
    (own,) = exchanges(dialogue)
    assert own.history[0] == {"role": "system", "content": "Be kind."}
    assert own.response == "How nice! It is near."
    (other,) = exchanges(dialogue, instruction="Be brief.")
    assert other.history[0]["content"] == "Be brief."
    assert next(exchanges(dialogue, instruction="")).history[0]["role"] == "user"


def test_the_exchange_of_a_reply_ends_before_what_the_system_said_since_the_user() -> None:
    before = [Turn("system", "Welcome"), Turn("user", "Hi"), Turn("system", "Hm.")]
    reply = next(strategy_replies(gold_talk(1)))._replace(text="Go on?", before=before)
    exchange = exchange_of(reply)
    assert exchange is not None
    assert [message["content"] for message in exchange.history] == ["Welcome", "Hi"]
    assert exchange.response == "Go on?"
    assert exchange_of(reply._replace(before=before[:1])) is None
