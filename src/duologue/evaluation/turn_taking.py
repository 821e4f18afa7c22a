"""Turn-taking: how long conversations are, who begins and who ends, who talks how much, who asks, who repeats.

    score = score_turn_taking(dialogues, limit=280)
    score.figures["messages"], score.figures["user_words"], score.lengths

Over all messages, the first one among them. Shares are in percent, of the conversations (`user_opens`, `user_ends`,
`alternating`), of the words (`user_words`), or of the messages (the rest).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

import msgspec

from duologue.corpora.conversation_text.turns import NOTES
from duologue.dialogue import Dialogue
from duologue.evaluation.bootstrap import Figure
from duologue.evaluation.estimate import Estimate, Part, over_rows
from duologue.evaluation.grown import by_id
from duologue.measures.words import normalised, words

LIMIT = 280
"""Characters of a message on a micro-blog; longer ones are counted."""


class TurnTakingRow(msgspec.Struct, frozen=True):
    """One conversation; lists hold positions of messages.

    Attributes:
        id: the conversation's.
        messages: how many, in all and by the user.
        user_messages: how many by the user.
        opens: who says the first one.
        ends: who says the last one.
        alternating: nobody speaks twice in a row.
        words: in all messages.
        user_words: in the user's.
        questions: with a question mark.
        user_questions: of these, the user's.
        over_limit: with more characters than allowed.
        repeated: whose text was said before in the same conversation, case and punctuation aside.
        with_directions: with stage directions.
    """

    id: str
    messages: int
    user_messages: int
    opens: str
    ends: str
    alternating: bool
    words: int
    user_words: int
    questions: list[int]
    user_questions: list[int]
    over_limit: list[int]
    repeated: list[int]
    with_directions: list[int]


class TurnTakingScore(msgspec.Struct, frozen=True):
    """How turns are taken.

    Attributes:
        conversations: that have messages; others are left out.
        limit: most characters of a message.
        figures: with intervals over conversations; see the module.
        lengths: number of messages -> how many conversations have so many.
        rows: one per conversation, in order of id.
    """

    conversations: int
    limit: int
    figures: dict[str, Figure]
    lengths: dict[int, int]
    rows: list[TurnTakingRow]


class MeasuredTurnTaking(NamedTuple):
    """A score, and the estimates that its figures come from."""

    score: TurnTakingScore
    estimates: dict[str, Estimate]


_FIGURES = {
    "messages": Part(lambda row: row.messages, percent=False),
    "user_opens": Part(lambda row: row.opens == "user"),
    "user_ends": Part(lambda row: row.ends == "user"),
    "alternating": Part(lambda row: row.alternating),
    "words_per_message": Part(lambda row: row.words, lambda row: row.messages, percent=False),
    "words_per_user_message": Part(lambda row: row.user_words, lambda row: row.user_messages, percent=False),
    "words_per_system_message": Part(
        lambda row: row.words - row.user_words, lambda row: row.messages - row.user_messages, percent=False
    ),
    "user_words": Part(lambda row: row.user_words, lambda row: row.words),
    "questions": Part(lambda row: len(row.questions), lambda row: row.messages),
    "user_questions": Part(lambda row: len(row.user_questions), lambda row: row.user_messages),
    "over_limit": Part(lambda row: len(row.over_limit), lambda row: row.messages),
    "repeated": Part(lambda row: len(row.repeated), lambda row: row.messages),
    "stage_directions": Part(lambda row: len(row.with_directions), lambda row: row.messages),
}


def score_turn_taking(dialogues: Iterable[Dialogue], *, limit: int = LIMIT, seed: int = 0) -> TurnTakingScore:
    """Score; see `measure_turn_taking`."""
    return measure_turn_taking(dialogues, limit=limit, seed=seed).score


def measure_turn_taking(dialogues: Iterable[Dialogue], *, limit: int = LIMIT, seed: int = 0) -> MeasuredTurnTaking:
    """Measure.

    Args:
        dialogues: conversations.
        limit: most characters of a message.
        seed: of the bootstrap.
    """
    rows = [_row(dialogue, limit) for dialogue in by_id(dialogues) if dialogue.turns]
    estimates = over_rows(rows, _FIGURES, seed=seed)
    score = TurnTakingScore(
        conversations=len(rows),
        limit=limit,
        figures={name: found.figure() for name, found in estimates.items()},
        lengths=dict(sorted(Counter(row.messages for row in rows).items())),
        rows=rows,
    )
    return MeasuredTurnTaking(score, estimates)


def _row(dialogue: Dialogue, limit: int) -> TurnTakingRow:
    turns = dialogue.turns
    users = [at for at, turn in enumerate(turns) if turn.speaker == "user"]
    counts = [len(words(turn.said)) for turn in turns]
    questions = [at for at, turn in enumerate(turns) if "?" in turn.said]
    said, repeated = set[str](), []
    for at, turn in enumerate(turns):
        plain = normalised(turn.said)
        if plain in said:
            repeated.append(at)
        said.add(plain)
    return TurnTakingRow(
        id=dialogue.id,
        messages=len(turns),
        user_messages=len(users),
        opens=turns[0].speaker,
        ends=turns[-1].speaker,
        alternating=all(one.speaker != other.speaker for one, other in pairwise(turns)),
        words=sum(counts),
        user_words=sum(counts[at] for at in users),
        questions=questions,
        user_questions=[at for at in questions if turns[at].speaker == "user"],
        over_limit=[at for at, turn in enumerate(turns) if len(turn.said) > limit],
        repeated=repeated,
        with_directions=[at for at, turn in enumerate(turns) if turn.labels.get(NOTES)],
    )
