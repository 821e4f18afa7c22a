"""An X-ray of masks in the terminal: tokens, cuts, packed rows, and a summary."""

from __future__ import annotations

from itertools import groupby
from statistics import median
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from duologue.training.xray import SeenExample, Segment, XRay


def print_xray(seen: XRay, show: int) -> None:
    """Print the first examples token by token, the first packed rows, and what holds for all."""
    console = Console(highlight=False, soft_wrap=True)
    for each in seen.examples[:show]:
        _print_example(console, each, seen.max_length)
    for number, row in enumerate(seen.rows[: max(show, 1)], 1):
        _print_row(console, number, row, seen)
    shares = [100 * each.share for each in seen.examples]
    trained, size = sum(each.trained for each in seen.examples), sum(each.size for each in seen.examples)
    print(f"{len(seen.examples)} examples checked, {sum(bool(each.problems) for each in seen.examples)} with problems")
    spread = f"per example {min(shares):.0f} to {max(shares):.0f} %, median {median(shares):.0f} %"
    print(f"trained: {trained:,} of {size:,} tokens, {100 * trained / max(size, 1):.0f} % ({spread})")
    cut = sum(bool(each.dropped) for each in seen.examples)
    left_out = sum(each.left_out for each in seen.examples)
    print(f"--max-length {seen.max_length}: {cut} examples lost old turns, {left_out} are longer still and left out")
    if seen.rows:
        print(f"--packing: {len(seen.rows)} rows of {seen.max_length} tokens, {100 * seen.fill:.0f} % full")


def _print_example(console: Console, example: SeenExample, max_length: int) -> None:
    """Stretch by stretch; what is trained is green, and headed by + for those who do not see colours."""
    console.print(Text(example.name, style="bold"))
    if example.dropped:
        console.print(Text(f"x cut to fit {max_length} tokens, {len(example.dropped)} turns", style="red"))
        for turn in example.dropped:
            console.print(Text(f"  {turn}", style="dim strike"))
    if example.left_out:
        console.print(Text(f"x left out: {example.size} tokens do not fit {max_length}", style="red"))
    start = 0
    for trained, group in groupby(example.tokens or [], key=lambda token: token.trained):
        pieces = [token.text.replace("\n", "\\n") for token in group]
        head = "+ trained" if trained else "- not trained"
        console.print(Text(f"{head}, {len(pieces)} tokens from {start}", style="dim"))
        console.print(Text("  " + "|".join(pieces), style="green" if trained else ""))
        start += len(pieces)


def _print_row(console: Console, number: int, row: list[Segment], seen: XRay) -> None:
    used = row[-1].start + row[-1].size
    console.print(Text(f"packed row {number}: {used} of {seen.max_length} tokens", style="bold"))
    for segment in row:
        last = segment.start + segment.size - 1
        place = f"  tokens {segment.start} to {last}, positions 0 to {segment.size - 1}: "
        console.print(Text(place + seen.examples[segment.example].name))
