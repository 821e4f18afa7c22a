"""A preference pair as token ids: two sequences that begin alike, the replies in them marked.

    tokens = preference_tokens(prompt, chosen, rejected, tokenizer, max_length=1024)
    tokens.chosen.ids, tokens.chosen.trained        # what a simulated user says in a trajectory is not marked

Both sides are rendered as a model is asked and as it answers (`chat`). A trajectory (question, user's reply, answer) is
one sequence in which each of the policy's replies is marked, its end token included. Where a pair is too long, both
sides lose the same oldest turns, whole ones only; the instruction and the newest message stay.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Any, NamedTuple

from duologue.models.request import Message
from duologue.views.chat import tokenise_answer, tokenise_messages
from duologue.views.fit_history import first_kept
from duologue.views.plain_chat import plain_prompt
from duologue.views.response_tokens import tokenise_lines
from duologue.views.tokens import Tokens, completion_ids, prompt_ids, tokenise


class PreferenceTokens(NamedTuple):
    """The two sides of a pair.

    Attributes:
        chosen: prompt and preferred continuation.
        rejected: prompt and the other.
        name: of the pair.
        dropped: what was left out of the history, oldest first.
    """

    chosen: Tokens
    rejected: Tokens
    name: str = ""
    dropped: tuple[str, ...] = ()

    @property
    def longest(self) -> int:
        """Tokens of the longer side."""
        return max(len(self.chosen.ids), len(self.rejected.ids))


def preference_tokens(
    prompt: Sequence[Message],
    chosen: Sequence[Message],
    rejected: Sequence[Message],
    tokenizer: Any,
    *,
    max_length: int,
    name: str = "",
) -> PreferenceTokens:
    """Tokenise a pair of chat messages with the tokenizer's template, or as plain lines where it has none.

    Args:
        prompt: up to the user's message that is answered.
        chosen: the preferred continuation: it begins and ends with the assistant.
        rejected: the other.
        tokenizer: a transformers tokenizer.
        max_length: most tokens of a side; where instruction, newest message and reply are longer, so is the result.
        name: for messages.

    Raises:
        InputError: the template does not take these messages, or rewrites the replies of a trajectory.
    """
    told = prompt[:1] if prompt and prompt[0].role == "system" else ()
    history = [{"role": each.role, "content": each.content} for each in prompt[len(told) :]]
    head = [{"role": each.role, "content": each.content} for each in told]

    def cut(start: int) -> PreferenceTokens:
        kept = [*head, *history[start:]]
        return PreferenceTokens(
            continuation_tokens(kept, chosen, tokenizer, name=name),
            continuation_tokens(kept, rejected, tokenizer, name=name),
            name,
            tuple(f"{each['role']}: {each['content']}" for each in history[:start]),
        )

    return cut(first_kept(history, lambda start: cut(start).longest <= max_length))


def continuation_tokens(
    prompt: Sequence[dict[str, str]], continuation: Sequence[Message], tokenizer: Any, *, name: str = ""
) -> Tokens:
    """A prompt and what follows it, the assistant's messages in the latter marked."""
    said = [{"role": each.role, "content": each.content} for each in continuation]
    if len(said) == 1:
        tokenise_any = tokenise_answer if tokenizer.chat_template else tokenise_lines
        return tokenise_any([*prompt, *said], tokenizer, name=name)
    if not tokenizer.chat_template:
        return _lines(prompt, said, tokenizer, name)
    whole = tokenise_messages([*prompt, *said], tokenizer, name=name)
    before = tokenise_answer([*prompt, said[0]], tokenizer, name=name).trained.index(True)
    return whole._replace(trained=[mark and place >= before for place, mark in enumerate(whole.trained)])


def text_tokens(prompt: str, chosen: str, rejected: str, tokenizer: Any, *, name: str = "") -> PreferenceTokens:
    """A pair of raw text, as it stands; nothing of it is dropped."""
    return PreferenceTokens(
        tokenise(prompt, chosen, tokenizer, name=name), tokenise(prompt, rejected, tokenizer, name=name), name
    )


def without_ends(tokens: Tokens, replies: Container[int]) -> Tokens:
    """The same with the end of some marked replies (0 is the first) unmarked: a policy that was cut wrote none."""
    trained, number = list(tokens.trained), 0
    for place, mark in enumerate(tokens.trained):
        if mark and not any(tokens.trained[place + 1 : place + 2]):
            trained[place] = number not in replies
            number += 1
    return tokens._replace(trained=trained)


def _lines(prompt: Sequence[dict[str, str]], said: Sequence[dict[str, str]], tokenizer: Any, name: str) -> Tokens:
    """A trajectory in plain lines."""
    ids = prompt_ids(plain_prompt(prompt), tokenizer)
    trained = [False] * len(ids)
    for place, message in enumerate(said):
        if message["role"] == "assistant":
            answer = completion_ids(f" {' '.join(message['content'].split())}", tokenizer)
            ids, trained = ids + answer, trained + [True] * len(answer)
        else:
            between = list(
                tokenizer(f"\n{plain_prompt(said[place : place + 1])}", add_special_tokens=False)["input_ids"]
            )
            ids, trained = ids + between, trained + [False] * len(between)
    return Tokens(ids, trained, name)
