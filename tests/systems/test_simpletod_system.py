from __future__ import annotations

import asyncio
from typing import Any

import pytest

from duologue.dialogue import Act, Dialogue, DialoguePrediction, Insertion, Span, Turn
from duologue.models.failure import ModelFailure
from duologue.models.request import Choice, Reply, Request
from duologue.systems.lexicalise import Lexicaliser
from duologue.systems.simpletod import SimpleTodOptions, respond
from duologue.views.simpletod import simpletod_examples

HOTELS = [
    {"name": "oak lodge", "area": "north", "phone": "01223 1", "Post Code": "cb1"},
    {"name": "elm house", "area": "north", "phone": "01223 2"},
    {"name": "ash court", "area": "south", "phone": "?"},
]


def query(domain: str, wanted: Any) -> list[dict[str, str]]:
    rows = HOTELS if domain == "hotel" else []
    return [row for row in rows if all(row.get(slot) == value for slot, value in wanted.items())]


def stay(number: int) -> Dialogue:
    area = "north" if number % 2 else "south"
    state = {"hotel": {"area": [area]}}
    return Dialogue(
        id=f"d{number}",
        turns=[
            Turn("user", f"Number {number}: a place to stay?", state=state),
            Turn(
                "system",
                "Oak Lodge is there.",
                acts=[Act("hotel", "inform", "name", "Oak Lodge")],
                spans=[Span("name", "Oak Lodge", 0, 9)],
            ),
            Turn(
                "user",
                "Its phone?",
                state=state,
                insertions=[Insertion("backstory", "My dog is ill.", "after")],
            ),
            Turn("system", "It is 123.", spans=[Span("phone", "123", 6, 9)]),
        ],
    )


class Oracle:
    """Answers a prompt of the gold history with the view's own completion; later requests are answered first."""

    def __init__(self, dialogues: list[Dialogue], variant: Any = "simpletod") -> None:
        self.answers = {
            example.prompt: example.completion for each in dialogues for example in simpletod_examples(each, variant)
        }
        self.asked: list[Request] = []

    async def __call__(self, request: Request) -> Reply:
        self.asked.append(request)
        await asyncio.sleep(0.001 * (20 - len(self.asked) % 20))
        text = self.answers.get(
            str(request.prompt), "<|belief|> <|endofbelief|> <|response|> [name]? <|endofresponse|>"
        )
        return Reply((Choice(text.split(request.stop[0])[0]),))


def run(dialogues: list[Dialogue], complete: Any, **options: Any) -> list[DialoguePrediction]:
    async def all_rows() -> list[DialoguePrediction]:
        kept = {name: options.pop(name) for name in ("lexicaliser", "window", "count_tokens") if name in options}
        return [row async for row in respond(dialogues, complete, SimpleTodOptions(**options), **kept)]

    return asyncio.run(all_rows())


@pytest.mark.parametrize("window", [1, 3, 100])
def test_gold_history_gives_the_reference_back_in_input_order(window: int) -> None:
    dialogues = [stay(number) for number in range(7)]
    oracle = Oracle(dialogues)
    rows = run(dialogues, oracle, window=window)
    assert [row.id for row in rows] == [each.id for each in dialogues]
    for row, dialogue in zip(rows, dialogues, strict=True):
        assert [turn.turn for turn in row.turns] == [1, 3]
        assert [turn.response for turn in row.turns] == ["[name] is there.", "It is [phone]."]
        assert row.turns[1].state == dialogue.turns[2].state
        assert row.turns[0].action == "hotel inform name"
        assert row.turns[0].note is None
    assert all(request.temperature == 0 and request.stop == ("<|endofresponse|>",) for request in oracle.asked)


def test_interference_is_asked_with_the_backstory() -> None:
    oracle = Oracle([stay(1)], "interference")
    row = run([stay(1)], oracle, variant="interference")[0]
    assert any("My dog is ill." in str(request.prompt) for request in oracle.asked)
    assert row.turns[1].response == "It is [phone]."
    clean = Oracle([stay(1)])
    run([stay(1)], clean)
    assert not any("My dog is ill." in str(request.prompt) for request in clean.asked)


