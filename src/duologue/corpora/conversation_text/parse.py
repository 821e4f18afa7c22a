"""From a conversation that a model wrote to turns: any text, no exception, every character accounted for, linear time.

    SPEAKERS = {"User": "user", "SocBot": "system"}
    parsed = parse_conversation(answer.text, speakers=SPEAKERS, truncated=answer.finish_reason == "length")
    parsed.turns, parsed.flags

`labels` says what a label is, `strangers` who is unknown, `directions` what becomes a note, `chatter` what ends the
conversation. Lines without a label continue the message before them; what stands before the first known label is the
preamble. Messages of one speaker in a row become one turn, joined by a line break. A first block that only repeats the
seed message is no turn.
"""

from __future__ import annotations

from collections.abc import Mapping

from duologue.corpora.conversation_text.assemble import assemble
from duologue.corpora.conversation_text.blocks import lay_out
from duologue.corpora.conversation_text.labels import LabelReader
from duologue.corpora.conversation_text.message import unframe
from duologue.corpora.conversation_text.parsed import Flags, ParsedConversation
from duologue.corpora.conversation_text.sentences import unfinished
from duologue.dialogue import Speaker
from duologue.errors import InputError


def parse_conversation(
    text: str,
    *,
    speakers: Mapping[str, Speaker],
    truncated: bool = False,
    limit: int = 280,
    seed: str | None = None,
) -> ParsedConversation:
    """Take a model-written conversation apart.

    Args:
        text: any text.
        speakers: names and aliases -> `user` or `system`; case does not matter.
        truncated: the answer was cut by its length (finish reason `length`).
        limit: most characters in a message before it is flagged.
        seed: the message that the conversation grew from.

    Returns:
        Turns, what stood around them, flags, and the place of every piece; `lost(text, result)` is empty.

    Raises:
        InputError: an alias is empty or stands for neither side.
    """
    names = _names(speakers)
    layout = lay_out(text, LabelReader.of_names({*speakers, *names}), names, truncated=truncated)
    for block in layout.blocks:
        unframe(text, block)
    made = assemble(text, layout, seed)
    turns = made.turns
    cut_inside_a_turn = truncated and bool(turns) and made.pieces[-1].turn == len(turns) - 1
    return ParsedConversation(
        turns=turns,
        preamble=text[slice(*made.preamble)],
        epilogue=text[slice(*layout.epilogue)],
        rest=made.rest,
        flags=Flags(
            starts_with_bot=bool(turns) and turns[0].speaker == "system",
            alternates=not made.merged,
            n_turns=len(turns),
            truncated=truncated,
            unfinished=unfinished(turns[-1].text) if cut_inside_a_turn else "",
            over_limit=[index for index, turn in enumerate(turns) if len(turn.text) > limit],
            unknown_speaker=layout.unknown,
            repeats_seed=made.repeats_seed,
            merged=made.merged,
            empty=made.empty,
        ),
        pieces=made.pieces,
    )


def _names(speakers: Mapping[str, Speaker]) -> dict[str, Speaker]:
    for alias, speaker in speakers.items():
        if not alias.strip() or speaker not in ("user", "system"):
            raise InputError(
                f"the alias {alias!r} stands for {speaker!r}",
                where="speakers",
                mend="give a name that is not empty, and user or system",
            )
    return {" ".join(alias.split()).casefold(): speaker for alias, speaker in speakers.items()}
