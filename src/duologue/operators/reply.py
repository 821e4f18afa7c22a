"""A supporter's reply out of a model's answer, and the gates that it must pass."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from duologue.corpora.conversation_text.labels import LabelReader
from duologue.corpora.conversation_text.reply import cleaned, leaks
from duologue.operators.gates import Verdict, first_failure, no_loop, not_empty, quote, whole
from duologue.prompts.ask import Answer

_ANYONES = LabelReader.of_names(("user", "seeker", "human", "assistant", "supporter"))


class SupportReply(NamedTuple):
    """A reply, the answer it was taken from, and where it names its strategy."""

    text: str
    raw: str
    leaks: list[str]


def read_reply(answer: Answer, *, strategy: str, most: int) -> SupportReply | Verdict:
    """Take the reply out of an answer.

    Args:
        answer: the model's.
        strategy: the name of the strategy that it was to follow.
        most: characters that a reply may have.

    Returns:
        The reply, or the first gate that it failed: `cut-by-length`, `empty-reply`, `reply-loop`, `too-long` or
        `more-than-a-turn`.
    """
    text = cleaned(answer.text, strategy)
    failure = first_failure([whole(answer), *_gates(text, most)])
    return failure or SupportReply(text, answer.text, leaks(text, strategy))


def _gates(text: str, most: int) -> Iterator[Verdict]:
    yield not_empty("reply", text)
    yield no_loop("reply", text)
    yield Verdict("too-long", len(text) <= most, f"{len(text)} characters, at most {most}: {quote(text)}")
    start = 0
    for line in text.splitlines(keepends=True):
        label = _ANYONES.at(text, start, start + len(line.rstrip()))
        failed = label is not None and label.strong
        yield Verdict("more-than-a-turn", not failed, f"speaks on with {quote(line.strip())}")
        start += len(line)
