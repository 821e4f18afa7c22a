"""`train act` and `train grpo` from dialogues to weights: pairs, states, helpers, development conversations.

done = train_on_policy(read("runs/contrast/dialogues.jsonl"), ACTOptions(), model="runs/sft", out="runs/act")
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from duologue.corpora.clarification_points import Instance, instances
from duologue.dialogue import Dialogue
from duologue.errors import InputError
from duologue.experiments.clarify_helpers import HelperOptions, helpers_of
from duologue.experiments.clarify_rollouts import roller
from duologue.experiments.own_loop import OwnLoop
from duologue.experiments.trajectory_metrics import trajectory_evaluation
from duologue.models.desk import ModelDesk
from duologue.models.request import Message
from duologue.operators.clarifying.pairs import pairs as contrasted
from duologue.operators.clarifying.pairs import state_id
from duologue.prompts.clarify import asking_within
from duologue.training.act import train_act, train_grpo
from duologue.training.evaluation import DialogueEvaluation
from duologue.training.preference_options import ACTOptions, GRPOOptions, SamplingOptions
from duologue.training.record import Trained
from duologue.views.preference import Pair

_CHAT = {"user": "user", "system": "assistant"}


class States(NamedTuple):
    """What a training goes on from: pairs, and the states that they are of."""

    pairs: list[Pair]
    states: list[Instance]


def contrasted_states(dialogues: Iterable[Dialogue], *, characters: int | None, what: str) -> States:
    """The pairs that `synthesize contrast` made.

    Raises:
        InputError: there is none.
    """
    read = list(dialogues)
    found = list(contrasted(read, characters=characters))
    if not found:
        raise InputError("there is no pair", where=what, mend="make pairs first: duologue synthesize contrast")
    # A pair is named by the conversation that `contrast` was given, not by what was derived from it.
    states = [state._replace(id=state_id(state)) for state in instances(read)]
    return States(found, states)


def gold_states(dialogues: Iterable[Dialogue], *, characters: int | None, what: str) -> States:
    """Every state with its gold turn on both sides: for what needs no contrast (GRPO, figures of conversations).

    Raises:
        InputError: no turn has an action.
    """
    states = list(instances(dialogues))
    if not states:
        raise InputError("no system turn has an action", where=what, mend="give labelled conversations")
    pairs = []
    for state in states:
        gold = (Message(_CHAT[state.gold.speaker], state.gold.said),)
        prompt = asking_within(characters, state)
        pairs.append(
            Pair(
                state.id,
                prompt,
                gold,
                gold,
                state.action,
                goal=state.goal or "",
                goal_type=state.goal_type or "",
                references=state.references,
            )
        )
    return States(pairs, states)


@contextmanager
def helped(desk: ModelDesk | None) -> Iterator[OwnLoop]:
    """A loop in which helpers are asked for as long as a training lasts; the desk is opened in it, and closed."""
    with OwnLoop() as loop:
        if desk is None:
            yield loop
            return
        loop.run(desk.__aenter__())
        try:
            yield loop
        finally:
            loop.run(desk.close())


def development_figures(
    development: States,
    helpers: HelperOptions,
    sampling: SamplingOptions,
    *,
    seed: int,
    loop: OwnLoop,
    desk: ModelDesk | None,
    name: str,
) -> DialogueEvaluation:
    """Figures of conversations that are played, greedily, at every evaluation of a training.

    Args:
        development: states from which they go on.
        helpers: who helps there.
        sampling: how far they go.
        seed: of what is sampled from helpers.
        loop: see `helped`.
        desk: where helpers that are models are asked.
        name: of the states, for the record.
    """
    theirs = helpers_of(helpers, desk, seed=seed)
    greedy = sampling.model_copy(update={"temperature": 0.0, "samples": 1})
    play = roller(development.states, theirs, greedy, seed=seed, loop=loop)
    return trajectory_evaluation(development.pairs, play, on=f"{name}; {helpers}")


def train_on_policy(
    data: States,
    options: ACTOptions | GRPOOptions,
    *,
    model: str,
    out: Path,
    helpers: HelperOptions,
    name: str,
    desk: ModelDesk | None = None,
    development: States | None = None,
    development_helpers: HelperOptions | None = None,
    development_name: str = "",
) -> Trained:
    """ACT or GRPO, as the options say.

    Args:
        data: to train on.
        options: of the training.
        model: what supervised fine-tuning left.
        out: the folder of the result.
        helpers: who classifies, plays the user and scores.
        name: of the data.
        desk: where helpers that are models are asked; it is opened here, in the loop where it is used.
        development: states whose conversations are played, greedily, at every evaluation.
        development_helpers: who helps there; by default the same.
        development_name: what these are called in the record.

    Raises:
        InputError: simulation is left out by half; no such model or helper; `out` holds another training.
    """
    _require_one_ablation(options, helpers)
    with helped(desk) as loop:
        mine = helpers_of(helpers, desk, seed=options.seed)
        is_act = isinstance(options, ACTOptions)
        roll = roller(data.states, mine, options.sampling, seed=options.seed, loop=loop, gated=is_act)
        evaluation = None
        if development is not None:
            theirs = development_helpers or helpers
            evaluation = development_figures(
                development, theirs, options.sampling, seed=options.seed, loop=loop, desk=desk, name=development_name
            )
        validation: Sequence[Pair] | None = None if development is None else development.pairs
        shared: dict[str, Any] = {
            "model": model,
            "out": out,
            "validation": validation,
            "evaluation": evaluation,
            "data": name,
            "roles": _told(helpers, desk),
        }
        if isinstance(options, ACTOptions):
            return train_act(data.pairs, roll, options=options, **shared)
        return train_grpo(data.pairs, roll, options=options, **shared)


def _require_one_ablation(options: ACTOptions | GRPOOptions, helpers: HelperOptions) -> None:
    """See that questions are judged by where they lead if, and only if, somebody answers them."""
    if isinstance(options, ACTOptions) and options.on_policy and options.pairs.simulated == (helpers.user == "none"):
        found = "nobody answers questions" if options.pairs.simulated else "questions are answered"
        raise InputError(
            f"{found}, and pairs.simulated is {options.pairs.simulated}",
            where="--helpers.user",
            mend="train without simulation by --helpers.user none --pairs.no-simulated together",
        )


def _told(helpers: HelperOptions, desk: ModelDesk | None) -> str:
    """Who helps, models by name: what is trained depends on them."""
    models = {} if desk is None else desk.models
    return ", ".join([str(helpers), *(f"{role} by {models[role].name}" for role in helpers.roles if role in models)])
