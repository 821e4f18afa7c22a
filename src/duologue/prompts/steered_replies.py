"""The replies that steered prompts are made for, each with the history that its prompt tells.

known = options.known()
for reply in steered_replies(dialogues, options, known):
options.prompt(reply.before, reply.strategy, known, reply.situation).messages, reply.text
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from duologue.corpora.strategies import Strategies
from duologue.corpora.strategy_replies import StrategyReply, strategy_replies
from duologue.dialogue import Dialogue, Turn
from duologue.prompts.steering_options import SteeringOptions


def steered_replies(
    dialogues: Iterable[Dialogue], options: SteeringOptions, known: Strategies
) -> Iterator[StrategyReply]:
    """The replies of dialogues that a model can be asked for by their strategy, or without one.

    Histories alternate, as prompts want it; of several strategies the last counts.

    Args:
        dialogues: with branches, or with labelled turns of the supporter.
        options: what the strategies are.
        known: `options.known()`.

    Raises:
        InputError: a label is not among the strategies.
    """
    for reply in strategy_replies(dialogues, several="last", alternating=True, unconditional=True):
        options.must_know(reply.strategy, known, reply.where)
        yield reply


def cut_to_fit(history: list[Turn], fits: Callable[[list[Turn]], bool]) -> list[Turn]:
    """Drop the oldest turns, a pair at a time, until the rest fits; the last one stays."""
    while len(history) > 2 and not fits(history):
        history = history[2:]
    return history
