"""A conversation once more in another style: the same messages in the same order, each saying the same (ConvoGen).

Two ways. `messages`: one answer a message, so that turns stay aligned by construction. `whole`, as published: one answer
holds the conversation; it counts only when it has the same number of messages by the same speakers in the same order.

    duologue synthesize restyle runs/talk/dialogues.jsonl --model tiny --out runs/styled
    duologue synthesize restyle runs/talk/dialogues.jsonl --style pirate.md --limit-characters 200 …

What changes a turn's text makes a derived dialogue whose turns name their source.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Literal

from msgspec.structs import replace
from pydantic import Field

from duologue.corpora.profiles.experiment_folder import read_experiment
from duologue.dialogue import Dialogue, Turn
from duologue.operators.conversation_text.outcome import read_conversation
from duologue.operators.draws import first_that_passes
from duologue.operators.gates import Verdict, first_failure
from duologue.operators.items import Skipped, WorkItem
from duologue.operators.message import one_message, speakers_of
from duologue.operators.meaning import meaning_gates
from duologue.operators.operator import Operator, OperatorOptions
from duologue.operators.rejects import Rejected
from duologue.operators.texts import read_text
from duologue.prompts.ask import Answer, Ask
from duologue.prompts.render import STYLES

MICROBLOG = STYLES / "microblog.md"


class RestyleOptions(OperatorOptions):
    """The style, and what must stay the same."""

    mode: Literal["messages", "whole"] = "messages"
    """`messages`: one answer a message; `whole`: one answer a conversation, as published."""
    characters: int = Field(default=280, ge=1)
    """Most characters of a message."""
    similarity: float = Field(default=0.5, ge=0, le=1)
    """Least cosine (MiniLM) between a message and its restyled form; 0 leaves the comparison out."""
    seed: Literal["keep", "restyle"] = "keep"
    """Whether a message that comes from the corpus is kept as it is."""
    temperature: float = Field(default=0.7, ge=0)
    """Temperature of the first draw; the published setting."""
    draws: int = Field(default=3, ge=1)
    """Answers that may be drawn until one passes."""
    style: Path | None = Field(default=None, exclude=True)
    """A text that describes the style; without it a micro-blog's."""
    experiment: Path | None = Field(default=None, exclude=True)
    """A published experiment folder whose conv-restyle.txt is the instruction, in `whole`."""
