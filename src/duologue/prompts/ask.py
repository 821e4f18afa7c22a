"""`ask`: the one call through which an operator talks to a model.

It renders the prompt, completes it and hands back the answer with the key of the request, so that whatever is made
of it can say where it came from.

    ask = ModelAsk(desk, seed=7)
    answer = await ask("interference/backstory", role="user", situation=…, context=…, utterance=…, examples=[])
    answer.text, answer.key
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Protocol, TypeAlias

from duologue.models.request import Message, Reply, Request, TokenLogprob
from duologue.prompts.render import render


class Answer(NamedTuple):
    """A model's answer.

    Attributes:
        text: what it said.
        key: the request's, in the ledger.
        finish_reason: why it ended (`stop`, `length`, …).
        logprobs: of its tokens, where the sampling asked for them.
        tokens: how many the model wrote, by its own count.
    """

    text: str
    key: str
    finish_reason: str
    logprobs: tuple[TokenLogprob, ...] | None = None
    tokens: int = 0


class Sampling(NamedTuple):
    """How an answer is drawn.

    Attributes:
        max_tokens: most tokens in the answer; None leaves it to the model.
        temperature: 0 is greedy; above it the request carries a seed, so that the answer can be had again.
        top_p: nucleus of the distribution that is sampled from; None is all of it.
        stop: strings that end the answer.
        logprobs: how many alternatives of each token to tell the log-probability of; None tells none.
    """

    max_tokens: int | None = None
    temperature: float = 0.0
    top_p: float | None = None
    stop: tuple[str, ...] = ()
    logprobs: int | None = None


GREEDY = Sampling()


class Rendered(NamedTuple):
    """A prompt that is rendered already: what it is called, and its messages."""

    name: str
    messages: tuple[Message, ...]


class Ask(Protocol):
    """What an operator is given: renders a prompt, completes it, returns the answer.

    Args:
        prompt: a prompt's name, e.g. `interference/backstory`, or one that is rendered already.
        role: which of the operator's models answers.
        draw: asks again for another answer to the same prompt (a retry with a new seed).
        sampling: how the answer is drawn.
        fields: the prompt's fields.

    Raises:
        ModelFailure: no answer could be had; the engine writes it among the rejects.
    """

    async def __call__(
        self,
        prompt: str | Rendered,
        *,
        role: str = "default",
        draw: int = 0,
        sampling: Sampling = GREEDY,
        **fields: Any,
    ) -> Answer:
        """Ask; see the class."""
        ...

    def fork(self, name: str) -> Ask:
        """One that asks at the same time as others, with a seed of its own.

        What it asked stands where it was forked off, so the order does not depend on who is answered first.
        """
        ...


AskFor: TypeAlias = Callable[[str], Ask]
"""Id of an item -> who is asked about it, e.g. `lambda _: ModelAsk(desk, seed=0)`."""


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
    """`Ask` over a desk, for one work item: it remembers what was asked."""

    def __init__(self, desk: Desk, *, seed: int, keep_previews: bool = False) -> None:
        """Serve one work item.

        Args:
            desk: where requests are answered.
            seed: goes to the sampler (0 to 2**31 - 1); greedy requests carry none.
            keep_previews: keeps every prompt and answer in `previews`.
        """
        self._desk = desk
        self._seed = seed
        self._keep_previews = keep_previews
        self._asked: list[_Asked | ModelAsk] = []

    @property
    def keys(self) -> list[str]:
        """The keys of the requests so far, in order; those of a fork where it was made."""
        return [asked.key for asked in self._all()]

    @property
    def previews(self) -> list[Preview]:
        """The rendered prompts with their answers, when they are kept; in the same order."""
        return [asked.preview for asked in self._all() if asked.preview is not None]

    async def __call__(
        self,
        prompt: str | Rendered,
        *,
        role: str = "default",
        draw: int = 0,
        sampling: Sampling = GREEDY,
        **fields: Any,
    ) -> Answer:
        """Ask; see `Ask`."""
        name, messages = prompt if isinstance(prompt, Rendered) else (prompt, render(prompt, **fields))
        request = Request(
            messages,
            max_tokens=sampling.max_tokens,
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            stop=sampling.stop,
            seed=self._seed if sampling.temperature else None,
            draw=draw,
            logprobs=sampling.logprobs,
        )
        reply = await self._desk.complete(role, request)
        answer = Answer(
            reply.text, reply.key, reply.finish_reason, reply.choices[0].logprobs, reply.usage.completion_tokens
        )
        self._asked.append(_Asked(answer.key, Preview(name, messages, answer) if self._keep_previews else None))
        return answer

    def fork(self, name: str) -> ModelAsk:
        """See `Ask`."""
        digest = hashlib.blake2b(f"{self._seed}\0{name}".encode(), digest_size=4).digest()
        fork = ModelAsk(self._desk, seed=int.from_bytes(digest, "big") >> 1, keep_previews=self._keep_previews)
        self._asked.append(fork)
        return fork

    def _all(self) -> Iterator[_Asked]:
        for asked in self._asked:
            if isinstance(asked, ModelAsk):
                yield from asked._all()
            else:
                yield asked


class _Asked(NamedTuple):
    key: str
    preview: Preview | None
