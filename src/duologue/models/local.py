"""`hf:PATH[+ADAPTER]` and `tiny`: a transformers model in this process, causal or encoder-decoder.

Requests that arrive together are decoded together, batched by length, each row with its own sampling, and a row that is
done leaves the batch. Prompts that begin with one another, as the turns of a dialogue do, are read once. Requests for
the same search (`Request.decoding`) are searched together. The same seed gives the same text whatever else is in the
batch, as far as the arithmetic allows: in float64 (the embedded model's default) bytes hold; in float32 and bfloat16
near-ties can flip (`benchmarks/local.py` states how often).

    model = LocalModel("runs/sft/model", name="hf:runs/sft/model", dtype="float32")
    reply = await model.complete(Request("Once upon a time", max_tokens=40, temperature=0.8, seed=1))
"""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from duologue.errors import InputError
from duologue.models.acceptance import accept
from duologue.models.batching import Batcher
from duologue.models.chat_template import fit_template
from duologue.models.failure import ModelFailure
from duologue.models.out_of_memory import free_memory, is_out_of_memory
from duologue.models.prefixes import by_family
from duologue.models.reasoning import Said, split_reasoning
from duologue.models.request import Choice, Decoding, Heard, Message, Reply, Request, TokenLogprob, Usage
from duologue.models.residual import Steering, require_fitting, steered
from duologue.models.weights import Loaded, Weights, find, load

if TYPE_CHECKING:
    from duologue.models.decoding import Decoded, Row
    from duologue.models.kept_prompts import KeptPrompts


class _Asked(NamedTuple):
    request: Request
    heard: Heard | None = None


_UNFINISHED = "\ufffd" + "".join(map(chr, range(9))) + "".join(map(chr, range(14, 32)))
"""How a token ends whose character comes with the next one: half its bytes, or a mark of the tokenizer's own."""


@dataclass(frozen=True)
class _Tokenized:
    request: Request
    rows: list[Row]
    heard: Heard | None = None

    @property
    def together(self) -> Hashable:
        """Equal where requests can be searched as one batch; None where each row is decoded for itself."""
        asked, row = self.request, self.rows[0]
        if asked.decoding is None or not asked.decoding.searches:
            return None
        return replace(row, prompt=(), key=0), asked.decoding, asked.n


