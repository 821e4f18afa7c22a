"""A conversation that one answer holds: drawn until it can be read, and made into turns.

turns = await conversation_drawn(ask, "conversation/whole", options, opens="system", least=5, message=…, …)
if isinstance(turns, Verdict): …      # the gate that the last draw failed, the raw answer in its evidence
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from duologue.corpora.conversation_text.speakers import NAMES, aliases
from duologue.corpora.conversation_text.turns import to_turn
from duologue.dialogue import Speaker, Turn
from duologue.operators.conversation_reading import read_conversation
from duologue.operators.draws import first_that_passes
from duologue.operators.gates import Verdict
from duologue.operators.operator import OperatorOptions
from duologue.prompts.ask import Ask


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
    speakers = aliases(NAMES)
    drawn = await first_that_passes(
        ask,
        prompt,
        options,
        lambda answer: read_conversation(answer, speakers=speakers, least=least, seed=seed, opens=opens),
        role="writer",
        **fields,
    )
    return drawn if isinstance(drawn, Verdict) else [on_one_line(to_turn(each)) for each in drawn.found]


def on_one_line(turn: Turn) -> Turn:
    """The turn without line breaks, which in prompts and published files separate messages."""
    return replace(turn, text=" ".join(turn.text.split()))
