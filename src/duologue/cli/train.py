"""`duologue train sft|dpo|irpo|classifier|steering DATA --model SPEC --out DIR`: fine-tuning, and what goes with it.

Unchanged on several devices: `accelerate launch -m duologue.cli train sft …`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter, validators

from duologue.cli.train_classifier import classifier
from duologue.cli.train_preference import dpo, irpo
from duologue.cli.train_result import show, without_adapter
from duologue.cli.train_steering import steering
from duologue.corpora import formats
from duologue.dialogue import Dialogue
from duologue.errors import InputError
from duologue.prompts.steering_options import SteeringOptions
from duologue.training.options import SFTOptions

if TYPE_CHECKING:
    from duologue.corpora.venues import Venues
    from duologue.experiments.dev_metrics import DevSystem
    from duologue.views.simpletod import Variant

train = App(name="train", help="Fine-tune a model on dialogues.")
train.command(classifier)
train.command(dpo)
train.command(irpo)
train.command(steering)


@train.command
def sft(
    data: str,
    *,
    model: str = "tiny",
    out: Path,
    format: str | None = None,
    view: Literal["simpletod", "response", "steered"] = "simpletod",
    variant: Literal["simpletod", "interference", "fusedchat"] = "simpletod",
    instruction: str | None = None,
    validation: str | None = None,
    eval_dialogues: Annotated[int, Parameter(validator=validators.Number(gte=0))] = 20,
    db: Path | None = None,
    full: bool = False,
    options: Annotated[SFTOptions | None, Parameter(name="*")] = None,
    steering: Annotated[SteeringOptions | None, Parameter(name="*")] = None,
) -> None:
    """Supervised fine-tuning: LoRA, QLoRA (--bits 4), --full or --from-scratch, of causal and encoder-decoder models.

    A training that was stopped goes on when run again.

    Parameters
    ----------
    data
        JSONL rows of `prompt` and `completion`, or of `messages`; or dialogues, with --format.
    model
        `tiny`, `hf:ORG/NAME`, `hf:PATH` or a folder.
    out
        Folder of the adapter (or model), its tokenizer, `metrics.jsonl` and `training.json`.
    format
        The format of dialogues in DATA, e.g. `multiwoz21`, `interference`, `duologue`.
    view
        What is learnt from dialogues: belief state, action and delexicalised response (`simpletod`); the response as
        it was said (`response`); or replies by a strategy (`steered`): branches, or turns that are labelled with one.
        The latter two go through the model's chat template, or are plain lines where it has none.
    variant
        How SimpleToD renders: without insertions, with backstory and reaction, or with FusedChat's chat.
    instruction
        Stands before the history (--view response): a text, or a file that holds it.
    validation
        Data of the same kind, for the evaluation loss and, of dialogues, the metrics: development data, not the test's.
    eval_dialogues
        The first so many dialogues of --validation are answered at each evaluation, for BLEU, richness and joint goal
        accuracy, with --db for inform and success; 0 computes the loss only.
    db
        Folder of venue databases (`hotel_db.json`, …).
    full
        Train every weight instead of an adapter.
    """
    from duologue.corpora.venues import Venues
    from duologue.evaluation.tod.databases import Databases
    from duologue.experiments.dev_metrics import dialogue_evaluation
    from duologue.training.data import Encode, response_data, row_data, simpletod_data
    from duologue.training.sft import train_sft
    from duologue.training.steered_data import steered_data
    from duologue.views.simpletod import special_tokens

    chosen = without_adapter(options or SFTOptions(), full=full)
    if format is None and view != "simpletod":
        raise InputError("rows have no view", where="--view", mend="name the format of dialogues with --format")
    if instruction is not None and view != "response":
        raise InputError(
            f"--view {view} has no instruction of yours", where="--instruction", mend="add --view response"
        )
    if steering is not None and view != "steered":
        raise InputError("these say how a strategy is told", where="--layout, --wording", mend="add --view steered")
    if chosen.share_history and (format is None or view != "response"):
        raise InputError("only the response view shares a history", where="--share-history", mend="add --view response")
    told_how = steering or SteeringOptions()
    told = None if instruction is None else _text(instruction)

    def encode(path: str) -> Encode:
        if format is None:
            return row_data(path)
        if view == "response":
            return response_data(_dialogues(path, format), chosen, instruction=told)
        if view == "steered":
            return steered_data(_dialogues(path, format), told_how, max_length=chosen.max_length)
        return simpletod_data(_dialogues(path, format), variant, chosen)

    evaluation = None
    if validation is not None and format is not None and eval_dialogues and view != "steered":
        venues = None if db is None else Venues.load(db)
        system = _chat(chosen, told, venues) if view == "response" else _simpletod(chosen, variant)
        evaluation = dialogue_evaluation(
            list(islice(_dialogues(validation, format)(), eval_dialogues)),
            system,
            None if venues is None else Databases(venues),
            on=f"{validation} ({format}), first {eval_dialogues} dialogues, databases {db or 'none'}",
        )
    done = train_sft(
        encode(data),
        model=model,
        out=out,
        options=chosen,
        validation=None if validation is None else encode(validation),
        evaluation=evaluation,
        special_tokens=special_tokens() if format is not None and view == "simpletod" else [],
        data=data if format is None else f"{data} ({format}, {variant if view == 'simpletod' else view})",
        instruction=told,
    )
    show(done)


def _simpletod(options: SFTOptions, variant: Variant) -> DevSystem:
    from duologue.experiments.dev_metrics import simpletod_dev
    from duologue.systems.simpletod import SimpleTodOptions

    return simpletod_dev(
        SimpleTodOptions(variant=variant, markers=options.markers, max_prompt_tokens=options.max_length)
    )


def _chat(options: SFTOptions, instruction: str | None, venues: Venues | None) -> DevSystem:
    from duologue.experiments.dev_metrics import chat_dev
    from duologue.models.generation.options import DecodingOptions
    from duologue.systems.chat import ChatOptions

    asked = ChatOptions(instruction=instruction, max_prompt_tokens=options.max_length)
    return chat_dev(asked, DecodingOptions(), venues)


def _text(given: str) -> str:
    """A text, or what the file of that name holds.

    Raises:
        InputError: it is the name of a file that is not there.
    """
    path = Path(given)
    if len(given) < 1000 and path.is_file():
        return path.read_text(encoding="utf-8").strip()
    if path.suffix in (".txt", ".md") and len(given.split()) == 1:
        raise InputError("there is no such file", where=given, mend="give --instruction a text or a file")
    return given


def _dialogues(path: str, format: str) -> Callable[[], Iterable[Dialogue]]:
    log = logging.getLogger(__name__)
    return lambda: formats.read(path, format, on_problem=lambda problem: log.warning("%s", problem))
