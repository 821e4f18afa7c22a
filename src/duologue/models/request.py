"""What is asked of a language model and what comes back, the same for a server and for weights in process.

Everything that decides an answer stands in the `Request`, so a request and a model's fingerprint together
name the reply: `request_key` is what the ledger files it under (DESIGN §3).

    request = Request((Message("user", "Say hello."),), max_tokens=16, temperature=0, seed=7)
    reply = await open_model("tiny").complete(request)
    reply.text
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

import msgspec
from msgspec.structs import force_setattr

from duologue.errors import InputError

_KEY = msgspec.json.Encoder(order="deterministic")
_LEAST = {"max_tokens": 1, "n": 1, "top_k": 1, "logprobs": 0, "draw": 0, "no_repeat_ngram": 1}
_BOUNDS_OF_DECODING: dict[str, tuple[float, float]] = {
    "num_beams": (2, math.inf),
    "num_beam_groups": (2, math.inf),
    "diversity_penalty": (0, math.inf),
    "penalty_alpha": (0, 1),
    "typical_p": (0, 1),
    "min_p": (0, 1),
    "repetition_penalty": (1e-3, math.inf),
    "min_new_tokens": (1, math.inf),
}


class Message(msgspec.Struct, frozen=True):
    """One chat message; `role` is the chat format's word: system, user, assistant or tool."""

    role: str
    content: str


class Decoding(msgspec.Struct, frozen=True, omit_defaults=True):
    """Decoding beyond what servers offer, by transformers' names; only models in process can do it.

    `generation.options.DecodingOptions` makes it, and refuses what makes no sense together. None is not used.

    Attributes:
        num_beams: Beam search with this many beams; it samples them where the request's temperature is above 0.
        num_beam_groups: Diverse beam search with so many groups; `num_beams` is a multiple of it.
        diversity_penalty: Of a token, for each time that an earlier group has just chosen it.
        length_penalty: A finished beam's score is divided by its length to this power; None is 1.
        early_stopping: True ends a beam search with its first `num_beams` finished beams, "never" only when nothing
            better can come; None judges by the present length.
        penalty_alpha: Contrastive search among the request's `top_k` tokens: the weight of the penalty.
        typical_p: Locally typical sampling: the probability that the tokens nearest to the entropy must reach.
        min_p: Only tokens at least so probable, relative to the most probable one, are sampled from.
        repetition_penalty: Divides the scores of tokens that were there (multiplies negative ones), prompt included.
        min_new_tokens: The answer does not end before it has so many tokens.
    """

    num_beams: int | None = None
    num_beam_groups: int | None = None
    diversity_penalty: float | None = None
    length_penalty: float | None = None
    early_stopping: Literal["never"] | bool | None = None
    penalty_alpha: float | None = None
    typical_p: float | None = None
    min_p: float | None = None
    repetition_penalty: float | None = None
    min_new_tokens: int | None = None

    def __post_init__(self) -> None:
        """Refuse impossible values."""
        for name, (least, most) in _BOUNDS_OF_DECODING.items():
            value = getattr(self, name)
            expected = f"at least {least}" if most == math.inf else f"{least} to {most}"
            _refuse(value is not None and not least <= value <= most, f"decoding, {name}", expected, value)

    @property
    def searches(self) -> bool:
        """Whether whole continuations are compared (beams, contrastive search), not one token chosen after another."""
        return self.num_beams is not None or self.penalty_alpha is not None

    def names(self) -> list[str]:
        """The options that are set."""
        return [name for name in self.__struct_fields__ if getattr(self, name) is not None]


