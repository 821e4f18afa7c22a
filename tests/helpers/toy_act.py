"""ACT in the small world of `toy_pairs`, with helpers that follow rules, and a script that can be killed.

python tests/helpers/toy_act.py MODEL OUT STEPS
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from toy_pairs import dpo_options, toy_pairs, toy_talk

from duologue.corpora.clarification_points import Instance, instances
from duologue.dialogue import Turn
from duologue.experiments.clarify_rollouts import Helpers, roller
from duologue.experiments.own_loop import OwnLoop
from duologue.operators.clarifying.classifiers import Judged
from duologue.training.preference_options import ACTOptions, SamplingOptions
from duologue.views.preference import Roll


class ByLength:
    """Random weights ask no questions, so every second length of a reply is one, where there are to be any."""

    def __init__(self, *, asks: bool = True) -> None:
        self.asks = asks

    async def classify(self, reply: str, instance: Instance, after: Sequence[Turn] = ()) -> Judged:
        return Judged("clarify" if self.asks and len(reply) % 2 else "answer")


class Echo:
    """Says what the gold user said, or that it does not know."""

    async def reply(self, instance: Instance, turns: Sequence[Turn]) -> str:
        return next((turn.said for turn in instance.trajectory if turn.speaker == "user"), "no idea")


def by_letters(answer: str, instance: Instance) -> float:
    return 1.0 if len(set(answer)) % 2 else 0.0


def act_options(steps: int, **changes: Any) -> ACTOptions:
    sampling = SamplingOptions(max_new_tokens=6, max_turns=2)
    shared = dpo_options(steps).model_dump(exclude={"label_smoothing", "sft_weight"})
    return ACTOptions(**{**shared, "beta": 0.5, "sampling": sampling, **changes})


@contextmanager
def toy_roller(sampling: SamplingOptions, count: int = 24, *, seed: int = 0, asks: bool = True) -> Iterator[Roll]:
    states = [state for number in range(count) for state in instances([toy_talk(number)])]
    with OwnLoop() as loop:
        yield roller(states, Helpers(ByLength(asks=asks), Echo(), by_letters), sampling, seed=seed, loop=loop)


if __name__ == "__main__":
    from duologue.training.act import train_act

    chosen = act_options(int(sys.argv[3]))
    with toy_roller(chosen.sampling) as roll:
        train_act(toy_pairs(), roll, model=sys.argv[1], out=sys.argv[2], options=chosen)
