"""Stages `sft/…` and `METHOD/…`: a policy that learns from N conversations, and what a method makes of it.

At every evaluation the policy plays the development conversations, whose figures stand beside the loss and can choose
the weights. What is needed to find out why a method does not work is kept: the curve, the conversations that were
sampled with what became of each and why, and the rates of these in the stage's facts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from duologue.corpora.strategy_replies import conversation_of
from duologue.dialogue import Dialogue, read, read_rows, write_rows
from duologue.errors import InputError
from duologue.experiments.clarify.cells import DEVELOPMENT_PAIRS, Cell, drawn, pairs_of
from duologue.experiments.clarify.corpus import TRAIN, VAL, databases_of
from duologue.experiments.clarify.methods import ACTMethod, GRPOMethod, HelperSettings
from duologue.experiments.clarify.settings import ClarifyRecipe
from duologue.experiments.clarify_helpers import HelperOptions
from duologue.experiments.clarify_training import (
    States,
    contrasted_states,
    development_figures,
    gold_states,
    helped,
    train_on_policy,
)
from duologue.experiments.stages import Work
from duologue.experiments.trained import facts_of, spec_of
from duologue.files import write_json
from duologue.models.desk import ModelDesk
from duologue.models.opening import open_desk
from duologue.operators.clarifying.pairs import gold_rows
from duologue.operators.run_folder import DIALOGUES
from duologue.training.evaluation import DialogueEvaluation

MODEL, CONVERSATIONS = "model", "conversations.json"
_DEVELOPMENT = "the development conversations"


def sft(work: Work, cell: Cell, recipe: ClarifyRecipe) -> dict[str, Any]:
    """Fine-tune the policy on every gold turn of the conversations.

    Raises:
        InputError: the pool is smaller than what is to be drawn from it.
    """
    from duologue.training.data import row_data
    from duologue.training.sft import train_sft

    corpus, limit = work.inputs["corpus"], recipe.prompt_characters
    chosen = _drawn(corpus, cell)
    write_json(work.folder / CONVERSATIONS, chosen)
    write_rows(rows := work.folder / "rows.jsonl", gold_rows(_of(corpus / TRAIN, chosen), characters=limit))
    write_rows(held_out := work.folder / "development.jsonl", gold_rows(read(corpus / VAL), characters=limit))
    with _watched(work, cell, recipe) as evaluation:
        done = train_sft(
            row_data(rows),
            model=recipe.policy,
            out=work.folder / MODEL,
            options=recipe.sft.options(cell.seed),
            validation=row_data(held_out),
            evaluation=evaluation,
            data=_what(cell),
        )
    return facts_of(done, recipe.policy)


def train(work: Work, cell: Cell, recipe: ClarifyRecipe) -> dict[str, Any]:
    """Go on from the fine-tuned policy by a method, on the same conversations.

    Raises:
        InputError: no pair was made of them.
    """
    from duologue.training.preference import train_dpo
    from duologue.training.preference_data import pair_examples
    from duologue.training.reference import base_spec

    settings, begun = recipe.methods[cell.method], cell.begun_with
    assert begun is not None
    policy, out = spec_of(work.inputs[begun.stage], work.facts[begun.stage]), work.folder / MODEL
    data = _data(work, cell, recipe)
    if isinstance(settings, ACTMethod | GRPOMethod):
        done = train_on_policy(
            data,
            settings.options(cell.seed),
            model=policy,
            out=out,
            helpers=_helpers(settings.helpers, recipe, work),
            name=_what(cell),
            desk=_desk([recipe.helpers, settings.helpers], work),
            development=_development(recipe, work),
            development_helpers=_helpers(recipe.helpers, recipe, work),
            development_name=_DEVELOPMENT,
        )
    else:
        with _watched(work, cell, recipe) as evaluation:
            done = train_dpo(
                pair_examples(data.pairs),
                model=policy,
                out=out,
                options=settings.options(cell.seed),
                validation=pair_examples(_development_pairs(recipe, work).pairs),
                evaluation=evaluation,
                data=_what(cell),
            )
    return facts_of(done, base_spec(policy)) | {"rollouts": _rollouts(out)}


def _data(work: Work, cell: Cell, recipe: ClarifyRecipe) -> States:
    """The pairs of the conversations; GRPO needs their states only."""
    chosen, limit = _drawn(work.inputs["corpus"], cell), recipe.prompt_characters
    pairs = pairs_of(recipe, cell.method)
    if pairs is None:
        return gold_states(_of(work.inputs["corpus"] / TRAIN, chosen), characters=limit, what=_what(cell))
    return contrasted_states(_of(work.inputs[pairs] / DIALOGUES, chosen), characters=limit, what=_what(cell))


def _what(cell: Cell) -> str:
    return f"{cell.size} conversations, seed {cell.seed}"


def _drawn(corpus: Path, cell: Cell) -> list[str]:
    pool = [dialogue.id for dialogue in read(corpus / TRAIN)]
    if len(pool) < cell.size:
        what = f"{cell.size} conversations of a pool of {len(pool)}"
        raise InputError(what, where="sizes", mend="ask for fewer, or give a larger corpus.files.train")
    return drawn(pool, cell.size, cell.seed)


def _of(path: Path, conversations: Sequence[str]) -> Iterator[Dialogue]:
    wanted = set(conversations)
    return (dialogue for dialogue in read(path) if conversation_of(dialogue) in wanted)


def _development(recipe: ClarifyRecipe, work: Work) -> States:
    path = work.inputs["corpus"] / VAL
    return gold_states(read(path), characters=recipe.prompt_characters, what=_DEVELOPMENT)


def _development_pairs(recipe: ClarifyRecipe, work: Work) -> States:
    path = work.inputs[DEVELOPMENT_PAIRS] / DIALOGUES
    return contrasted_states(read(path), characters=recipe.prompt_characters, what=f"pairs of {_DEVELOPMENT}")


def _helpers(settings: HelperSettings, recipe: ClarifyRecipe, work: Work) -> HelperOptions:
    databases = databases_of(recipe.corpus, work.inputs["corpus"])
    return settings.options().model_copy(update={"databases": databases})


def _desk(helpers: Sequence[HelperSettings], work: Work) -> ModelDesk | None:
    """Where the helpers that are models are asked; None where there is none. The last names the model of a role."""
    specs = {role: each.model for each in helpers for role in each.roles}
    return open_desk(specs, helpers[-1].model_options(), ledger=work.ledger, budget=work.budget) if specs else None


@contextmanager
def _watched(work: Work, cell: Cell, recipe: ClarifyRecipe) -> Iterator[DialogueEvaluation]:
    """Figures of the development conversations for a training that does not sample."""
    desk = _desk([recipe.helpers], work)
    with helped(desk) as loop:
        yield development_figures(
            _development(recipe, work),
            _helpers(recipe.helpers, recipe, work),
            recipe.sampling,
            seed=cell.seed,
            loop=loop,
            desk=desk,
            name=_DEVELOPMENT,
        )


def _rollouts(folder: Path) -> dict[str, float]:
    """Rates of what was sampled in the whole training; empty where nothing was."""
    from duologue.training.rollout_figures import figures, tallied
    from duologue.training.rollout_log import Rolled

    path = folder / "rollouts.jsonl"
    return dict(figures(tallied(list(read_rows(path, Rolled))))) if path.exists() else {}
