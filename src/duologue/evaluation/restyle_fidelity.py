"""Restyle fidelity: does a conversation in another style say the same, message by message?

    score = score_restyle_fidelity(restyled, originals, limit=280)
    score.figures["aligned"], score.figures["similarity"], score.unmatched

A restyled message names the one that it was made from (`Turn.source`). It is aligned when it stands at the same place
and is by the same speaker. Messages that come from a corpus (seeds) and were kept as they are count for alignment only.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import msgspec

from duologue.dialogue import Dialogue, Turn
from duologue.evaluation.bootstrap import Figure
from duologue.evaluation.estimate import Part, over_rows
from duologue.evaluation.grown import by_id
from duologue.evaluation.turn_taking import LIMIT
from duologue.measures.embeddings import Embedder
from duologue.measures.kept import changed_numbers, lost_names
from duologue.measures.names import names
from duologue.measures.words import words


class RestyledMessage(msgspec.Struct, frozen=True):
    """One message beside its source.

    Attributes:
        turn: its position.
        similarity: cosine of the two in meaning, -1 to 1.
        lost_names: names of the source that are gone.
        changed_numbers: numbers that stand in one of the two only.
        unchanged: the text is the source's, but for white space.
        words: in the restyled message.
        source_words: in its source.
        over_limit: it has more characters than allowed.
    """

    turn: int
    similarity: float
    lost_names: list[str]
    changed_numbers: list[str]
    unchanged: bool
    words: int
    source_words: int
    over_limit: bool


class RestyleRow(msgspec.Struct, frozen=True):
    """One restyled conversation.

    Attributes:
        id: its own.
        source: id of the conversation that it was made from.
        places: the messages of the longer one of both.
        aligned: how many messages are aligned.
        kept: positions of messages from a corpus that were kept as they are.
        messages: the other aligned ones.
    """

    id: str
    source: str
    places: int
    aligned: int
    kept: list[int]
    messages: list[RestyledMessage]


class RestyleScore(msgspec.Struct, frozen=True):
    """How faithful restyled conversations are.

    Attributes:
        conversations: restyled ones whose source is there.
        unmatched: ids of those without.
        limit: most characters of a message.
        model: the embedding model.
        figures: `aligned` (percent of places), `wholly_aligned` (percent of conversations), and over aligned messages
            `similarity` (mean cosine), `names_kept`, `numbers_kept`, `unchanged`, `over_limit` (percent of messages),
            `length_ratio` (words, restyled over source).
        rows: one per conversation, in order of id.
    """

    conversations: int
    unmatched: list[str]
    limit: int
    model: str
    figures: dict[str, Figure]
    rows: list[RestyleRow]


def _messages(row: RestyleRow) -> int:
    return len(row.messages)


_FIGURES = {
    "aligned": Part(lambda row: row.aligned, lambda row: row.places),
    "wholly_aligned": Part(lambda row: row.aligned == row.places),
    "similarity": Part(lambda row: math.fsum(each.similarity for each in row.messages), _messages, percent=False),
    "names_kept": Part(lambda row: sum(not each.lost_names for each in row.messages), _messages),
    "numbers_kept": Part(lambda row: sum(not each.changed_numbers for each in row.messages), _messages),
    "unchanged": Part(lambda row: sum(each.unchanged for each in row.messages), _messages),
    "over_limit": Part(lambda row: sum(each.over_limit for each in row.messages), _messages),
    "length_ratio": Part(
        lambda row: sum(each.words for each in row.messages),
        lambda row: sum(each.source_words for each in row.messages),
        percent=False,
    ),
}


def score_restyle_fidelity(
    restyled: Iterable[Dialogue],
    originals: Iterable[Dialogue],
    embedder: Embedder | None = None,
    *,
    limit: int = LIMIT,
    seed: int = 0,
) -> RestyleScore:
    """Score restyled conversations beside those that they were made from.

    Args:
        restyled: their turns carry `source`.
        originals: found by id; others than the sources make no difference.
        embedder: the packaged MiniLM by default.
        limit: most characters of a message.
        seed: of the bootstrap.

    Raises:
        MissingExtra: sentence-transformers is not installed.
    """
    embedder = embedder or Embedder()
    known = {dialogue.id: dialogue for dialogue in originals}
    styled = by_id(restyled)
    if said := [turn.said for dialogue in (*styled, *known.values()) for turn in dialogue.turns]:
        embedder.embed(said)  # all at once is several times faster than row by row
    rows, unmatched = [], []
    for dialogue in styled:
        row = _row(dialogue, known, embedder, limit)
        if row is None:
            unmatched.append(dialogue.id)
        else:
            rows.append(row)
    figures = {name: found.figure() for name, found in over_rows(rows, _FIGURES, seed=seed).items()}
    return RestyleScore(len(rows), unmatched, limit, embedder.model, figures, rows)


def _row(dialogue: Dialogue, known: Mapping[str, Dialogue], embedder: Embedder, limit: int) -> RestyleRow | None:
    original = next((known[turn.source[0]] for turn in dialogue.turns if turn.source and turn.source[0] in known), None)
    if original is None:
        return None
    pairs = [
        (at, turn, source)
        for at, (turn, source) in enumerate(zip(dialogue.turns, original.turns, strict=False))
        if turn.source == (original.id, at) and turn.speaker == source.speaker
    ]
    kept = [at for at, turn, source in pairs if source.source is not None and _unchanged(turn, source)]
    compared = [pair for pair in pairs if pair[0] not in kept]
    near = embedder.similarity([turn.said for _, turn, _ in compared], [source.said for *_, source in compared])
    spoken = {name for turn in original.turns for name in names(turn.said)}
    messages = [
        RestyledMessage(
            turn=at,
            similarity=similarity,
            lost_names=lost_names(source.said, turn.said, sorted(spoken)),
            changed_numbers=changed_numbers(source.said, turn.said),
            unchanged=_unchanged(turn, source),
            words=len(words(turn.said)),
            source_words=len(words(source.said)),
            over_limit=len(turn.said) > limit,
        )
        for (at, turn, source), similarity in zip(compared, near.tolist(), strict=True)
    ]
    places = max(len(dialogue.turns), len(original.turns))
    return RestyleRow(dialogue.id, original.id, places, len(pairs), kept, messages)


def _unchanged(turn: Turn, source: Turn) -> bool:
    return turn.said.split() == source.said.split()
