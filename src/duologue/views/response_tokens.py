"""Responses of dialogues as token ids: through the model's chat template, or as plain lines where it has none.

    for exchange in exchanges(dialogue, instruction="You are a booking assistant."):
        response_tokens(exchange, tokenizer, max_length=512)         # one example per response, the response trained
    dialogue_tokens(dialogue, tokenizer, max_length=512)             # the whole dialogue, everything trained

Training begins with exactly what inference begins with: `history_ids`, the ids of the messages or of the raw text that
`response_prompt` gives. Of what is too long the oldest turns go, whole turns only; instruction and newest turn stay.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Any

from duologue.dialogue import Dialogue
from duologue.errors import InputError
from duologue.models.chat_template import render_chat
from duologue.views.plain_chat import plain_completion, plain_dialogue, plain_prompt
from duologue.views.response import Exchange, Message, messages_of
from duologue.views.tokens import Tokens, completion_ids, prompt_ids


def response_tokens(exchange: Exchange, tokenizer: Any, *, max_length: int) -> Tokens:
    """An exchange with its response trained, the end of the turn included.

    Args:
        exchange: the messages before a response, and the response.
        tokenizer: a transformers tokenizer, with or without a chat template.
        max_length: most tokens; an example whose newest turn alone is longer stays longer.

    Raises:
        InputError: the chat template refuses the messages, or renders the answer otherwise than it asks for it.
    """
    name = f"dialogue {exchange.dialogue}, turn {exchange.turn}"
    answer = _answer_ids(exchange, tokenizer, name)
    asked, room = history_ids(exchange.history, tokenizer), max_length - len(answer)
    if len(asked) > room:
        asked = history_ids(fitted_history(exchange.history, tokenizer, max_tokens=room), tokenizer)
    return Tokens(asked + answer, [False] * len(asked) + [True] * len(answer), name)


def dialogue_tokens(
    dialogue: Dialogue, tokenizer: Any, *, max_length: int, instruction: str | None = None
) -> Tokens | None:
    """A whole dialogue with the loss on everything; None where nothing is said in it.

    Args:
        dialogue: its trunk is used.
        tokenizer: a transformers tokenizer, with or without a chat template.
        max_length: most tokens; of more, the oldest turns are dropped.
        instruction: stands before it; by default the dialogue's own, where it has one.

    Raises:
        InputError: the chat template refuses the messages.
    """

    def ids(messages: Sequence[Message]) -> list[int]:
        if _has_template(tokenizer):
            rendered = render_chat(messages, tokenizer).rstrip()
            return _closed(_ids(rendered, tokenizer), tokenizer)
        return _closed(prompt_ids(plain_dialogue(messages), tokenizer), tokenizer)

    messages = messages_of(dialogue, instruction=instruction)
    if all(message["role"] == "system" for message in messages):
        return None
    whole = ids(_newest(messages, lambda some: len(ids(some)) <= max_length))
    return Tokens(whole, [True] * len(whole), f"dialogue {dialogue.id}")


def response_prompt(history: Sequence[Message], tokenizer: Any) -> list[Message] | str:
    """What a model in process is asked with: messages, or plain text where its tokenizer has no chat template."""
    return list(history) if _has_template(tokenizer) else plain_prompt(history)


def history_ids(history: Sequence[Message], tokenizer: Any) -> list[int]:
    """The ids that inference begins with after this history."""
    if _has_template(tokenizer):
        return _ids(render_chat(history, tokenizer, add_generation_prompt=True), tokenizer)
    return prompt_ids(plain_prompt(history), tokenizer)


def fitted_history(history: Sequence[Message], tokenizer: Any, *, max_tokens: int) -> list[Message]:
    """The history without its oldest turns, so that it has at most `max_tokens` tokens.

    What stays begins with a user's turn, as chat templates want it; the instruction and the newest turn always stay.
    """
    return _newest(history, lambda some: len(history_ids(some, tokenizer)) <= max_tokens)


def _newest(messages: Sequence[Message], fits: Callable[[Sequence[Message]], bool]) -> list[Message]:
    """The instruction and as many of the newest turns as fit."""
    if fits(messages):
        return list(messages)
    told = [message for message in messages[:1] if message["role"] == "system"]
    starts = [at for at, message in enumerate(messages) if message["role"] == "user" and at > len(told)]
    if not starts:
        return list(messages)
    first = bisect_left(starts, True, key=lambda at: fits([*told, *messages[at:]]))
    return [*told, *messages[starts[min(first, len(starts) - 1)] :]]


def _answer_ids(exchange: Exchange, tokenizer: Any, name: str) -> list[int]:
    if not _has_template(tokenizer):
        return completion_ids(plain_completion(exchange.response), tokenizer)
    asked = render_chat(exchange.history, tokenizer, add_generation_prompt=True)
    whole = render_chat([*exchange.history, {"role": "assistant", "content": exchange.response}], tokenizer)
    if not whole.startswith(asked):
        raise InputError(
            "the chat template renders an answer otherwise than it asks for one",
            where=name,
            mend="use another template or model",
        )
    # What follows the end token (a line break, usually) belongs to the template, not to the answer.
    return _closed(_ids(whole.removeprefix(asked).rstrip(), tokenizer), tokenizer)


def _closed(ids: list[int], tokenizer: Any) -> list[int]:
    """With an end: the template's own special token, or the tokenizer's end of sequence."""
    end = tokenizer.eos_token_id
    known = tokenizer.added_tokens_decoder.get(ids[-1]) if ids else None
    return ids if end is None or ids[-1:] == [end] or (known is not None and known.special) else [*ids, end]


def _ids(rendered: str, tokenizer: Any) -> list[int]:
    return list(tokenizer(rendered, add_special_tokens=False)["input_ids"])


def _has_template(tokenizer: Any) -> bool:
    return bool(getattr(tokenizer, "chat_template", None))
