"""`train act` and `train grpo` from dialogues to weights: pairs, states, helpers, development conversations.

done = train_on_policy(read("runs/contrast/dialogues.jsonl"), ACTOptions(), model="runs/sft", out="runs/act")
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
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
from duologue.training.preference_options import ACTOptions, GRPOOptions
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
    with ExitStack() as stack:
        loop = stack.enter_context(OwnLoop())
        if desk is not None:
            loop.run(desk.__aenter__())
            stack.callback(lambda: loop.run(desk.close()))
        mine = helpers_of(helpers, desk, seed=options.seed)
        is_act = isinstance(options, ACTOptions)
        roll = roller(data.states, mine, options.sampling, seed=options.seed, loop=loop, gated=is_act)
        evaluation = None
        if development is not None:
            theirs = helpers_of(development_helpers or helpers, desk, seed=options.seed)
            greedy = options.sampling.model_copy(update={"temperature": 0.0, "samples": 1})
            play = roller(development.states, theirs, greedy, seed=options.seed, loop=loop)
            on = f"{development_name}; {development_helpers or helpers}"
            evaluation = trajectory_evaluation(development.pairs, play, on=on)
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
