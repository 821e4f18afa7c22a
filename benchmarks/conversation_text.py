r"""Reading conversations as models write them: how the time grows with the text, and the speed beside one `re.sub`.

Claim: four times the text takes about four times as long, be it ordinary talk or one of the tests' hard inputs, which
quadratic work would make sixteen times as long. The speed is characters a second, as a share of those of
`re.sub(r"\s+", " ", text)` over ordinary talk in the same run.

    python benchmarks/conversation_text.py [--characters 25000] [--runs 3]

Ordinary talk is conversations of the `seeds` world, one after the other. A hard input is a stretch of text over and
over, at the start of the text, within a message and within a quoted message; the slowest of the three is shown.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Callable
from functools import partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from duologue.corpora.conversation_text import parse_conversation
from duologue.corpora.worlds.seeds import sample

sys.path.insert(0, str(Path(__file__).parents[1] / "tests/helpers"))
from conversation_strategies import HARD, OPENINGS, SPEAKERS

GROWTH = 4


class Growth(NamedTuple):
    """Seconds for a text, and how many times as long one takes that is GROWTH times as long."""

    seconds: float
    times: float


def talk(characters: int) -> str:
    """So many characters of ordinary conversations."""
    names = {"user": "User", "system": "SocBot"}
    conversations = (item.conversation() for item in sample(characters, 1, "train"))
    lines = (f"{names[turn.speaker]}: {turn.text}\n\n" for each in conversations for turn in each.turns)
    return "".join(islice(lines, characters // 20))[:characters]


def hard(opening: str, piece: str, characters: int) -> str:
    """About so many characters of one piece, over and over."""
    return opening + piece * (characters // len(piece))


def parse(text: str) -> None:
    parse_conversation(text, speakers=SPEAKERS, truncated=True, seed="the moon")


def seconds(work: Callable[[str], object], text: str, runs: int) -> float:
    """The shortest of some runs, processor time."""
    times = []
    for _ in range(runs):
        begun = time.process_time()
        work(text)
        times.append(time.process_time() - begun)
    return min(times)


def growth(make: Callable[[int], str], characters: int, runs: int) -> Growth:
    small, large = (seconds(parse, make(size), runs) for size in (characters, GROWTH * characters))
    return Growth(small, large / small)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--characters", type=int, default=25_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    characters, runs = options.characters, options.runs
    base = seconds(lambda text: re.sub(r"\s+", " ", text), talk(characters), runs)

    def show(name: str, found: Growth) -> None:
        speed = characters / found.seconds
        print(f"{name:<32}{found.times:>16.1f} ×{speed / 1000:>14,.0f}{base / found.seconds:>14.4f} ×")

    print(f"{'text':<32}{f'{GROWTH}x the text':>18}{'1000 chars/s':>14}{'of re.sub':>16}")
    show("ordinary talk", growth(talk, characters, runs))
    slowest, steepest = Growth(0, 0), (0.0, "")
    for piece in HARD:
        found = [growth(partial(hard, opening, piece), characters, runs) for opening in OPENINGS]
        show(repr(piece), max(found))
        slowest = max(slowest, *found)
        steepest = max(steepest, (max(each.times for each in found), repr(piece)))
    print(f"{len(HARD)} hard inputs: the slowest is read at {base / slowest.seconds:.4f} × the speed of re.sub,")
    print(f"the steepest ({steepest[1]}) takes {steepest[0]:.1f} × the time for {GROWTH} × the text")


if __name__ == "__main__":
    main()
