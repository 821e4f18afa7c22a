"""SimpleToD as a system: belief state, action and delexicalised response for every system turn.

With the gold history all turns of a window of dialogues are asked at once, so that a model in process can batch them by
length; with the generated history a dialogue's turns wait for one another, and dialogues go side by side. Decoding is
greedy and stops at the end of the response. Rows come out in input order; a reply that the ledger holds is not
asked for again, so to resume is to run again.

    async with ModelDesk({"default": open_model("tiny")}, ledger=ledger) as desk:
        async for row in respond(dialogues, partial(desk.complete, "default"), SimpleTodOptions()):
            print(row.id, row.turns[0].response)
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from duologue.dialogue import Dialogue, DialoguePrediction, Speaker, TurnPrediction
from duologue.models.failure import ModelFailure
from duologue.models.request import Model, Reply, Request
from duologue.systems.answering import WINDOW, Complete, in_order, outcome_of, why_missing
from duologue.systems.fitting import fit
from duologue.systems.lexicalise import DialogueLexicaliser, Lexicaliser
from duologue.views.simpletod import (
    MARKERS,
    MarkerStyle,
    Variant,
    parse_completion,
    simpletod_examples,
    simpletod_prompt,
    spoken_text,
)


class SimpleTodOptions(BaseModel):
    """How SimpleToD answers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    variant: Variant = "simpletod"
    """How dialogues are rendered: `interference` includes backstories and, in the history, reactions."""
    history: Literal["gold", "generated"] = "gold"
    """What earlier system turns say: the reference, or what the system answered itself."""
    markers: MarkerStyle = "special"
    """Special tokens or plain text, as the model was trained. Servers often drop special tokens: use plain there."""
    max_new_tokens: int = Field(default=256, ge=1)
    """Most tokens of one answer."""
    no_repeat_ngram: int | None = Field(default=None, ge=1)
    """No n-gram of this size comes twice, prompt included (published: 10); for models in process."""
    max_prompt_tokens: int | None = Field(default=None, ge=1)
    """Older turns are dropped, whole ones only, until a prompt has at most so many tokens."""


def respond(
    dialogues: Iterable[Dialogue],
    complete: Complete,
    options: SimpleTodOptions | None = None,
    *,
    count_tokens: Callable[[str], int] | None = None,
    lexicaliser: Lexicaliser | None = None,
    window: int = WINDOW,
) -> AsyncGenerator[DialoguePrediction, None]:
    """Answer the system turns of dialogues, in input order.

    Args:
        dialogues: streamed; at most `window` are at work.
        complete: answers a request.
        options: how.
        count_tokens: the model's own count, where `options.max_prompt_tokens` is set.
        lexicaliser: fills the placeholders; without one `said` stays empty, and a generated history holds placeholders.
        window: most dialogues at work or waiting for an earlier one.

    Raises:
        ModelFailure: one that concerns every request (a dead server); any other failure leaves its turn without an
            answer and says why in its note.
    """
    options = options or SimpleTodOptions()
    system = _System(complete, options, count_tokens)

    def answer(dialogue: Dialogue) -> Coroutine[Any, Any, DialoguePrediction]:
        session = lexicaliser.start(dialogue.id) if lexicaliser is not None else None
        return (system.from_gold if options.history == "gold" else system.from_own)(dialogue, session)

    return in_order(dialogues, answer, window)


def respond_with(
    model: Model,
    options: SimpleTodOptions,
    dialogues: Iterable[Dialogue],
    complete: Complete,
    *,
    lexicaliser: Lexicaliser | None = None,
) -> AsyncGenerator[DialoguePrediction, None]:
    """`respond` as suits a model: prompts that fit into its context.

    Args:
        model: whose requests `complete` answers.
        options: how.
        dialogues: as for `respond`.
        complete: as for `respond`.
        lexicaliser: as for `respond`.

    Raises:
        InputError: `options.max_prompt_tokens` is set, and the model cannot count.
    """
    fitting = fit(model, options.max_new_tokens, options.max_prompt_tokens)
    options = options.model_copy(update={"max_prompt_tokens": fitting.max_prompt_tokens})
    return respond(dialogues, complete, options, count_tokens=fitting.count_tokens, lexicaliser=lexicaliser)


class _System:
    def __init__(
        self, complete: Complete, options: SimpleTodOptions, count_tokens: Callable[[str], int] | None
    ) -> None:
        self._complete = complete
        self._options = options
        self._count_tokens = count_tokens

    async def from_gold(self, dialogue: Dialogue, session: DialogueLexicaliser | None) -> DialoguePrediction:
        """All turns at once: each prompt is the view's own, as in training."""
        examples = list(
            simpletod_examples(
                dialogue,
                self._options.variant,
                markers=self._options.markers,
                max_prompt_tokens=self._options.max_prompt_tokens,
                count_tokens=self._count_tokens,
            )
        )
        outcomes = await asyncio.gather(*(self._ask(example.prompt) for example in examples))
        turns = [
            self._read(example.turn, outcome, session) for example, outcome in zip(examples, outcomes, strict=True)
        ]
        return DialoguePrediction(dialogue.id, turns)

    async def from_own(self, dialogue: Dialogue, session: DialogueLexicaliser | None) -> DialoguePrediction:
        """Turn by turn: what the system said takes the place of the reference in the history."""
        history: list[tuple[Speaker, str]] = []
        turns = []
        for index, turn in enumerate(dialogue.turns):
            if turn.speaker == "user":
                history.append(("user", spoken_text(turn, self._options.variant)))
            elif turn.speaker == "system":
                prompt = simpletod_prompt(
                    history,
                    markers=self._options.markers,
                    max_prompt_tokens=self._options.max_prompt_tokens,
                    count_tokens=self._count_tokens,
                )
                answer = self._read(index, await self._ask(prompt), session)
                turns.append(answer)
                history.append(("system", answer.response if answer.said is None else answer.said))
        return DialoguePrediction(dialogue.id, turns)

    async def _ask(self, prompt: str) -> Reply | ModelFailure:
        stop = MARKERS[self._options.markers].end_response
        request = Request(
            prompt,
            max_tokens=self._options.max_new_tokens,
            temperature=0,
            stop=(stop,),
            no_repeat_ngram=self._options.no_repeat_ngram,
        )
        return await outcome_of(self._complete, request)

    def _read(self, turn: int, outcome: Reply | ModelFailure, session: DialogueLexicaliser | None) -> TurnPrediction:
        if isinstance(outcome, ModelFailure):
            return TurnPrediction(turn, "", note=why_missing(outcome))
        output = parse_completion(outcome.text, self._options.markers)
        notes = [output.note] if output.note else []
        if outcome.finish_reason == "length":
            notes.append("cut by length")
        said = None
        if session is not None:
            filled = session.fill(output.response, output.state or {}, output.action or "")
            said = filled.text
            if filled.unfilled:
                notes.append(f"unfilled: {', '.join(filled.unfilled)}")
        return TurnPrediction(
            turn,
            output.response,
            state=output.state,
            action=output.action,
            raw=outcome.text,
            said=said,
            note="; ".join(notes) or None,
        )
