"""Claim: the desk asks faster, and in less memory, than the toolkits people use for the same job.

Each peer gets a virtual environment of its own (build/peers/NAME, installed once) and asks the same server
process the same questions, one sentence each; the time is around its own call, installation and imports
apart.

    python benchmarks/peers/run.py                            # 50 ms latency, 32 in flight, 2,000 questions
    python benchmarks/peers/run.py --only curator distilabel --requests 500

A peer that does not install or run is reported with the reason, not left out. What each does beyond asking
(validation, tables, caches) is part of its time, as the ledger is of ours.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import urllib.request
import venv
from pathlib import Path
from typing import Any

from fixed_latency_server import running

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PEERS = {
    "curator": ["bespokelabs-curator"],
    "data_designer": ["data-designer"],
    "distilabel": ["distilabel[openai]", "requests"],
    "sdialog": ["sdialog"],
}


def environment(name: str, packages: list[str]) -> Path:
    """Return the Python of a peer's environment; make it if need be."""
    folder = ROOT / "build" / "peers" / name
    python = folder / "bin" / "python"
    if not (folder / "installed").exists():
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", *packages], check=True, capture_output=True, text=True
        )
        (folder / "installed").touch()
    return python


def measure(name: str, python: Path, given: argparse.Namespace) -> dict[str, Any]:
    """Run one script against a fresh server; return what it measured and what the server saw."""
    with running(given.latency) as url:
        command = [str(python), str(HERE / f"ask_{name}.py"), url, str(given.requests), str(given.in_flight)]
        run = subprocess.run(command, capture_output=True, text=True, timeout=given.timeout)
        if run.returncode:
            raise RuntimeError((run.stderr.strip() or "no message").splitlines()[-1])
        result: dict[str, Any] = json.loads(run.stdout.strip().splitlines()[-1])
        with urllib.request.urlopen(url.removesuffix("/v1") + "/stats") as stats:
            seen = json.load(stats)
    return result | {"asked": seen["asked"], "peak_in_flight": seen["peak"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--in-flight", type=int, default=32)
    parser.add_argument("--latency", type=float, default=0.05, help="seconds")
    parser.add_argument("--timeout", type=float, default=600, help="seconds for one peer")
    parser.add_argument("--only", nargs="*", choices=list(PEERS), default=list(PEERS))
    given = parser.parse_args()

    ours = measure("duologue", Path(sys.executable), given)
    results: dict[str, dict[str, Any]] = {"duologue": ours}
    for name in given.only:
        try:
            results[name] = measure(name, environment(name, PEERS[name]), given)
        except subprocess.CalledProcessError as error:
            results[name] = {"failed": f"not installed: {(error.stderr or '').strip().splitlines()[-1:]}"}
        except (RuntimeError, subprocess.TimeoutExpired, json.JSONDecodeError, IndexError) as error:
            results[name] = {"failed": str(error)}

    ideal = -(-given.requests // given.in_flight) * given.latency
    print(f"{'':14} {'seconds':>8} {'of ideal':>9} {'ours is':>9} {'peak in flight':>15} {'peak MB':>8}  version")
    for name, result in results.items():
        if "failed" in result:
            print(f"{name:14} {result['failed']}")
            continue
        result["ratio"] = result["seconds"] / result["asked"] / (ours["seconds"] / ours["asked"])
        print(
            f"{name:14} {result['seconds']:8.2f} {ideal / result['seconds'] * result['asked'] / given.requests:9.3f}"
            f" {result['ratio']:8.2f}x {result['peak_in_flight']:15} {result['peak_mb']:8.0f}  {result['version']}"
        )
    print(json.dumps({"benchmark": "peers", "results": results, "settings": vars(given)}))


if __name__ == "__main__":
    main()
