"""What the commands that let a model judge share: how answers are found, and how the judge's are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cyclopts import Parameter

from duologue.corpora import formats
from duologue.corpora.strategies import Strategies, read_strategies
from duologue.errors import InputError
from duologue.evaluation.comparisons.loading import References
from duologue.prompts.ask import Sampling


@Parameter(name="*")
@dataclass(frozen=True)
class AnswerFlags:
    """What is answered, where the answers themselves do not say."""

    reference: str | None = None
    """The dialogues that predictions answer; without it the files are dialogues with branches."""
    format: str = "duologue"
    """Format of --reference."""
    strategies: Path | None = None
    """What the strategies mean, YAML; default: ESConv's eight and the extended fifteen."""

    def references(self) -> References | None:
        """Reads the dialogues that predictions answer."""
        return None if self.reference is None else partial(formats.read, self.reference, self.format)

    def meanings(self) -> Strategies | None:
        """The user's own strategies."""
        return None if self.strategies is None else read_strategies(self.strategies)


def refuse_limit(limit: int | None) -> None:
    """Refuse a `--limit` that leaves nothing.

    Raises:
        InputError: it is below 1.
    """
    if limit is not None and limit < 1:
        raise InputError(f"expected at least 1, found {limit}", where="--limit", mend="leave it out for all")


@Parameter(name="*")
@dataclass(frozen=True)
class JudgeFlags:
    """How the judge's answers are drawn."""

    temperature: float = 0.0
    """0 is greedy."""
    judge_tokens: int = 1024
    """Most tokens in one answer of the judge."""
    seed: int = 0
    """Of sampling and of the bootstrap."""

    def sampling(self) -> Sampling:
        """The same as a request has it."""
        return Sampling(max_tokens=self.judge_tokens, temperature=self.temperature)
