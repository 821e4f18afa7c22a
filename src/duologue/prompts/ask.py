"""`ask`: the one call through which an operator talks to a model.

It renders the prompt, completes it and hands back the answer with the key of the request, so that whatever is made
of it can say where it came from.

    ask = ModelAsk(desk, seed=7)
    answer = await ask("interference/backstory", role="user", situation=…, context=…, utterance=…, examples=[])
    answer.text, answer.key
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

from duologue.models.request import Message, Reply, Request
from duologue.prompts.render import render


class Answer(NamedTuple):
    """A model's answer: its text, the request's key in the ledger, and why it ended (`stop`, `length`, …)."""

    text: str
    key: str
    finish_reason: str


class Sampling(NamedTuple):
    """How an answer is drawn.

    Attributes:
        max_tokens: most tokens in the answer; None leaves it to the model.
        temperature: 0 is greedy; above it the request carries a seed, so that the answer can be had again.
        top_p: nucleus of the distribution that is sampled from; None is all of it.
        stop: strings that end the answer.
    """

    max_tokens: int | None = None
    temperature: float = 0.0
    top_p: float | None = None
    stop: tuple[str, ...] = ()


GREEDY = Sampling()


class Ask(Protocol):
    """What an operator is given: renders a prompt, completes it, returns the answer.

    Args:
        prompt: a prompt's name, e.g. `interference/backstory`.
        role: which of the operator's models answers.
        draw: asks again for another answer to the same prompt (a retry with a new seed).
        sampling: how the answer is drawn.
        fields: the prompt's fields.

    Raises:
        ModelFailure: no answer could be had; the engine writes it among the rejects.
    """

    async def __call__(
        self, prompt: str, *, role: str = "default", draw: int = 0, sampling: Sampling = GREEDY, **fields: Any
    ) -> Answer:
        """Ask; see the class."""
        ...


class Preview(NamedTuple):
    """A rendered prompt with its answer, as `--preview` shows it."""

    prompt: str
    messages: tuple[Message, ...]
    answer: Answer


class Desk(Protocol):
    """Where requests are answered: `models.ModelDesk`."""

    async def complete(self, role: str, request: Request) -> Reply:
        """Answer a request in a role."""
        ...


class ModelAsk:
    """`Ask` over a desk, for one work item: it remembers what was asked.

    Attributes:
        keys: the keys of the requests so far, in order.
        previews: the rendered prompts with their answers, when they are kept.
    """

    def __init__(self, desk: Desk, *, seed: int, keep_previews: bool = False) -> None:
        """Serve one work item.

        Args:
            desk: where requests are answered.
            seed: goes to the sampler (0 to 2**31 - 1); greedy requests carry none.
            keep_previews: keeps every prompt and answer in `previews`.
        """
        self.keys: list[str] = []
        self.previews: list[Preview] = []
        self._desk = desk
        self._seed = seed
        self._keep_previews = keep_previews

    async def __call__(
        self, prompt: str, *, role: str = "default", draw: int = 0, sampling: Sampling = GREEDY, **fields: Any
    ) -> Answer:
        """Ask; see `Ask`."""
        messages = render(prompt, **fields)
        request = Request(
            messages,
            max_tokens=sampling.max_tokens,
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            stop=sampling.stop,
            seed=self._seed if sampling.temperature else None,
            draw=draw,
        )
        reply = await self._desk.complete(role, request)
        answer = Answer(reply.text, reply.key, reply.finish_reason)
        self.keys.append(answer.key)
        if self._keep_previews:
            self.previews.append(Preview(prompt, messages, answer))
        return answer
