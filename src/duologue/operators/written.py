"""A conversation that one answer holds: drawn until it can be read, and made into turns.

turns = await conversation_drawn(ask, "conversation/whole", options, opens="system", least=5, message=…, …)
if isinstance(turns, Verdict): …      # the gate that the last draw failed, the raw answer in its evidence
"""

from __future__ import annotations

from typing import Any

from duologue.corpora.conversation_text import ParsedTurn
from duologue.corpora.conversation_text.speakers import NAMES, aliases
from duologue.dialogue import Speaker, Turn
from duologue.operators.conversation_reading import read_conversation
from duologue.operators.gates import Verdict
from duologue.operators.operator import OperatorOptions
from duologue.prompts.ask import Ask

NOTES = "notes"
"""Label under which a turn keeps its stage directions."""


async def conversation_drawn(
    ask: Ask,
    prompt: str,
    options: OperatorOptions,
    *,
    opens: Speaker,
    least: int,
    seed: str | None = None,
    **fields: Any,
) -> list[Turn] | Verdict:
    """Draw answers until one is a conversation.

    Args:
        ask: answers, in the role `writer`.
        prompt: the prompt's name.
        options: how many draws there may be, and how they are sampled.
        opens: who must speak first.
        least: fewest turns.
        seed: the message it grows from; a conversation that begins with it again loses it.
        fields: the prompt's fields.

    Returns:
        The turns, or the verdict on the last draw.
    """
    found: list[ParsedTurn] | Verdict = []
    for draw in range(options.draws):
        answer = await ask(prompt, role="writer", draw=draw, sampling=options.sampling(draw), **fields)
        found = read_conversation(answer, speakers=aliases(NAMES), least=least, seed=seed, opens=opens)
        if not isinstance(found, Verdict):
            return [to_turn(each) for each in found]
    assert isinstance(found, Verdict)
    return found


def to_turn(parsed: ParsedTurn) -> Turn:
    """A parsed turn as one of a dialogue: its text on one line, its stage directions as labels."""
    labels = {NOTES: parsed.notes} if parsed.notes else {}
    return Turn(parsed.speaker, " ".join(parsed.text.split()), labels=labels)
