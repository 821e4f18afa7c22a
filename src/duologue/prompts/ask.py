"""`ask`: the one call through which an operator talks to a model.

It renders the prompt, completes it and hands back the answer with the key of the request, so that whatever is made
of it can say where it came from.

    answer = await ask("interference/backstory", role="user", situation=…, context=…, utterance=…, examples=[])
    answer.text, answer.key
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

from duologue.models.request import Message


class Answer(NamedTuple):
    """A model's answer: its text, the request's key in the ledger, and why it ended (`stop`, `length`, …)."""

    text: str
    key: str
    finish_reason: str


class Ask(Protocol):
    """What an operator is given: renders a prompt, completes it, returns the answer.

    Args:
        prompt: a prompt's name, e.g. `interference/backstory`.
        role: which of the operator's models answers.
        draw: asks again for another answer to the same prompt (a retry with a new seed).
        fields: the prompt's fields.

    Raises:
        ModelFailure: no answer could be had; the engine writes it among the rejects.
    """

    async def __call__(self, prompt: str, *, role: str = "default", draw: int = 0, **fields: Any) -> Answer:
        """Ask; see the class."""
        ...


class Preview(NamedTuple):
    """A rendered prompt with its answer, as `--preview` shows it."""

    prompt: str
    messages: tuple[Message, ...]
    answer: Answer
