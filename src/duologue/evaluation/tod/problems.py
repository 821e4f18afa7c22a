"""What does not fit between predictions and references: counted in full, listed up to a limit.

problems = Problems()
problems.add("too few turns", "dialogue mul0001: 6 of 8 system turns have a prediction")
"""

from __future__ import annotations

from collections import Counter

_LISTED = 1000


class Problems:
    """Problems by kind.

    Attributes:
        counts: kind -> how often.
        lines: the first thousand, each with its place.
    """

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.lines: list[str] = []

    def add(self, kind: str, line: str) -> None:
        """Count a problem, and list it while there is room."""
        self.counts[kind] += 1
        if len(self.lines) < _LISTED:
            self.lines.append(f"{kind}: {line}")
