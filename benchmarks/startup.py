"""How long `duologue --help` and `import duologue` take, as a ratio to a bare interpreter (`python -c pass`).

Claim: `duologue --help` under 0.3 s (median, this machine), with neither torch nor transformers imported.

    python benchmarks/startup.py [--runs 9]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time

COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "import duologue": ["-c", "import duologue"],
    "import duologue.cli.main": ["-c", "import duologue.cli.main"],
    "duologue --help": ["-m", "duologue.cli", "--help"],
    "duologue check --help": ["-m", "duologue.cli", "check", "--help"],
}


def seconds(arguments: list[str], runs: int) -> float:
    """Median wall time of a fresh interpreter, after one run to fill the file cache."""
    times = []
    for _ in range(runs + 1):
        start = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    runs = parser.parse_args().runs
    medians = {name: seconds(arguments, runs) for name, arguments in COMMANDS.items()}
    base = medians["python -c pass"]
    print(f"{'command':<28}{'median s':>10}{'× python -c pass':>18}")
    for name, median in medians.items():
        print(f"{name:<28}{median:>10.3f}{median / base:>18.1f}")


if __name__ == "__main__":
    main()
