"""Whose fault a conversation is that missed its goal: the agent's, the simulator's, or the task's.

    blame(simulated, reached=False, meant="sales of 2019", gold_reaches=True)       # "agent"

A score over simulated conversations mixes what the policy cannot do with what its helpers did wrong, so figures are
told with all conversations and without those that a helper spoilt. The rules need no model and are looked at in turn:

1. task: the state has no goal, its goal cannot be compared with anything, or does not reach itself;
2. simulator: a classifier, a summary or the simulated user had a fault; or the user kept back what was meant: nothing
   of what the intent adds to the history came, to a question about it (one that shares a content word with the gold
   question or with what the intent adds), or to any question where the user is uncooperative by option;
3. agent: all else (the wrong action, a wrong answer, a question that did not help, nothing at all).
"""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from duologue.corpora.actions import CLARIFY, references
from duologue.corpora.clarification_points import Instance
from duologue.measures.words import content_words, words
from duologue.operators.clarifying.rollouts import Simulated

Blame: TypeAlias = Literal["agent", "simulator", "task"]

_HELPERS = ("classifier", "user", "intent")
_POLAR = re.compile(r"\W*(?:yes|yeah|yep|right|exactly|correct|no|nope)\b", re.IGNORECASE)


def blame(
    simulated: Simulated, *, reached: bool, meant: str | None, gold_reaches: bool, cooperative: bool = True
) -> Blame | None:
    """Who is to blame; None for a conversation that reached its goal.

    Args:
        simulated: the conversation.
        reached: whether it reached its goal.
        meant: what the user was told that it means; None where nobody was.
        gold_reaches: whether the goal, as an answer, reaches itself.
        cooperative: whether the user was to help.
    """
    instance, _, fault = simulated
    if reached:
        return None
    if instance.goal is None or not gold_reaches or (fault is not None and fault.role == "score"):
        return "task"
    if fault is not None:
        return "simulator" if fault.role in _HELPERS else "agent"
    if meant is not None and kept_back(simulated, meant, cooperative=cooperative):
        return "simulator"
    return "agent"


def kept_back(simulated: Simulated, meant: str, *, cooperative: bool = True) -> bool:
    """Whether the user was asked for what was meant and told nothing of it; a yes or a no tells enough."""
    instance, turns = simulated.instance, simulated.rollout.turns
    replies = [turn.content for turn in turns if turn.role == "user"]
    added = _telling(meant) - _telling(" ".join(turn.said for turn in instance.history))
    if not replies or not added:
        return False
    if any(_telling(reply) & added or _POLAR.match(reply) for reply in replies):
        return False
    asked = [turn.content for turn in turns if turn.role == "assistant"][: len(replies)]
    return not cooperative or bool(_telling(" ".join(asked)) & (added | _gold_question(instance)))


def _gold_question(instance: Instance) -> set[str]:
    if instance.action != CLARIFY:
        return set()
    return _telling(" ".join(references(instance.gold)))


def _telling(text: str) -> set[str]:
    """Content words and numbers."""
    return content_words(text) | {word for word in words(text) if any(map(str.isdigit, word))}
