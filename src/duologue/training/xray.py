"""What a trainer would get, made visible: each token, trained or not, what was cut, how rows are packed, what is wrong.

    seen = xray(row_data("chats.jsonl")(tokenizer), tokenizer, SFTOptions(packing=True), keep=1)
    seen.examples[0].tokens[0].trained, seen.problems, seen.rows

The examples are those of `duologue train sft` with the same options; only as many as `keep` are kept token by token.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

import msgspec

from duologue.training.examples import IGNORED, labels
from duologue.training.options import SFTOptions
from duologue.training.packing import arrange
from duologue.views.masks import piece, problems
from duologue.views.tokens import Tokens


class SeenToken(msgspec.Struct, frozen=True):
    """A token: its id, its text, whether the loss covers it, whether it is a special one."""

    id: int
    text: str
    trained: bool
    special: bool


class SeenExample(msgspec.Struct):
    """An example.

    Attributes:
        name: e.g. `dialogue MUL0001, turn 3`.
        size: its tokens.
        trained: how many of them the loss covers.
        dropped: what was cut from its history, oldest first.
        problems: what is wrong with its mask.
        left_out: it is longer than --max-length, so the trainer leaves it out.
        tokens: token by token; None where it was not kept.
    """

    name: str
    size: int
    trained: int
    dropped: tuple[str, ...] = ()
    problems: list[str] = []
    left_out: bool = False
    tokens: list[SeenToken] | None = None

    @property
    def is_odd(self) -> bool:
        """Whether there is more to it than its tokens: a problem, a cut, or no place in the training."""
        return bool(self.problems or self.dropped or self.left_out)

    @property
    def share(self) -> float:
        """The trained share of its tokens."""
        return self.trained / self.size if self.size else 0.0


class Segment(msgspec.Struct, frozen=True):
    """An example in a packed row: its number among the examples, its first token in the row, its tokens.

    Its position ids are 0 to `size` - 1, and its first token is not trained: the token before it is another example's.
    """

    example: int
    start: int
    size: int


class XRay(msgspec.Struct):
    """All examples, the packed rows where packing is on, and the options that decided."""

    examples: list[SeenExample]
    rows: list[list[Segment]]
    max_length: int

    @property
    def problems(self) -> list[str]:
        """What is wrong, example by example."""
        return [f"{each.name}: {problem}" for each in self.examples for problem in each.problems]

    @property
    def fill(self) -> float:
        """The share of the packed rows' tokens that are used."""
        used = sum(segment.size for row in self.rows for segment in row)
        return used / (len(self.rows) * self.max_length) if self.rows else 0.0


def xray(examples: Iterable[Tokens], tokenizer: Any, options: SFTOptions, *, keep: int = 1, extra: int = 0) -> XRay:
    """Look at examples as the trainer gets them.

    Args:
        examples: as a view made them.
        tokenizer: that made their ids.
        options: `loss`, `max_length` and `packing` count here.
        keep: examples to keep token by token.
        extra: so many more of those that are cut or wrong, and those of the first two packed rows.
    """
    made = [each._replace(trained=[label != IGNORED for label in labels(each, options.loss)]) for each in examples]
    seen = [
        SeenExample(
            each.name or f"example {number}",
            len(each.ids),
            sum(each.trained),
            each.dropped,
            problems(each, tokenizer),
            len(each.ids) > options.max_length,
        )
        for number, each in enumerate(made, 1)
    ]
    rows = _rows(seen, options.max_length) if options.packing else []
    kept = {*range(min(keep, len(seen)))}
    if extra:
        odd = (index for index, each in enumerate(seen) if index not in kept and each.is_odd)
        kept |= {*islice(odd, extra), *(segment.example for row in rows[:2] for segment in row)}
    special = {number for number, token in tokenizer.added_tokens_decoder.items() if token.special}
    texts = {token: piece(token, tokenizer) for token in {token for index in kept for token in made[index].ids}}
    for index in kept:
        pairs = zip(made[index].ids, made[index].trained, strict=True)
        seen[index].tokens = [SeenToken(token, texts[token], trained, token in special) for token, trained in pairs]
    return XRay(seen, rows, options.max_length)


def _rows(examples: list[SeenExample], max_length: int) -> list[list[Segment]]:
    """The rows, those with the most examples first (the trainer shuffles them)."""
    packed = [index for index, each in enumerate(examples) if not each.left_out]
    rows = []
    for members in arrange([examples[index].size for index in packed], max_length):
        row: list[Segment] = []
        for member in members:
            start = row[-1].start + row[-1].size if row else 0
            row.append(Segment(packed[member], start, examples[packed[member]].size))
        rows.append(row)
    return sorted(rows, key=len, reverse=True)
