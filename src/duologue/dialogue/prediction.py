"""What a system answered: one row per dialogue, one entry per system turn it answered.

Systems write these rows and metrics read them; a file may be partial.

    for row in read_rows("predictions.jsonl", DialoguePrediction): print(row.id, row.turns[0].response)
"""

from __future__ import annotations

import msgspec

from duologue.dialogue.schema import BeliefState


class TurnPrediction(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """One answer.

    Attributes:
        turn: index of the system turn in the dialogue that it answers.
        response: the response as the metrics read it (delexicalised for `simpletod`).
        state: the predicted belief state; None where the system predicts none.
        action: the predicted action text.
        raw: what the model wrote, unparsed.
        said: the response as a user would read it (lexicalised), where the system makes one.
        active_domains: the domains this turn is about, where the system says so.
        strategy: the strategy that it was asked to follow.
        note: why something is missing, e.g. `no response` or `cut by length`.
    """

    turn: int
    response: str
    state: BeliefState | None = None
    action: str | None = None
    raw: str = ""
    said: str | None = None
    active_domains: list[str] | None = None
    strategy: str | None = None
    note: str | None = None


class DialoguePrediction(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """A system's answers to one dialogue, in the order of its turns; `id` is the dialogue's."""

    id: str
    turns: list[TurnPrediction]
