"""What every example of the mixture is made into: text with marked spans, then token ids with a weight each.

    text = chat_text(render("interference/situation", chat=turns, examples=[]), answer, marks=[(0, 5, 3.0)])
    rows = encode(tokenizer, [text, ...])
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from scripts.tiny.tokenizer import BEGIN, END, ROLES

PROMPT_WEIGHT = 0.1
ENTITY_WEIGHT = 3.0


class ChatMessage(Protocol):
    """A message of `duologue.prompts.render`."""

    role: str
    content: str


@dataclass(frozen=True)
class Text:
    """One example before tokenisation.

    Attributes:
        kind: the task, for the figures per task.
        prompt: what the model is given, special tokens written out.
        answer: what it is to write, its end token included.
        marks: (start, end, weight) in characters of `answer`: values and entities.
    """

    kind: str
    prompt: str
    answer: str
    marks: tuple[tuple[int, int, float], ...] = field(default=())


@dataclass(frozen=True)
class Row:
    """Token ids, the weight with which each is predicted, and which of them belong to a marked span (its number, or 0)."""

    kind: str
    tokens: NDArray[np.int32]
    weights: NDArray[np.float32]
    spans: NDArray[np.int16]


def chat_prompt(messages: Iterable[ChatMessage]) -> str:
    """The chat template's text for these messages, up to the answer (a test compares it with the template)."""
    turns = "".join(f"{ROLES[m.role]} {m.content.strip()}{END}" for m in messages)
    return f"{BEGIN}{turns}{ROLES['assistant']} "


def chat_text(
    kind: str, messages: Iterable[ChatMessage], answer: str, entities: Sequence[str] = (), weight: float = ENTITY_WEIGHT
) -> Text:
    """A chat example; every occurrence of an entity in the answer is marked."""
    return Text(kind, chat_prompt(messages), answer.strip() + END, marks_of(answer.strip(), entities, weight))


def marks_of(
    answer: str, entities: Sequence[str], weight: float = ENTITY_WEIGHT
) -> tuple[tuple[int, int, float], ...]:
    """Where the entities stand in the answer, longest first, without overlaps."""
    found: list[tuple[int, int, float]] = []
    lower = answer.lower()
    for entity in sorted({e.lower() for e in entities if e}, key=len, reverse=True):
        start = lower.find(entity)
        while start >= 0:
            end = start + len(entity)
            if all(end <= a or start >= b for a, b, _ in found):
                found.append((start, end, weight))
            start = lower.find(entity, end)
    return tuple(sorted(found))


def encode(tokenizer: Tokenizer, texts: Sequence[Text]) -> list[Row]:
    """Tokenise prompt and answer as one text and lay the weights on the tokens."""
    encodings = tokenizer.encode_batch([text.prompt + text.answer for text in texts])
    rows: list[Row] = []
    for text, encoding in zip(texts, encodings, strict=True):
        offsets = np.array(encoding.offsets, dtype=np.int64).reshape(-1, 2)
        starts, ends = offsets[:, 0] - len(text.prompt), offsets[:, 1] - len(text.prompt)
        weights = np.where(ends > 0, 1.0, PROMPT_WEIGHT).astype(np.float32)
        spans = np.zeros(len(starts), dtype=np.int16)
        for number, (start, end, weight) in enumerate(text.marks, 1):
            inside = (starts < end) & (ends > start)
            weights[inside] = weight
            spans[inside] = number
        rows.append(Row(text.kind, np.array(encoding.ids, dtype=np.int32), weights, spans))
    return rows
