"""What answers rest on, in the system message of a chat file: passages and the rows of a table.

    [context]
    We sell boats.
    [data]
    Boats sold : 44.1 | 56.7

Passages are one line each, a row is its first cell and the others. Source of the layout: the conversations of the
published release of "Learning to Clarify" (Chen and others, 2025).
"""

from __future__ import annotations

from duologue.dialogue import Dialogue, Grounding


def instruction_of(dialogue: Dialogue) -> str | None:
    """The system message of a dialogue: its instruction, then its passages and its table; None where it has none."""
    grounding = dialogue.grounding or Grounding()
    parts = [] if dialogue.instruction is None else [dialogue.instruction]
    if grounding.passages:
        parts += ["[context]", *(" ".join(passage.split()) for passage in grounding.passages)]
    if grounding.table:
        parts += ["[data]", *(f"{row[0]} : {' | '.join(row[1:])}" for row in grounding.table if row)]
    return "\n".join(parts) if parts else None