class Request(msgspec.Struct, frozen=True, omit_defaults=True):
    """One question to a model.

    A field that is None was not set: a server is not sent it, and decides for itself.

    Attributes:
        prompt: Raw text to be continued, or chat messages to be rendered by the model's own template.
        max_tokens: Most tokens in one answer; None leaves it to the server, or to the context's length.
        temperature: 0 is greedy; None is the server's choice, and 1 in process.
        top_p: Nucleus: the smallest set of tokens whose probability reaches this is sampled from.
        top_k: Only this many most probable tokens are sampled from.
        stop: Strings that end the answer; they are not part of it.
        seed: Makes sampling repeatable.
        n: How many answers.
        draw: Which repetition of the same question this is: another draw is another reply.
        logprobs: How many alternatives per token to give log-probabilities for; 0 gives the chosen token's
            only.
        response_format: The OpenAI `response_format` object, for servers that constrain decoding.
        no_repeat_ngram: No n-gram of this size comes twice, prompt included; only models in process can do
            it.
        decoding: Further options of decoding, for models in process; an empty one is none.
        whole: An answer that `max_tokens` cut short is a failure. Not part of the key.
    """

    prompt: str | tuple[Message, ...]
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    n: int = 1
    draw: int = 0
    logprobs: int | None = None
    response_format: dict[str, Any] | None = None
    no_repeat_ngram: int | None = None
    decoding: Decoding | None = None
    whole: bool = False

    def __post_init__(self) -> None:
        """Give equal questions equal bytes (0 and 0.0, list and tuple), and refuse impossible ones."""
        if not isinstance(self.prompt, str):
            force_setattr(self, "prompt", tuple(self.prompt))
        force_setattr(self, "stop", (self.stop,) if isinstance(self.stop, str) else tuple(self.stop))
        for name in ("temperature", "top_p"):
            value = getattr(self, name)
            if value is not None:
                force_setattr(self, name, float(value))
        if self.decoding == Decoding():
            force_setattr(self, "decoding", None)
        _refuse(not self.prompt, "prompt", "some text or at least one message", "nothing")
        for name, least in _LEAST.items():
            value = getattr(self, name)
            _refuse(value is not None and value < least, name, f"at least {least}", value)
        _refuse(
            self.temperature is not None and self.temperature < 0,
            "temperature",
            "0 or more",
            self.temperature,
        )
        _refuse(self.top_p is not None and not 0 < self.top_p <= 1, "top_p", "above 0, at most 1", self.top_p)
        _refuse("" in self.stop, "stop", "strings with at least one character", "an empty one")

    @property
    def drawn_seed(self) -> int | None:
        """The seed that goes to the sampler: each draw of one question has its own (0 to 2**31 - 1)."""
        if self.seed is None or self.draw == 0:
            return self.seed
        digest = hashlib.blake2b(f"{self.seed}:{self.draw}".encode(), digest_size=4).digest()
        return int.from_bytes(digest, "big") >> 1


class TokenLogprob(msgspec.Struct, frozen=True):
    """The natural log-probability of one token of an answer, and of the most probable tokens in its place."""

    token: str
    logprob: float
    top: tuple[tuple[str, float], ...] = ()


class Choice(msgspec.Struct, frozen=True, omit_defaults=True):
    """One answer.

    Attributes:
        text: What the model said, without its reasoning and without the stop string.
        reasoning: What it thought first, where a server or a `<think>` block shows it: never data.
        finish_reason: "stop", "length" (cut by max_tokens), or another word of the server's.
        logprobs: One entry per token of `text`, when asked for.
    """

    text: str
    reasoning: str = ""
    finish_reason: str = "stop"
    logprobs: tuple[TokenLogprob, ...] | None = None


class Usage(msgspec.Struct, frozen=True):
    """Tokens read and written for one request, as the model counts them."""

    prompt_tokens: int = 0
    completion_tokens: int = 0


class Reply(msgspec.Struct, frozen=True):
    """The answers to one request; `key` names it in the ledger."""

    choices: tuple[Choice, ...]
    usage: Usage = Usage()
    key: str = ""
    from_ledger: bool = False

    @property
    def text(self) -> str:
        """The first answer."""
        return self.choices[0].text

    @property
    def finish_reason(self) -> str:
        """Why the first answer ended."""
        return self.choices[0].finish_reason


Heard: TypeAlias = Callable[[str], None]
"""Told an answer as far as it has come, whole each time; an answer that is begun anew is told from its beginning."""


class Model(Protocol):
    """The one door to a language model."""

    @property
    def name(self) -> str:
        """What a reader knows the model by, such as `openai:gpt-4o`."""

    @property
    def fingerprint(self) -> str:
        """What decides its answers besides the request.

        Weights, adapter, tokenizer and template in process;
        base URL and model name at a server.
        """

    async def complete(self, request: Request) -> Reply:
        """Answer a request.

        Raises:
            ModelFailure: There is no usable answer; its `kind` says why.
        """

    async def ready(self) -> int:
        """Load what has to be loaded; return how many requests are answered at once."""

    async def close(self) -> None:
        """Let go of connections, threads and memory."""


@runtime_checkable
class Speaking(Protocol):
    """A model whose answers can be heard while they come."""

    async def stream(self, request: Request, heard: Heard) -> Reply:
        """Answer a request as `complete` does, and tell its first answer on the way.

        Raises:
            ModelFailure: There is no usable answer, whatever was heard of it.
        """


def request_key(fingerprint: str, request: Request) -> str:
    """Name the reply to a request: 32 hex digits of a hash over all that decides it."""
    asked = _KEY.encode([fingerprint, request if not request.whole else msgspec.structs.replace(request, whole=False)])
    return hashlib.blake2b(asked, digest_size=16).hexdigest()


def _refuse(bad: bool, field: str, expected: str, found: object) -> None:
    if bad:
        raise InputError(
            f"expected {expected}, found {found!r}", where=f"model request, {field}", mend=f"change {field}"
        )
