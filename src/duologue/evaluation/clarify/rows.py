"""What a policy did in each state, read off the branches of `duologue synthesize simulate`.

found = read_states(read("runs/simulated/dialogues.jsonl"))
found.rows[0].gold, found.rows[0].action, found.missing
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from duologue.corpora.actions import ACTION, CLARIFY
from duologue.corpora.clarification_points import Instance, instances
from duologue.corpora.simulated import BLAME, FAULT, GOAL, QUESTIONS, REACHED, TOKENS, TURN
from duologue.corpora.strategy_replies import conversation_of
from duologue.dialogue import Branch, Dialogue


class ClarifyRow(msgspec.Struct, frozen=True):
    """One simulated conversation.

    Attributes:
        id: of its branch.
        conversation: the gold one that it left.
        state: a key of what the policy knew there: equal for gold conversations that differ only later.
        gold: the gold action of the state.
        action: what the policy did first; None where it said nothing, or nobody could name it.
        turn: score of the first reply against the gold turn, 0 to 1; None where they cannot be compared.
        goal: score of the final answer, 0 to 1, 0 without one; None where the state has no goal.
        reached: whether the goal was reached.
        questions: that the policy asked.
        tokens: that it wrote.
        blame: whose fault a missed goal is: `agent`, `simulator`, `task`; None where it was reached.
        fault: what ended the conversation early, e.g. `user: message-loop`.
    """

    id: str
    conversation: str
    state: str
    gold: str
    action: str | None
    turn: float | None
    goal: float | None
    reached: bool
    questions: int
    tokens: int
    blame: str | None = None
    fault: str | None = None

    @property
    def asked(self) -> bool:
        """Whether the policy began with a question."""
        return self.action == CLARIFY


class States(NamedTuple):
    """The rows, and the ids of states for which there is no conversation (a model gave no answer)."""

    rows: list[ClarifyRow]
    missing: list[str]


def read_states(dialogues: Iterable[Dialogue]) -> States:
    """The simulated conversations of dialogues, in their order."""
    rows: list[ClarifyRow] = []
    missing: list[str] = []
    for dialogue in dialogues:
        branches: dict[int, list[Branch]] = {}
        for branch in dialogue.branches:
            if REACHED in branch.scores:
                branches.setdefault(branch.at, []).append(branch)
        for state in instances([dialogue]):
            own = branches.get(state.at, [])
            rows += [_row(state, branch, conversation_of(dialogue)) for branch in own]
            if not own:
                missing.append(state.id)
    return States(rows, missing)


def _row(state: Instance, branch: Branch, conversation: str) -> ClarifyRow:
    scores, labels = branch.scores, branch.labels
    return ClarifyRow(
        id=branch.id,
        conversation=conversation,
        state=state.state,
        gold=state.action,
        action=next(iter(labels.get(ACTION, ())), None),
        turn=scores.get(TURN),
        goal=None if state.goal is None else scores.get(GOAL, 0.0),
        reached=scores[REACHED] == 1,
        questions=int(scores.get(QUESTIONS, 0)),
        tokens=int(scores.get(TOKENS, 0)),
        blame=next(iter(labels.get(BLAME, ())), None),
        fault=next(iter(labels.get(FAULT, ())), None),
    )
