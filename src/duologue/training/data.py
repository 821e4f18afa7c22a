"""Training data as examples: dialogues through the SimpleToD or response view, or rows of text and chat messages.

encode = simpletod_data(lambda: read("train.jsonl"), "interference", options)
encode = response_data(lambda: read("train.jsonl"), options, instruction="You are a booking assistant.")
encode = row_data("rows.jsonl")      # {"prompt": …, "completion": …} or {"messages": […]} a line
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from duologue.dialogue import Dialogue, read_rows
from duologue.errors import InputError
from duologue.training.options import SFTOptions
from duologue.views.chat import tokenise_messages
from duologue.views.response import Exchange, exchanges
from duologue.views.response_tokens import response_tokens
from duologue.views.shared_history import shared
from duologue.views.simpletod import Variant, simpletod_examples
from duologue.views.tokens import Tokens, completion_ids, prompt_ids, tokenise

Encode = Callable[[Any], Iterator[Tokens]]
"""Given the tokenizer (special tokens added), yields the examples: so a view tokenises with the final vocabulary."""


def simpletod_data(dialogues: Callable[[], Iterable[Dialogue]], variant: Variant, options: SFTOptions) -> Encode:
    """One example per system turn; of what is longer than `max_length`, the oldest turns are dropped, whole turns only.

    Args:
        dialogues: gives the dialogues, anew at each call.
        variant: `simpletod`, `interference` or `fusedchat`.
        options: `markers` and `max_length` count here.
    """

    def encode(tokenizer: Any) -> Iterator[Tokens]:
        def count(text: str) -> int:
            return len(prompt_ids(text, tokenizer))

        for dialogue in dialogues():
            for example in simpletod_examples(dialogue, variant, markers=options.markers):
                name = f"dialogue {example.dialogue}, turn {example.turn}"
                tokens = tokenise(example.prompt, example.completion, tokenizer, name=name)
                if len(tokens.ids) > options.max_length:
                    room = options.max_length - len(completion_ids(example.completion, tokenizer))
                    shorter = simpletod_examples(
                        dialogue, variant, markers=options.markers, max_prompt_tokens=room, count_tokens=count
                    )
                    cut = next(each for each in shorter if each.turn == example.turn)
                    tokens = tokenise(cut.prompt, cut.completion, tokenizer, name=name)._replace(dropped=cut.dropped)
                yield tokens

    return encode


def response_data(
    dialogues: Callable[[], Iterable[Dialogue]], options: SFTOptions, *, instruction: str | None = None
) -> Encode:
    """One example per response, with `loss="all"` one per dialogue; the oldest turns are dropped as above.

    With `share_history`, responses whose renderings begin alike are one example (`views.shared_history`).

    A system turn before which the user said nothing answers nothing, and is no example of its own; a dialogue as a
    whole goes up to its last response.

    Args:
        dialogues: gives the dialogues, anew at each call.
        options: `loss`, `share_history` and `max_length` count here.
        instruction: stands before the history; by default each dialogue's own.
    """

    def encode(tokenizer: Any) -> Iterator[Tokens]:
        for dialogue in dialogues():
            answered = [each for each in exchanges(dialogue, instruction=instruction) if _asked(each)]
            wanted = answered[-1:] if options.loss == "all" else answered
            examples = (response_tokens(each, tokenizer, max_length=options.max_length) for each in wanted)
            yield from shared(examples) if options.share_history else examples

    return encode


def _asked(exchange: Exchange) -> bool:
    return any(message["role"] == "user" for message in exchange.history)


class Row(msgspec.Struct, forbid_unknown_fields=False):
    """A row of text: `prompt` and `completion`, or `messages`; other fields are let be."""

    prompt: str | None = None
    completion: str | None = None
    messages: list[dict[str, Any]] | None = None


def row_data(path: str | Path) -> Encode:
    """Rows of a JSONL file: text as it stands, or messages through the model's chat template.

    Raises:
        InputError: names the line and what it lacks (when the examples are read).
    """

    def encode(tokenizer: Any) -> Iterator[Tokens]:
        for number, row in enumerate(read_rows(path, Row), 1):
            name = f"row {number}"
            if row.messages is not None:
                yield tokenise_messages(row.messages, tokenizer, name=f"{path}, {name}")
            elif row.prompt is not None and row.completion is not None:
                yield tokenise(row.prompt, row.completion, tokenizer, name=name)
            else:
                raise InputError(
                    "expected `prompt` and `completion`, or `messages`",
                    where=f"{path}, {name}",
                    mend="mend the row, or name the format of dialogues with --format",
                )

    return encode
