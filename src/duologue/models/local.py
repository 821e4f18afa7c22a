"""`hf:PATH[+ADAPTER]` and `tiny`: a transformers model in this process.

Requests that arrive together are decoded together, batched by length, each row with its own sampling, and a
row that is done leaves the batch. The same seed gives the same text whatever else is in the batch, as far
as the arithmetic
allows: in float64 (the embedded model's default) bytes hold; in float32 and bfloat16 near-ties can flip
(`benchmarks/local.py` states how often).

    model = LocalModel("runs/sft/model", name="hf:runs/sft/model", dtype="float32")
    reply = await model.complete(Request("Once upon a time", max_tokens=40, temperature=0.8, seed=1))
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from duologue.models.acceptance import accept
from duologue.models.batching import Batcher
from duologue.models.failure import ModelFailure
from duologue.models.memory import free_memory, is_out_of_memory
from duologue.models.reasoning import split_reasoning
from duologue.models.request import Choice, Reply, Request, TokenLogprob, Usage
from duologue.models.weights import Loaded, Weights, find, load

if TYPE_CHECKING:
    from duologue.models.decoding import Decoded, Row


@dataclass(frozen=True)
class _Tokenized:
    request: Request
    rows: list[Row]


class LocalModel:
    """A causal language model of transformers; its weights are loaded when the first request needs them.

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

        Raises:
            InputError: There is no such checkpoint.
        """
        self._weights = Weights(
            find(str(folder)), find(adapter, "adapter") if adapter else None, dtype, load_in, device
        )
        self._set_up(name, max_batch)

    def _set_up(self, name: str, max_batch: int | None) -> None:
        self.name = name
        self.largest_batch = 0
        self._max_batch = max_batch
        self._batcher: Batcher[Request, _Tokenized, Reply] = Batcher(
            prepare=self._tokenize, length=_length, work=self._decode, max_batch=max_batch or 1
        )

    @cached_property
    def fingerprint(self) -> str:
        """Identifies weights, adapter, tokenizer, template and arithmetic."""
        return self._weights.fingerprint()

    @cached_property
    def loaded(self) -> Loaded:
        """The model and its tokenizer; loads them, and chooses torch's threads, on first use."""
        loaded = load(self._weights)
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
        if request.response_format is not None:
            raise ModelFailure(
                "refused_request",
                "a model in process does not constrain decoding to a response_format",
                where=self.name,
                mend="leave it out, or serve the model",
            )
        return accept(await self._batcher.submit(request), request, self.name)

    async def ready(self) -> int:
        """Load the weights; return how many requests are decoded together."""
        await asyncio.to_thread(lambda: self.loaded)
        return self._batcher.max_batch

    async def close(self) -> None:
        """Stop decoding and let the weights go."""
        await self._batcher.close()
        self.__dict__.pop("loaded", None)

    def _tokenize(self, request: Request) -> _Tokenized:
        from duologue.models.decoding import Row
        from duologue.models.sampling import noise_key

        prompt = self._prompt_tokens(request)
        room = self.loaded.context - len(prompt)
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
                )
                for choice in range(request.n)
            ],
        )

    def _prompt_tokens(self, request: Request) -> tuple[int, ...]:
        tokenizer = self.loaded.tokenizer
        if isinstance(request.prompt, str):
            already = bool(tokenizer.bos_token) and request.prompt.startswith(tokenizer.bos_token)
            ids = tuple(tokenizer(request.prompt, add_special_tokens=not already)["input_ids"])
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
        rendered = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
        return tuple(tokenizer(rendered, add_special_tokens=False)["input_ids"])

    def _decode(self, batch: Sequence[_Tokenized]) -> list[Reply]:
        """Decode a batch; one that the memory does not hold in halves, and later ones no larger than these."""
        rows = sum(len(each.rows) for each in batch)
        try:
            replies = self._decode_together(batch)
            self.largest_batch = max(self.largest_batch, rows)
            return replies
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            told = f"{rows} rows of {_length(batch[-1])} tokens do not fit into the device's memory"
        free_memory()  # outside of the except clause, whose traceback would hold it
        if len(batch) == 1:
            raise ModelFailure("refused_request", told, where=self.name, mend="shorten the prompt, or lower n")
        half = len(batch) // 2
        self._batcher.max_batch = min(self._batcher.max_batch, half)
        return self._decode(batch[:half]) + self._decode(batch[half:])

    def _decode_together(self, batch: Sequence[_Tokenized]) -> list[Reply]:
        from duologue.models.decoding import decode

        loaded = self.loaded
        decoded = iter(
            decode(
                loaded.model,
                [row for each in batch for row in each.rows],
                ends=loaded.ends,
                text=loaded.tokenizer.decode,
                cancelled=self._batcher.stopped.is_set,
            )
        )
        return [self._reply(each, [next(decoded) for _ in each.rows]) for each in batch]

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
        # A raw prompt is continued with everything, for instance the markers of SimpleToD; in a chat, special
        # tokens are the template's and not the speaker's.
        text = tokenizer.decode(answer.tokens, skip_special_tokens=not isinstance(request.prompt, str))
        found = [text.index(stop) for stop in request.stop if stop in text]
        said = split_reasoning(text[: min(found)] if found else text)
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


def fastest_batch(model: Any) -> int:
    """How many rows to decode together: beyond these the rows' caches leave the processor's (measured)."""
    if model.device.type != "cpu":
        return 64
    return 16 if model.dtype.itemsize >= 4 else 32


def _length(tokenized: _Tokenized) -> int:
    return len(tokenized.rows[0].prompt)
