"""An item's three turns in a model's words, and the gates that keep them honest.

The rewritten question must not say what was taken out, the clarifying question must ask (and say it only where it
offers readings), the reply must hold it; names, numbers and the meaning of each stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from duologue.operators.ambiguity.draft import Draft, stems
from duologue.operators.draws import first_that_passes
from duologue.operators.gates import Verdict, clean, first_failure, no_loop, not_empty, quote, whole
from duologue.operators.meaning import meaning_gates
from duologue.operators.operator import OperatorOptions
from duologue.prompts.ask import Answer, Ask

WRITER = "writer"
_FOLDER = "ambiguous_sql"


async def rewritten(words: Draft, ask: Ask, options: OperatorOptions, similarity: float) -> Draft | Verdict:
    """The draft in a model's words, each turn after the rewritten ones before it.

    Args:
        words: the draft.
        ask: answers, in the role `writer`.
        options: how often, and how answers are sampled.
        similarity: least cosine between a turn and its rewritten form; replies, which are short, are not compared.

    Returns:
        The rewritten draft, or the gate that the last draw of a turn failed.
    """
    for turn in _TURNS:
        passed = await first_that_passes(
            ask,
            f"{_FOLDER}/{turn.name}",
            options,
            partial(_read, turn=turn, words=words, similarity=similarity),
            role=WRITER,
            text=getattr(words, turn.name),
            question=words.question,
            clarification=words.clarification,
            hidden=words.edit.removed,
        )
        if isinstance(passed, Verdict):
            return passed
        words = turn.said(words, passed.found)
    return words


class _Turn(NamedTuple):
    """A turn of a draft: its field, how it is put there, its own gates, and whether its meaning is compared."""

    name: str
    said: Callable[[Draft, str], Draft]
    gates: Callable[[str, Draft], Iterator[Verdict]]
    compared: bool = True


def _read(answer: Answer, turn: _Turn, words: Draft, similarity: float) -> str | Verdict:
    text = " ".join(answer.text.split()).strip('"')
    return first_failure([whole(answer), *_gates(text, turn, words, similarity)]) or text


def _gates(text: str, turn: _Turn, words: Draft, similarity: float) -> Iterator[Verdict]:
    yield not_empty(turn.name, text)
    yield clean(turn.name, text)
    yield no_loop(turn.name, text)
    yield from turn.gates(text, words)
    yield from meaning_gates(getattr(words, turn.name), text, least=similarity if turn.compared else 0)


def _hides(text: str, words: Draft) -> Iterator[Verdict]:
    """Nothing that was taken out is said."""
    leaked = sorted(words.hidden & stems(text))
    yield Verdict("question-leak", not leaked, f"{', '.join(leaked)} of {quote(words.edit.removed)} in {quote(text)}")


def _asks(text: str, words: Draft) -> Iterator[Verdict]:
    """It is a question, which says the answer only where it offers readings."""
    yield Verdict("clarification-asks", text.endswith("?"), f"asks nothing: {quote(text)}")
    leaked = [] if words.offered else sorted(words.told & words.hidden & stems(text) - stems(words.clarification))
    yield Verdict("clarification-leak", not leaked, f"{', '.join(leaked)} in {quote(text)}")


def _tells(text: str, words: Draft) -> Iterator[Verdict]:
    """It says all that was asked for."""
    missing = sorted(words.told - stems(text))
    yield Verdict("reply-tells", not missing, f"{', '.join(missing)} not in {quote(text)}")


_TURNS = (
    _Turn("question", lambda words, text: words._replace(question=text), _hides),
    _Turn("clarification", lambda words, text: words._replace(clarification=text), _asks),
    _Turn("reply", lambda words, text: words._replace(reply=text), _tells, compared=False),
)
PROMPTS = tuple(f"{_FOLDER}/{turn.name}" for turn in _TURNS)
