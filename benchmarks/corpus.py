"""Reading and writing corpora: speed as ratios, memory as a slope.

Claims: our JSONL is read and written as a stream with memory flat between 10,000 and 100,000 dialogues; validated
reading costs little more than `json.loads` alone and less than `datasets.load_dataset("json")`; a 1 GB native
single-JSON file is read and rewritten in under 300 MB.

    python benchmarks/corpus.py --dialogues 100000 --native-mb 1000
    python benchmarks/corpus.py --dialogues 2000 --native-mb 20       # a quick look

Every measurement runs in a process of its own, so that its peak memory is its own.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from duologue.corpora.multiwoz import v21 as multiwoz21
from duologue.corpora.worlds.tod import sample
from duologue.dialogue import Dialogue, read, write

DISTINCT = 1000


class Measured(NamedTuple):
    """Wall seconds and peak resident memory of one function in a fresh process."""

    seconds: float
    megabytes: float


def dialogues(count: int) -> Iterator[Dialogue]:
    """Dialogues of the `tod` world; after the first DISTINCT they come again under other ids, to save making them."""
    made = [
        multiwoz21.dialogue_from_native(item.id, item.dialogue) for item in sample(min(count, DISTINCT), 1, "train")
    ]
    for number in range(count):
        yield msgspec.structs.replace(made[number % len(made)], id=f"MUL{number:06d}")


def write_ours(path: str, count: int) -> None:
    write(path, dialogues(count))


def rewrite_ours(source: str, target: str) -> None:
    write(target, read(source))


def read_ours(path: str) -> None:
    for _ in read(path):
        pass


def json_loads(path: str) -> None:
    with open(path, "rb") as lines:
        for line in lines:
            json.loads(line)


def load_dataset(path: str, cache: str) -> float:
    import datasets

    datasets.disable_progress_bars()
    start = time.perf_counter()  # without the import, which takes seconds
    for _ in datasets.load_dataset("json", data_files=path, split="train", cache_dir=cache):
        pass
    return time.perf_counter() - start


def read_native(path: str) -> None:
    for _ in multiwoz21.read(path):
        pass


def rewrite_native(source: str, target: str) -> None:
    multiwoz21.write(target, multiwoz21.read(source))


def write_native(path: str, megabytes: int) -> None:
    """A native file of about this size, written as a stream."""
    multiwoz21.write(path, dialogues(100))
    multiwoz21.write(path, dialogues(megabytes * 100_000_000 // Path(path).stat().st_size))


def measured(function: Callable[..., float | None], *arguments: Any) -> Measured:
    """Run a function in a process of its own; it may return the seconds that count."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(sender, function, arguments))
    process.start()
    sender.close()
    result: Measured = receiver.recv()
    process.join()
    return result


def _run(sender: Any, function: Callable[..., float | None], arguments: tuple[Any, ...]) -> None:
    start = time.perf_counter()
    own = function(*arguments)
    seconds = time.perf_counter() - start if own is None else own
    sender.send(Measured(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


def show(name: str, result: Measured, base: Measured, note: str = "") -> None:
    ratio = result.seconds / base.seconds
    print(f"{name:<44}{result.seconds:>9.2f} s{ratio:>8.2f} ×{result.megabytes:>9.0f} MB  {note}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dialogues", type=int, default=100_000)
    parser.add_argument("--native-mb", type=int, default=1000)
    options = parser.parse_args()
    count, tenth = options.dialogues, max(1, options.dialogues // 10)
    with tempfile.TemporaryDirectory() as folder:
        large, small, copy = (f"{folder}/{name}.jsonl" for name in ("large", "small", "copy"))
        measured(write_ours, large, count)
        measured(write_ours, small, tenth)
        size = Path(large).stat().st_size / 1e6
        print(f"our JSONL: {count:,} dialogues, {size:.0f} MB; × is the time of json.loads on the same lines")
        base = measured(json_loads, large)
        show("json.loads", base, base)
        reading = measured(read_ours, large)
        show("read (validated)", reading, base, f"{count / reading.seconds:,.0f} dialogues/s")
        rewriting = measured(rewrite_ours, large, copy)
        show("read and write", rewriting, base)
        show('datasets.load_dataset("json"), iterated', measured(load_dataset, large, f"{folder}/cache"), base)
        few = measured(rewrite_ours, small, copy)
        slope = (rewriting.megabytes - few.megabytes) / (count - tenth) * 10_000 if count > tenth else 0.0
        print(
            f"peak memory of read and write: {few.megabytes:.1f} MB at {tenth:,}, {rewriting.megabytes:.1f} MB at "
            f"{count:,}: slope {slope:+.3f} MB per 10,000 dialogues"
        )
        native, again = f"{folder}/native.json", f"{folder}/again.json"
        measured(write_native, native, options.native_mb)
        size = Path(native).stat().st_size / 1e6
        print(f"\nnative MultiWOZ 2.1 single JSON of {size:.0f} MB")
        reading = measured(read_native, native)
        show("read", reading, reading, f"{size / reading.seconds:.0f} MB/s")
        show("read and write", measured(rewrite_native, native, again), reading)


if __name__ == "__main__":
    main()
