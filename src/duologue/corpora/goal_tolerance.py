"""How near an answer must come to its goal, by the kind of the goal: the ε of ACT (Chen et al. 2025, Algorithm 2)."""

from __future__ import annotations

from duologue.corpora.clarification_points import GoalType

TOLERANCES: dict[GoalType, float] = {"drop": 0.9, "similarity": 0.8, "sql": 0.5}
"""An answer that scores above has reached its goal; that of `similarity` is not published."""


def tolerance_of(goal_type: str | None, given: float | None = None) -> float:
    """What is given, else what the kind of goal asks for; .9 where it has none."""
    if given is not None:
        return given
    return next((least for kind, least in TOLERANCES.items() if kind == goal_type), 0.9)
