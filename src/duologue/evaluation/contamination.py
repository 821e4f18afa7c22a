"""Contamination: do runs of words of a test set stand in conversations?

    tests = HeldOutRuns.of({"emotion": ["a line of the test set", …]})
    score = score_contamination(dialogues, tests)
    score.figures["grown"], score.rows[0].run

As in GPT-3 (Brown et al. 2020, appendix C): words in lower case without punctuation; a run is as long as the 5th
percentile of the test texts' lengths, at least 8 and at most 13 words. A test text that is shorter than a run counts
whole, from five words on; shorter ones are left out, since everybody says them. Runs do not cross messages.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec
import numpy as np

from duologue.dialogue import Dialogue
from duologue.evaluation.bootstrap import Figure
from duologue.evaluation.estimate import Part, over_rows
from duologue.evaluation.grown import by_id
from duologue.measures.words import words

SHORTEST, LONGEST, LEAST_WHOLE = 8, 13, 5


class Source(NamedTuple):
    """Where a run stands in the test sets: the set, and the number of the text from 1."""

    test_set: str
    text: int


class HeldOutRuns(NamedTuple):
    """The runs of test sets.

    Attributes:
        run: words in a run.
        runs: each run, or each shorter text as a whole, and where it stands first.
        texts: how many texts there are.
        left_out: how many of them are too short.
    """

    run: int
    runs: dict[tuple[str, ...], Source]
    texts: int
    left_out: int

    @classmethod
    def of(cls, sets: Mapping[str, Iterable[str]], run: int | None = None) -> HeldOutRuns:
        """Collect the runs of named test sets.

        Args:
            sets: name -> texts.
            run: words in a run; by default as the module says.
        """
        told = [(Source(name, at), words(text)) for name, own in sets.items() for at, text in enumerate(own, 1)]
        size = run or _length([len(said) for _, said in told])
        runs: dict[tuple[str, ...], Source] = {}
        left_out = 0
        for source, said in told:
            if len(said) < min(size, LEAST_WHOLE):
                left_out += 1
                continue
            for each in _runs(said, min(size, len(said))):
                runs.setdefault(each, source)
        return cls(size, runs, len(told), left_out)


class ContaminationRow(msgspec.Struct, frozen=True):
    """A message of a conversation that holds a run of the test sets: the first such run, and where it stands there."""

    id: str
    turn: int
    run: str
    test_set: str
    text: int


class ContaminationScore(msgspec.Struct, frozen=True):
    """How much of the test sets stands in conversations.

    Attributes:
        conversations: how many were looked at.
        run: words in a run.
        test_texts: how many there are.
        left_out: how many of them are too short to tell.
        figures: percent of the conversations with a run: `conversations` in any message, `grown` in one after the
            first, which is the seed.
        rows: one per message with a run, in order of id.
    """

    conversations: int
    run: int
    test_texts: int
    left_out: int
    figures: dict[str, Figure]
    rows: list[ContaminationRow]


_FIGURES = {
    "conversations": Part(lambda found: bool(found)),
    "grown": Part(lambda found: any(row.turn > 0 for row in found)),
}


def score_contamination(dialogues: Iterable[Dialogue], tests: HeldOutRuns, *, seed: int = 0) -> ContaminationScore:
    """Look for the runs of test sets.

    Args:
        dialogues: conversations.
        tests: what must not stand in them.
        seed: of the bootstrap.
    """
    sizes = sorted({len(run) for run in tests.runs}, reverse=True)
    found = [_found(dialogue, tests, sizes) for dialogue in by_id(dialogues)]
    return ContaminationScore(
        conversations=len(found),
        run=tests.run,
        test_texts=tests.texts,
        left_out=tests.left_out,
        figures={name: each.figure() for name, each in over_rows(found, _FIGURES, seed=seed).items()},
        rows=[row for rows in found for row in rows],
    )


def _found(dialogue: Dialogue, tests: HeldOutRuns, sizes: list[int]) -> list[ContaminationRow]:
    rows = []
    for at, turn in enumerate(dialogue.turns):
        said = words(turn.said)
        for run in (run for size in sizes for run in _runs(said, size) if run in tests.runs):
            source = tests.runs[run]
            rows.append(ContaminationRow(dialogue.id, at, " ".join(run), source.test_set, source.text))
            break
    return rows


def _runs(said: list[str], size: int) -> Iterable[tuple[str, ...]]:
    return (tuple(said[start : start + size]) for start in range(len(said) - size + 1))


def _length(lengths: list[int]) -> int:
    if not lengths:
        return LONGEST
    return int(min(LONGEST, max(SHORTEST, np.percentile(lengths, 5))))
