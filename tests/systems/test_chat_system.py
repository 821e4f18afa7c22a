"""A chat model as a system: what it is asked, what becomes of its answers, and that the batch does not matter."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from duologue.dialogue import Dialogue, DialoguePrediction, Insertion, Turn
from duologue.models.failure import ModelFailure
from duologue.models.generation.options import DecodingOptions
from duologue.models.request import Choice, Message, Reply, Request
from duologue.systems.chat import ChatOptions, cut_history, respond


def talk(number: int, exchanges: int = 3) -> Dialogue:
    turns = []
    for index in range(exchanges):
        turns.append(Turn("user", f"Talk {number}, question {index}: a cheap hotel {'in the north ' * index}?"))
        turns.append(Turn("system", f"Answer {index}."))
    turns[2].insertions = [Insertion("backstory", "My dog is ill.", "after")]
    return Dialogue(id=f"d{number}", turns=turns)


class Echo:
    """Says the last message back, in capitals; keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Request] = []

    async def __call__(self, request: Request) -> Reply:
        self.asked.append(request)
        last = request.prompt if isinstance(request.prompt, str) else request.prompt[-1].content
        return Reply((Choice(f" {last.upper()}\n"),))


def run(dialogues: list[Dialogue], complete: Any, decoding: DecodingOptions | None = None, **options: Any) -> Any:
    count = options.pop("count_tokens", None)

    async def rows() -> list[DialoguePrediction]:
        found = respond(dialogues, complete, ChatOptions(**options), decoding, count_tokens=count)
        return [row async for row in found]

    return asyncio.run(rows())


def test_every_system_turn_is_asked_with_what_was_said_before() -> None:
    echo = Echo()
    rows = run([talk(1), talk(2)], echo, DecodingOptions(num_beams=3, max_new_tokens=9), instruction="Book hotels.")
    assert [[turn.turn for turn in row.turns] for row in rows] == [[1, 3, 5], [1, 3, 5]]
    second = echo.asked[1]
    assert second.prompt == (
        Message("system", "Book hotels."),
        Message("user", "Talk 1, question 0: a cheap hotel ?"),
        Message("assistant", "Answer 0."),
        Message("user", "Talk 1, question 1: a cheap hotel in the north ? My dog is ill."),
    )
    assert (second.max_tokens, second.temperature, second.decoding.num_beams) == (9, 0, 3)
    turn = rows[0].turns[0]
    assert (turn.response, turn.raw) == (turn.raw.strip(), " TALK 1, QUESTION 0: A CHEAP HOTEL ?\n")


def test_generated_history_holds_what_the_system_said_and_leaves_failures_out() -> None:
    echo = Echo()

    async def shaky(request: Request) -> Reply:
        last = request.prompt[-1].content
        if "question 1" in last and "question 2" not in last:
            raise ModelFailure("timeout", "no answer within 1 s")
        return await echo(request)

    (row,) = run([talk(1)], shaky, history="generated")
    assert [turn.note for turn in row.turns] == [None, "no answer: timeout", None]
    roles = [message.role for message in echo.asked[-1].prompt]
    said = [message.content for message in echo.asked[-1].prompt]
    assert roles == ["user", "assistant", "user"]
    assert said[1] == "TALK 1, QUESTION 0: A CHEAP HOTEL ?"
    assert "question 1" in said[2]
    assert "question 2" in said[2]


def test_plain_style_is_lines_that_end_with_the_line() -> None:
    echo = Echo()
    run([talk(1)], echo, style="plain", instruction="Be kind.")
    assert echo.asked[1].prompt == (
        "Be kind.\n\nuser> Talk 1, question 0: a cheap hotel ?\nbot> Answer 0.\n"
        "user> Talk 1, question 1: a cheap hotel in the north ? My dog is ill.\nbot>"
    )
    assert echo.asked[1].stop == ("\n",)


def test_history_is_cut_from_the_oldest_whole_messages_only() -> None:
    roles = ["system", "user", "assistant", "user", "assistant", "user"]
    history = [{"role": role, "content": f"{role} {number}"} for number, role in enumerate(roles)]
    for most, left in ((6, 6), (5, 4), (4, 4), (3, 2), (1, 2)):
        kept = cut_history(history, lambda rest, most=most: len(rest) <= most)
        assert kept == [history[0], *history[len(history) - left + 1 :]]
    assert cut_history(history[1:], lambda rest: len(rest) <= 3) == history[3:]
    echo = Echo()
    run([talk(1)], echo, max_prompt_tokens=1, count_tokens=len)
    assert [len(request.prompt) for request in echo.asked] == [1, 1, 1]


def test_a_dialogue_that_the_system_opens_is_told() -> None:
    opened = Dialogue(id="d", turns=[Turn("system", "Hello."), Turn("user", "Hi."), Turn("system", "How can I help?")])
    (row,) = run([opened], Echo())
    assert [turn.note for turn in row.turns] == ["nothing to answer", None]


def test_each_history_has_noise_of_its_own_and_keeps_it() -> None:
    first, again, other = Echo(), Echo(), Echo()
    run([talk(1), talk(2)], first, seed=3)
    run([talk(2)], again, seed=3)
    run([talk(2)], other, seed=4)
    seeds = [request.seed for request in first.asked]
    assert len(set(seeds)) == 6
    assert seeds[3:] == [request.seed for request in again.asked]
    assert not set(seeds) & {request.seed for request in other.asked}


@pytest.mark.parametrize("kind", ["chat", "plain", "t5"])
def test_real_models_answer_the_same_alone_and_together(kind: str, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from random_llama import make_random_llama
    from random_t5 import make_random_t5

    from duologue.models.local import LocalModel

    folder = make_random_t5(tmp_path) if kind == "t5" else make_random_llama(tmp_path, hidden=32)
    style = "chat" if kind == "chat" else "plain"

    def answers(dialogues: list[Dialogue], decoding: DecodingOptions, max_batch: int) -> list[DialoguePrediction]:
        async def rows() -> list[DialoguePrediction]:
            model = LocalModel(folder, name="hf:test", dtype="float64", device="cpu", max_batch=max_batch)
            try:
                options = ChatOptions(style=style, seed=5)
                return [row async for row in respond(dialogues, model.complete, options, decoding)]
            finally:
                await model.close()

        return asyncio.run(rows())

    for decoding in (
        DecodingOptions(max_new_tokens=8),
        DecodingOptions(max_new_tokens=8, do_sample=True, temperature=1.2, top_p=0.95),
        DecodingOptions(max_new_tokens=8, num_beams=3),
        DecodingOptions(max_new_tokens=8, num_beams=4, num_beam_groups=2, diversity_penalty=0.6),
        DecodingOptions(max_new_tokens=8, penalty_alpha=0.5, top_k=3),
    ):
        dialogues = [talk(number) for number in range(3)]
        together = answers(dialogues, decoding, 16)
        assert together == [row for dialogue in dialogues for row in answers([dialogue], decoding, 1)]
        assert any(turn.raw for row in together for turn in row.turns)
