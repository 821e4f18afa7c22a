"""From text to token ids, once, for training and inference alike.

Prompt and completion are tokenised apart, so what a model is trained on begins with exactly the ids that it is later
asked to continue, whatever the tokenizer would have merged across the boundary. The completion ends in the
tokenizer's end-of-sequence token, and that token is trained: a model that never saw it does not stop.

    tokens = tokenise(example.prompt, example.completion, tokenizer)
    tokens.ids, tokens.trained                     # the prompt is not trained, the completion is
    prompt_ids(example.prompt, tokenizer)          # what inference begins with: the same ids
"""

from __future__ import annotations

from typing import Any, NamedTuple

from duologue.views.delexicalise import PLACEHOLDERS


class Tokens(NamedTuple):
    """Token ids with their mask.

    Attributes:
        ids: token ids.
        trained: for each whether the loss covers it.
        name: of what they render, e.g. `dialogue MUL0001, turn 3`.
        dropped: what was left out of the history to keep to a length, oldest first, e.g. `user: Hello`.
        doubt: why a model may be asked otherwise than it is trained; empty where there is nothing to doubt.
    """

    ids: list[int]
    trained: list[bool]
    name: str = ""
    dropped: tuple[str, ...] = ()
    doubt: str = ""


def prompt_ids(prompt: str, tokenizer: Any) -> list[int]:
    """The ids of a raw prompt: with the tokenizer's opening token where it adds one, without its closing token."""
    ids: list[int] = list(tokenizer(prompt)["input_ids"])
    end = tokenizer.eos_token_id
    return (
        ids[:-1] if len(ids) > 1 and end is not None and ids[-1] == end and not _ends_in_eos(prompt, tokenizer) else ids
    )


def completion_ids(completion: str, tokenizer: Any) -> list[int]:
    """The ids of a completion: nothing in front, the end-of-sequence token (where the tokenizer has one) behind."""
    ids: list[int] = list(tokenizer(completion, add_special_tokens=False)["input_ids"])
    end = tokenizer.eos_token_id
    return ids if end is None or (ids and ids[-1] == end) else [*ids, end]


def tokenise(prompt: str, completion: str, tokenizer: Any, *, name: str = "") -> Tokens:
    """Tokenise an example; the mask marks the completion, its end included.

    Args:
        prompt: what the model is given.
        completion: what it learns to write.
        tokenizer: a transformers tokenizer.
        name: for messages, e.g. `dialogue MUL0001, turn 3`.
    """
    before, after = prompt_ids(prompt, tokenizer), completion_ids(completion, tokenizer)
    return Tokens(before + after, [False] * len(before) + [True] * len(after), name)


def end_tokens(tokenizer: Any) -> dict[str, int]:
    """The tokens that may end generation: the end of the sequence, and other special ones (the end of a chat turn)."""
    ends = {
        token.content: number
        for number, token in tokenizer.added_tokens_decoder.items()
        if token.special and token.content not in PLACEHOLDERS
    }
    for other in (tokenizer.bos_token, tokenizer.unk_token):
        if other != tokenizer.eos_token:
            ends.pop(other, None)
    return ends


def _ends_in_eos(text: str, tokenizer: Any) -> bool:
    return text.rstrip().endswith(tokenizer.eos_token)
