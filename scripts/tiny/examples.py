"""What every example of the mixture is made into: text with marked spans, then token ids with a weight each.

text = chat_text("situation", render("interference/situation", chat=turns, examples=[]), answer, ["Velka"])
rows = encode(tokenizer, [text, ...])
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

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


class Mark(NamedTuple):
    """A value or an entity in an answer: where it stands (characters), its weight, and what it counts as."""

    start: int
    end: int
    weight: float
    label: str


class Text(NamedTuple):
    """One example before tokenisation.

    Attributes:
        kind: the task.
        prompt: what the model is given, special tokens written out.
        answer: what it is to write, its end token included.
        marks: the values and entities in the answer.
    """

    kind: str
    prompt: str
    answer: str
    marks: tuple[Mark, ...] = ()


class Row(NamedTuple):
    """Token ids [n], the weight with which each is predicted [n], the number of the mark it belongs to or 0 [n]."""

    kind: str
    tokens: NDArray[np.int32]
    weights: NDArray[np.float32]
    spans: NDArray[np.int16]
    labels: tuple[str, ...]


def chat_prompt(messages: Iterable[ChatMessage]) -> str:
    """The chat template's text for these messages, up to the answer (a test compares it with the template)."""
    turns = "".join(f"{ROLES[m.role]} {m.content.strip()}{END}" for m in messages)
    return f"{BEGIN}{turns}{ROLES['assistant']} "


def chat_text(kind: str, messages: Iterable[ChatMessage], answer: str, entities: Sequence[str] = ()) -> Text:
    """A chat example; every occurrence of an entity in the answer is marked."""
    return Text(kind, chat_prompt(messages), answer.strip() + END, marks_of(answer.strip(), entities, kind))


def marks_of(answer: str, entities: Sequence[str], label: str, weight: float = ENTITY_WEIGHT) -> tuple[Mark, ...]:
    """Where the entities stand in the answer, longest first, without overlaps."""
    found: list[Mark] = []
    lower = answer.lower()
    for entity in sorted({e.lower() for e in entities if e}, key=len, reverse=True):
        start = lower.find(entity)
        while start >= 0:
            end = start + len(entity)
            if all(end <= m.start or start >= m.end for m in found):
                found.append(Mark(start, end, weight, label))
            start = lower.find(entity, end)
    return tuple(sorted(found))


def encode(tokenizer: Tokenizer, texts: Sequence[Text]) -> list[Row]:
    """Tokenise prompt and answer as one text and lay the weights on the tokens."""
    encodings = tokenizer.encode_batch([text.prompt + text.answer for text in texts], add_special_tokens=False)
    rows: list[Row] = []
    for text, encoding in zip(texts, encodings, strict=True):
        offsets = np.array(encoding.offsets, dtype=np.int64).reshape(-1, 2)
        starts, ends = offsets[:, 0] - len(text.prompt), offsets[:, 1] - len(text.prompt)
        weights = np.where(ends > 0, 1.0, PROMPT_WEIGHT).astype(np.float32)
        spans = np.zeros(len(starts), dtype=np.int16)
        for number, mark in enumerate(text.marks, 1):
            inside = (starts < mark.end) & (ends > mark.start)
            weights[inside] = mark.weight
            spans[inside] = number
        labels = tuple(mark.label for mark in text.marks)
        rows.append(Row(text.kind, np.array(encoding.ids, dtype=np.int32), weights, spans, labels))
    return rows