class LocalModel:
    """A language model of transformers; its weights are loaded when the first request needs them.

    Attributes:
        name: The spec it was opened by.
        largest_batch: Most rows that were decoded together so far.
    """

    def __init__(
        self,
        folder: object,
        *,
        name: str,
        adapter: str | None = None,
        device: str | None = None,
        dtype: str | None = None,
        load_in: int | None = None,
        max_batch: int | None = None,
        steering: Steering | None = None,
    ) -> None:
        """Find the files; load nothing yet.

        Args:
            folder: A checkpoint folder, or ORG/NAME on the hub.
            name: What the model is called in receipts and errors.
            adapter: A PEFT adapter's folder.
            device: torch device; a GPU where there is one by default.
            dtype: float32, bfloat16, float16 or float64.
            load_in: 4 or 8 bits per weight.
            max_batch: Most requests that are decoded together; by default what is fastest for the arithmetic.
            steering: What is added to its residual stream while it decodes.

        Raises:
            InputError: There is no such checkpoint.
        """
        self._weights = Weights(
            find(str(folder)), find(adapter, "adapter") if adapter else None, dtype, load_in, device
        )
        self._set_up(name, max_batch, steering)

    def _set_up(self, name: str, max_batch: int | None, steering: Steering | None) -> None:
        self.name = name
        self.largest_batch = 0
        self._max_batch = max_batch
        self._steering = steering
        self._kept: KeptPrompts | None = None
        self._batcher: Batcher[_Asked, _Tokenized, Reply] = Batcher(
            prepare=self._tokenize, order=self._order, work=self._decode, max_batch=max_batch or 1
        )

    @cached_property
    def fingerprint(self) -> str:
        """Identifies weights, adapter, tokenizer, template, arithmetic and steering."""
        return self._weights.fingerprint() + ("" if self._steering is None else self._steering.fingerprint)

    @cached_property
    def loaded(self) -> Loaded:
        """The model and its tokenizer; loads them, and chooses torch's threads, on first use."""
        loaded = load(self._weights)
        if self._steering is not None:
            require_fitting(loaded.model, self._steering)
        if loaded.model.device.type == "cpu":
            from duologue.models.threads import choose_threads

            choose_threads(loaded.model)
        self._batcher.max_batch = self._max_batch or fastest_batch(loaded.model)
        return loaded

    async def complete(self, request: Request) -> Reply:
        """Decode an answer.

        Raises:
            ModelFailure: The request asks for what is not possible in process, or the answer is empty.
            InputError: The weights cannot be loaded.
        """
        return await self._answer(_Asked(request))

    async def stream(self, request: Request, heard: Heard) -> Reply:
        """Decode an answer, and tell it after each of its tokens; one that is searched for is told nothing of.

        Raises:
            ModelFailure: As for `complete`.
            InputError: As for `complete`.
        """
        loop = asyncio.get_running_loop()

        def told(text: str) -> None:
            with suppress(RuntimeError):  # the loop was closed: nobody listens any more
                loop.call_soon_threadsafe(heard, text)

        return await self._answer(_Asked(request, told))

    async def _answer(self, asked: _Asked) -> Reply:
        request = asked.request
        if request.response_format is not None:
            raise ModelFailure(
                "refused_request",
                "a model in process does not constrain decoding to a response_format",
                where=self.name,
                mend="leave it out, or serve the model",
            )
        return accept(await self._batcher.submit(asked), request, self.name)

    def count_tokens(self, prompt: str | tuple[Message, ...]) -> int:
        """How many tokens the model reads for a prompt.

        Raises:
            ModelFailure: There is no chat template for messages.
        """
        return len(self._prompt_tokens(Request(prompt)))

    async def ready(self) -> int:
        """Load the weights; return how many requests are decoded together."""
        await asyncio.to_thread(lambda: self.loaded)
        return self._batcher.max_batch

    async def close(self) -> None:
        """Stop decoding and let the weights go."""
        await self._batcher.close()
        self.__dict__.pop("loaded", None)

    def _tokenize(self, asked: _Asked) -> _Tokenized:
        from duologue.models.decoding import Row
        from duologue.models.sampling import noise_key

        request = asked.request
        _refuse_nonsense(request, self.name)
        prompt = self._prompt_tokens(request)
        room = self.loaded.context - (0 if self.loaded.encoder_decoder else len(prompt))
        room = room if len(prompt) <= self.loaded.context else 0
        decoding = request.decoding or Decoding()
        if not prompt or room < 1:
            raise ModelFailure(
                "refused_request",
                f"the prompt has {len(prompt)} tokens, the model's context {self.loaded.context}",
                where=self.name,
                mend="shorten the prompt",
            )
        return _Tokenized(
            request,
            [
                Row(
                    prompt=prompt,
                    max_new=min(request.max_tokens or room, room),
                    temperature=1.0 if request.temperature is None else request.temperature,
                    top_p=request.top_p or 1.0,
                    top_k=request.top_k or 0,
                    key=noise_key(request.seed or 0, request.draw, choice),
                    stop=request.stop,
                    logprobs=request.logprobs,
                    no_repeat_ngram=request.no_repeat_ngram,
                    min_p=decoding.min_p or 0.0,
                    typical_p=decoding.typical_p or 1.0,
                    repetition_penalty=decoding.repetition_penalty or 1.0,
                    min_new=decoding.min_new_tokens or 0,
                )
                for choice in range(request.n)
            ],
            asked.heard,
        )

    def _order(self, waiting: Sequence[_Tokenized]) -> list[int]:
        """By length; before that, what is read once for several prompts lies side by side."""
        prompts = [each.rows[0].prompt for each in waiting]
        if not self._reads_once or any(each.together is not None for each in waiting):
            return sorted(range(len(prompts)), key=lambda index: len(prompts[index]))
        return by_family(prompts)

    @cached_property
    def _reads_once(self) -> bool:
        from duologue.models.memory import reads_once

        return reads_once(self.loaded.model)

    def _prompt_tokens(self, request: Request) -> tuple[int, ...]:
        tokenizer = self.loaded.tokenizer
        if isinstance(request.prompt, str):
            already = bool(tokenizer.bos_token) and request.prompt.startswith(tokenizer.bos_token)
            ids = tuple(tokenizer(request.prompt, add_special_tokens=not already)["input_ids"])
            if self.loaded.encoder_decoder:
                return ids
            # A tokenizer that closes every text with its end token would have the answer end before it begins.
            closed = len(ids) > 1 and ids[-1] == tokenizer.eos_token_id
            return ids[:-1] if closed and not request.prompt.rstrip().endswith(tokenizer.eos_token) else ids
        if not tokenizer.chat_template:
            raise ModelFailure(
                "refused_request",
                "its tokenizer has no chat template",
                where=self.name,
                mend="give a raw prompt",
            )
        messages = [{"role": message.role, "content": message.content} for message in request.prompt]
        try:
            rendered = fit_template(messages, tokenizer).render(messages, prompt=True)
        except InputError as error:
            raise ModelFailure("refused_request", error.what, where=self.name, mend=error.mend) from error
        return tuple(tokenizer(rendered, add_special_tokens=False)["input_ids"])

    def _decode(self, batch: Sequence[_Tokenized]) -> list[Reply]:
        """Decode a batch; one that the memory does not hold in halves, and later ones no larger than these."""
        rows = sum(len(each.rows) for each in batch)
        try:
            with steered(self.loaded.model, self._steering):
                replies = self._decode_together(batch)
            self.largest_batch = max(self.largest_batch, rows)
            return replies
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            told = f"{rows} rows of {max(map(_length, batch))} tokens do not fit into the device's memory"
        if self._kept is not None:
            self._kept.clear()
        free_memory()  # outside of the except clause, whose traceback would hold it
        if len(batch) == 1:
            raise ModelFailure("refused_request", told, where=self.name, mend="shorten the prompt, or lower n")
        half = len(batch) // 2
        self._batcher.max_batch = min(self._batcher.max_batch, half)
        return self._decode(batch[:half]) + self._decode(batch[half:])

    def _decode_together(self, batch: Sequence[_Tokenized]) -> list[Reply]:
        alike: dict[Hashable, list[int]] = {}
        for place, each in enumerate(batch):
            alike.setdefault(each.together, []).append(place)
        replies = {}
        for together, places in alike.items():
            asked = [batch[place] for place in places]
            answers = self._one_by_one(asked) if together is None else self._searched(asked)
            for place, each, found in zip(places, asked, answers, strict=True):
                replies[place] = self._reply(each, found)
        return [replies[place] for place in range(len(batch))]

    def _one_by_one(self, asked: Sequence[_Tokenized]) -> list[list[Decoded]]:
        """Greedy or sampled, a token after another."""
        from duologue.models.decoding import decode

        owners = [(each, number) for each in asked for number in range(len(each.rows))]

        def told(row: int, tokens: list[int]) -> None:
            each, number = owners[row]
            if each.heard is not None and number == 0:
                text = self._said(each.request, tokens).text
                each.heard(text.rstrip(_UNFINISHED))

        decoded = iter(
            decode(
                self.loaded.model,
                [row for each in asked for row in each.rows],
                ends=self.loaded.ends,
                text=self.loaded.tokenizer.decode,
                cancelled=self._batcher.stopped.is_set,
                kept=self._kept,
                told=told if any(each.heard is not None for each in asked) else None,
            )
        )
        return [[next(decoded) for _ in each.rows] for each in asked]

    def _searched(self, asked: Sequence[_Tokenized]) -> list[list[Decoded]]:
        """By beams or contrastive search; the answers to one request come out of one search."""
        from duologue.models.generation.search import Search, search

        decoding = asked[0].request.decoding
        assert decoding is not None
        return search(
            self.loaded.model,
            [each.rows[0] for each in asked],
            Search(decoding, answers=asked[0].request.n),
            tokenizer=self.loaded.tokenizer,
            ends=self.loaded.ends,
            cancelled=self._batcher.stopped.is_set,
        )

    def _reply(self, asked: _Tokenized, answers: list[Decoded]) -> Reply:
        return Reply(
            choices=tuple(self._choice(asked.request, answer) for answer in answers),
            usage=Usage(
                prompt_tokens=len(asked.rows[0].prompt),
                completion_tokens=sum(len(answer.tokens) + (answer.ended is not None) for answer in answers),
            ),
        )

    def _choice(self, request: Request, answer: Decoded) -> Choice:
        tokenizer = self.loaded.tokenizer
        said = self._said(request, answer.tokens)
        logprobs = None
        if request.logprobs is not None:
            logprobs = tuple(
                TokenLogprob(
                    tokenizer.decode([token]),
                    score,
                    tuple((tokenizer.decode([other]), value) for other, value in top),
                )
                for token, (score, top) in zip(answer.tokens, answer.logprobs, strict=True)
            )
        return Choice(said.text, said.reasoning, answer.finish_reason, logprobs)

    def _said(self, request: Request, tokens: list[int]) -> Said:
        # A raw prompt is continued with everything, for instance the markers of SimpleToD; in a chat, special
        # tokens are the template's and not the speaker's.
        text = self.loaded.tokenizer.decode(tokens, skip_special_tokens=not isinstance(request.prompt, str))
        found = [text.index(stop) for stop in request.stop if stop in text]
        return split_reasoning(text[: min(found)] if found else text)


def _refuse_nonsense(request: Request, name: str) -> None:
    """Refuse what a search cannot give."""
    decoding = request.decoding
    if decoding is None or not decoding.searches:
        return
    beams = decoding.num_beams or 1
    refused = ""
    if request.logprobs is not None:
        refused = "a search gives no log-probabilities"
    elif request.n > beams:
        refused = f"a search with {beams} beams gives no {request.n} answers"
    elif beams % (decoding.num_beam_groups or 1):
        refused = f"{beams} beams cannot be dealt into {decoding.num_beam_groups} groups"
    elif decoding.penalty_alpha is not None and (beams > 1 or request.temperature != 0 or (request.top_k or 1) < 2):
        refused = "contrastive search wants temperature 0, a top_k of 2 or more, and no beams"
    if refused:
        raise ModelFailure("refused_request", refused, where=name)


def fastest_batch(model: Any) -> int:
    """How many rows to decode together: beyond these the rows' caches leave the processor's (measured)."""
    if model.device.type != "cpu":
        return 64
    return 16 if model.dtype.itemsize >= 4 else 32


def _length(tokenized: _Tokenized) -> int:
    return len(tokenized.rows[0].prompt)
