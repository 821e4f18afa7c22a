"""The dialogue metrics of a model in training: a system answers development dialogues with it, the evaluator judges.

    evaluation = dialogue_evaluation(dialogues, simpletod_dev(SimpleTodOptions()), databases, on="val.json, first 20")
    train_sft(..., evaluation=evaluation)

`chat_dev` is the same for models that answer in words. Inform, success, BLEU and richness are the MultiWOZ evaluator's
(`evaluation.tod`), joint goal accuracy the standard one (`evaluation.dst`), so a curve and the final table speak of the
same figures. Another system is another `DevSystem`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from duologue.corpora.venues import Venues
from duologue.dialogue import Dialogue, DialoguePrediction, Turn
from duologue.errors import InputError
from duologue.evaluation.dst import score_dst
from duologue.evaluation.pairing import pair, with_states
from duologue.evaluation.tod.databases import Databases
from duologue.evaluation.tod.evaluator import Evaluation, Judged
from duologue.evaluation.tod.predictions import delexicalised, from_rows, survey
from duologue.evaluation.tod.reference import dialogue_key, tod_reference
from duologue.models.generation.options import DecodingOptions
from duologue.models.live import LiveModel
from duologue.systems import chat, simpletod
from duologue.systems.chat import ChatOptions
from duologue.systems.simpletod import SimpleTodOptions
from duologue.training.evaluation import DialogueEvaluation, Evaluated, Sample
from duologue.views.delexicalise import delexicalise
from duologue.views.find_values import ValueFinder
from duologue.views.simpletod import response_text

_SAMPLES = 2
RENDERED = "rendered"


@dataclass(frozen=True)
class DevSystem:
    """How a system is judged while its model is trained.

    Attributes:
        answer: answers dialogues with the model as it is.
        reference: a reference turn as the system should have said it.
        finder: delexicalises what it says in words; None where it writes placeholders, or words are compared.
        predicts_states: whether it writes belief states; one that it leaves out is then an empty one. If not, inform
            and success are judged with the gold states.
    """

    answer: Callable[[Iterable[Dialogue], LiveModel], AsyncGenerator[DialoguePrediction, None]]
    reference: Callable[[Turn], str]
    predicts_states: bool
    finder: ValueFinder | None = None


def simpletod_dev(options: SimpleTodOptions) -> DevSystem:
    """SimpleToD; prompts lose their oldest turns where the answer would not fit the model's context."""

    def answer(dialogues: Iterable[Dialogue], model: LiveModel) -> AsyncGenerator[DialoguePrediction, None]:
        return simpletod.respond_with(model, options, dialogues, model.complete)

    return DevSystem(answer, lambda turn: response_text(turn, options.variant), predicts_states=True)


def chat_dev(options: ChatOptions, decoding: DecodingOptions, venues: Venues | None) -> DevSystem:
    """A model that answers in words; with venue databases they are delexicalised before they are judged."""

    def answer(dialogues: Iterable[Dialogue], model: LiveModel) -> AsyncGenerator[DialoguePrediction, None]:
        return chat.respond_with(model, options, dialogues, model.complete, decoding)

    if venues is None:
        return DevSystem(answer, lambda turn: turn.said, predicts_states=False)
    finder = ValueFinder(venues)
    return DevSystem(answer, lambda turn: delexicalise(turn.text, turn.spans), predicts_states=False, finder=finder)


def dialogue_evaluation(
    dialogues: Sequence[Dialogue], system: DevSystem, databases: Databases | None, *, on: str
) -> DialogueEvaluation:
    """Make what `train_sft` takes as `evaluation`.

    Args:
        dialogues: of the development set, never of the test set.
        system: which answers them.
        databases: for inform and success, which need goals as well; None leaves both out.
        on: what the dialogues are called in the record.

    Raises:
        InputError: there are no dialogues.
    """
    if not dialogues:
        raise InputError("there is no dialogue to evaluate on", where=on, mend="give development dialogues")
    goals = databases is not None and any(dialogue.goal is not None for dialogue in dialogues)
    states = system.predicts_states and any(turn.state is not None for dialogue in dialogues for turn in dialogue.turns)
    names = ["bleu", "richness"]
    names += ["inform", "success"] if goals else []
    names += ["joint_goal_accuracy"] if states else []

    def evaluate(model: Any, tokenizer: Any, step: int) -> Evaluated:
        # In a thread of its own, because a notebook has an event loop already.
        with ThreadPoolExecutor(1) as thread:
            rows = thread.submit(asyncio.run, _answers(dialogues, system, model, tokenizer)).result()
        figures = _figures(rows, dialogues, system, databases, states=states)
        return Evaluated({name: figures[name] for name in names}, _samples(rows, dialogues, system))

    return DialogueEvaluation(evaluate, tuple(names), on)


async def _answers(
    dialogues: Sequence[Dialogue], system: DevSystem, model: Any, tokenizer: Any
) -> list[DialoguePrediction]:
    live = LiveModel(model, tokenizer, name="the model in training")
    try:
        rows = [row async for row in system.answer(dialogues, live)]
    finally:
        await live.close()
    return list(with_states(rows)) if system.predicts_states else rows


def evaluation_of(
    rows: Sequence[DialoguePrediction],
    dialogues: Sequence[Dialogue],
    system: DevSystem,
    databases: Databases | None,
    on_judged: Callable[[Judged], object] = lambda judged: None,
) -> Evaluation:
    """The MultiWOZ evaluator over a system's answers; BLEU is against what the system should have said (`RENDERED`).

    Args:
        rows: answers, in the order of the dialogues.
        dialogues: what was answered.
        system: which answered.
        databases: for inform and success, which mean nothing without.
        on_judged: is told each dialogue's verdict.
    """
    texts = {
        dialogue_key(each.id): [system.reference(turn) for turn in each.turns if turn.speaker == "system"]
        for each in dialogues
    }
    said = list(map(from_rows, rows))
    if system.finder is not None:
        said = [delexicalised(each, system.finder) for each in said]
    evaluation = Evaluation(databases or Databases.none(), survey(said, ours=True), references={RENDERED: texts})
    for prediction, dialogue in zip(said, dialogues, strict=True):
        on_judged(evaluation.add(prediction, tod_reference(dialogue)))
    return evaluation


def _figures(
    rows: Sequence[DialoguePrediction],
    dialogues: Sequence[Dialogue],
    system: DevSystem,
    databases: Databases | None,
    *,
    states: bool,
) -> dict[str, float]:
    evaluation = evaluation_of(rows, dialogues, system, databases)
    score = evaluation.score()
    figures = {
        "bleu": score.bleu[RENDERED],
        "richness": score.richness["cond_entropy"],
        "inform": evaluation.rates.inform["total"],
        "success": evaluation.rates.success["total"],
    }
    if states:
        figures["joint_goal_accuracy"] = score_dst(pair(rows, dialogues)).joint_goal_accuracy
    return figures


def _samples(rows: Sequence[DialoguePrediction], dialogues: Sequence[Dialogue], system: DevSystem) -> list[Sample]:
    """The first dialogues, exchange by exchange."""
    return [
        {
            "dialogue": row.id,
            "turns": [
                {
                    "user": " ".join(dialogue.turns[each.turn - 1].said.split()) if each.turn else "",
                    "response": each.response,
                    "reference": system.reference(dialogue.turns[each.turn]),
                }
                for each in row.turns
            ],
        }
        for row, dialogue in zip(rows[:_SAMPLES], dialogues, strict=False)
    ]