def test_generated_history_holds_what_the_system_said() -> None:
    oracle = Oracle([stay(1)])
    rows = run([stay(1)], oracle, history="generated", lexicaliser=Lexicaliser(query, seed=1))
    said = rows[0].turns[0].said
    assert said in ("oak lodge is there.", "elm house is there.")
    assert f"<|system|> {said} <|user|> Its phone?" in str(oracle.asked[1].prompt)
    assert "Oak Lodge" not in str(oracle.asked[1].prompt)


def test_a_failed_turn_is_told_and_the_rest_goes_on_but_a_dead_server_stops() -> None:
    oracle = Oracle([stay(1)])

    async def shaky(request: Request) -> Reply:
        if "Its phone?" in str(request.prompt):
            raise ModelFailure("timeout", "no answer within 1 s")
        return await oracle(request)

    first, second = run([stay(1)], shaky)[0].turns
    assert (first.note, second.note, second.response) == (None, "no answer: timeout", "")

    async def dead(request: Request) -> Reply:
        raise ModelFailure("unreachable", "nobody answers")

    with pytest.raises(ModelFailure, match="nobody"):
        run([stay(1), stay(2)], dead)


def test_an_empty_reply_is_an_answer_without_a_response() -> None:
    async def mute(request: Request) -> Reply:
        raise ModelFailure("empty_reply", "the answer is empty")

    assert [turn.note for turn in run([stay(1)], mute)[0].turns] == ["no response", "no response"]


def test_what_is_cut_or_malformed_is_noted() -> None:
    async def cut(request: Request) -> Reply:
        return Reply((Choice("<|belief|> hotel wings 2 <|endofbelief|> <|action|> hotel", finish_reason="length"),))

    assert run([stay(1)], cut)[0].turns[0].note == "1 malformed belief item; no response; cut by length"


def test_old_turns_are_dropped_where_a_prompt_is_too_long() -> None:
    oracle = Oracle([stay(1)])
    run([stay(1)], oracle, max_prompt_tokens=8, count_tokens=lambda text: len(text.split()))
    assert "Number 1" not in str(oracle.asked[1].prompt)
    assert "Its phone?" in str(oracle.asked[1].prompt)


def test_a_venue_keeps_its_phone_and_another_is_another_row() -> None:
    state = {"hotel": {"area": ["north"], "bookday": ["monday"]}}
    session = Lexicaliser(query, seed=3).start("d1")
    offer = session.fill("[choice] places: [name] or [name].", state, "hotel inform choice").text
    first = offer.split(": ")[1].split(" or ")[0]
    assert offer.startswith("2 places: ")
    assert {first, offer.split(" or ")[1].rstrip(".")} == {"oak lodge", "elm house"}
    phone = session.fill("Call [phone].", state, "").text
    assert phone == {"oak lodge": "Call 01223 1.", "elm house": "Call 01223 2."}[first]
    booked = session.fill("For [bookday], reference [ref], [postcode] [stars].", state, "booking book")
    assert booked.text.startswith("For monday, reference ")
    assert "stars" in booked.unfilled
    assert booked.text.endswith("[stars].")
    again = Lexicaliser(query, seed=3).start("d1")
    again.fill("[choice] places: [name] or [name].", state, "hotel inform choice")
    again.fill("Call [phone].", state, "")
    assert again.fill("For [bookday], reference [ref], [postcode] [stars].", state, "booking book") == booked


def test_without_a_matching_row_nothing_is_made_up() -> None:
    session = Lexicaliser(query).start("d1")
    filled = session.fill("[name] at [phone] in the [area].", {"hotel": {"area": ["east"]}}, "hotel inform name")
    assert filled.text == "[name] at [phone] in the east."
    assert filled.unfilled == ["name", "phone"]
    taxi = session.fill("A [type], call [phone].", {"taxi": {"leaveat": ["9:00"]}}, "taxi inform phone")
    assert taxi.unfilled == []
    assert "[" not in taxi.text
