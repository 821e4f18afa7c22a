"""What every `ask_*.py` shares: the questions, the command line, and the line of JSON that `run.py` reads.

Only the standard library, because it runs in each peer's own environment.
"""

from __future__ import annotations

import importlib.metadata
import json
import resource
import sys
import time
from collections.abc import Callable


def prompts(count: int) -> list[str]:
    """The questions, all different, so that no cache answers."""
    return [
        f"Dialogue {number}: the user says that it rains. Write one friendly sentence about the weather."
        for number in range(count)
    ]


def report(package: str, ask: Callable[[str, list[str], int], int]) -> None:
    """Time `ask(url, prompts, in_flight) -> answers received`, and print the result.

    Raises:
        SystemExit: Fewer answers came than questions were asked.
    """
    url, count, in_flight = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    begun = time.perf_counter()
    received = ask(url, prompts(count), in_flight)
    seconds = time.perf_counter() - begun
    if received < count:
        sys.exit(f"{received} answers to {count} questions")
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    result = {"seconds": seconds, "peak_mb": peak / 1024, "version": _version(package)}
    sys.stdout.write("\n" + json.dumps(result) + "\n")


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed, run from source"
