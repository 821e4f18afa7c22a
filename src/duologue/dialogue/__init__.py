"""The dialogue: its schema, its JSONL, its tree, `check` and `diff`. Knows nothing of the other rooms."""

from duologue.dialogue.check import Problem, check
from duologue.dialogue.diff import Change, diff
from duologue.dialogue.jsonl import open_bytes, read, read_rows, write, write_rows, writing
from duologue.dialogue.prediction import DialoguePrediction, TurnPrediction
from duologue.dialogue.schema import (
    Act,
    BeliefState,
    Branch,
    Dialogue,
    DomainGoal,
    Goal,
    Grounding,
    Insertion,
    Origin,
    Span,
    Speaker,
    Turn,
)
from duologue.dialogue.tree import derived_id, parent_id, paths

__all__ = [
    "Act",
    "BeliefState",
    "Branch",
    "Change",
    "Dialogue",
    "DialoguePrediction",
    "DomainGoal",
    "Goal",
    "Grounding",
    "Insertion",
    "Origin",
    "Problem",
    "Span",
    "Speaker",
    "Turn",
    "TurnPrediction",
    "check",
    "derived_id",
    "diff",
    "open_bytes",
    "parent_id",
    "paths",
    "read",
    "read_rows",
    "write",
    "write_rows",
    "writing",
]
