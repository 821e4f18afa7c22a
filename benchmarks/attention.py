"""Claim: the attention of a reply costs a tenth of the memory and a third of the time of generating with attentions.

GPT-2 small (12 layers, 12 heads) with random weights, a prompt of 1,500 tokens and a reply of 100. On the one side the
published way: `generate(output_attentions=True)`, greedy, then for every token and layer the mean over heads, the first
key set to zero, renormalised, the mean over layers. On the other side ours: read prompt and reply in one pass, which
reduces rows inside each layer. Ours is given the reply that the other side generated, so the values are the same, to
1e-5. Each side runs in a fresh process on one thread, several times; its memory is the highest point of its own
(anonymous) pages above the loaded model, its time the processor's, which other work on the machine does not change.
Generating without attentions is timed beside it: who has no reply yet pays for it as well. Then our memory at 2,000 to
16,000 tokens, with two layers, since a layer's memory is free before the next one begins: twice the context is at most
twice the memory.

    python benchmarks/attention.py                  # memory <= 1/10, time <= 1/3
    python benchmarks/attention.py --layers 4 --prompt 300 --reply 20 --contexts 1000 2000
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import importlib.metadata
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import torch

_STATUS = Path("/proc/self/status")
_MIB = 1024  # KiB


def model_of(given: argparse.Namespace, *, eager: bool) -> Any:
    """The random model; the same weights on either side."""
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    config = GPT2Config(
        n_embd=64 * given.heads,
        n_layer=given.layers,
        n_head=given.heads,
        n_positions=16_384,
        bos_token_id=1,
        eos_token_id=None,
        attn_implementation="eager" if eager else "sdpa",
        initializer_range=0.06,
    )
    return GPT2LMHeadModel(config).eval()


def some_ids(length: int) -> list[int]:
    drawn = torch.randint(2, 8_000, (length,), generator=torch.Generator().manual_seed(1)).tolist()
    return [1, *drawn[1:]]


class Peak:
    """The highest anonymous memory (`RssAnon`) while a block runs, in MiB above what was there when it began.

    Pages of libraries come and go with the rest of the machine, so they are not counted; what a heap has freed is given
    back first, or the block could use it for nothing.
    """

    mib = 0.0

    def __enter__(self) -> Peak:
        gc.collect()
        ctypes.CDLL(None).malloc_trim(0)
        self._before = anonymous()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(0.003):
            self.mib = max(self.mib, anonymous() - self._before)


def anonymous() -> float:
    """MiB of anonymous memory of this process."""
    return next(int(line.split()[1]) for line in _STATUS.read_text().splitlines() if line.startswith("RssAnon")) / _MIB


@torch.inference_mode()
def published(model: Any, ids: list[int], reply: int) -> tuple[list[int], torch.Tensor]:
    """Generate with attentions; rows [R, P + R]."""
    out = generate(model, ids, reply, output_attentions=True)
    rows = torch.zeros(reply, len(ids) + reply)
    for token, layers in enumerate(out.attentions):
        for layer in layers:
            row = layer[0].mean(0)[-1].clone()
            row[0] = 0
            rows[token, : len(ids) + token] += row / row.sum() / len(layers)
    return out.sequences[0, len(ids) :].tolist(), rows


@torch.inference_mode()
def generate(model: Any, ids: list[int], reply: int, *, output_attentions: bool) -> Any:
    return model.generate(
        torch.tensor([ids]),
        attention_mask=torch.ones(1, len(ids), dtype=torch.long),
        max_new_tokens=reply,
        do_sample=False,
        return_dict_in_generate=True,
        output_attentions=output_attentions,
    )


def ours(model: Any, ids: list[int], prompt: int, *, turns: bool = False) -> torch.Tensor:
    """Rows [R, P + R] from one pass, with the sums of a few parts."""
    from duologue.models.attention import Watched
    from duologue.models.attention.teacher_forced import reply_attention

    parts = {"strategy_name": [(20, 25)], "strategy_description": [(26, 50)], "history": [(60, prompt - 10)]}
    between = {"instruction": [(5, 55)], "turn:0": [(60, prompt - 10)], "reply": [(prompt, len(ids))]} if turns else {}
    return reply_attention(model, [Watched(ids, prompt, parts, between)])[0].rows


def side(given: argparse.Namespace) -> dict[str, float]:
    """One side in this process: seconds, and MiB above the loaded model."""
    torch.set_num_threads(1)
    model = model_of(given, eager=given.side == "published")
    prompt = some_ids(given.prompt)
    reply = json.loads(Path(given.file).read_text()) if given.side == "ours" else []
    # what a first call loads and sets up is no part of either
    short = argparse.Namespace(**{**vars(given), "prompt": 60})
    if given.side == "ours":
        ours(model, [*prompt[:60], *reply[:2]], short.prompt)
    else:
        generate(model, prompt[:60], 2, output_attentions=given.side == "published")
    rows = torch.zeros(0)
    with Peak() as peak:
        begun = time.process_time()
        if given.side == "ours":
            rows = ours(model, [*prompt, *reply], given.prompt, turns=given.turns)
        elif given.side == "published":
            tokens, rows = published(model, prompt, given.reply)
            Path(given.file).write_text(json.dumps(tokens))
        else:
            generate(model, prompt, given.reply, output_attentions=False)
        seconds = time.process_time() - begun
    if given.rows:
        torch.save(rows, given.rows)
    return {"seconds": seconds, "mib": peak.mib}


def fresh(given: argparse.Namespace, name: str, file: Path, **options: Any) -> dict[str, float]:
    """Run a side in a process of its own."""
    arguments = {**vars(given), "side": name, "file": file, "rows": "", **options}
    command = [sys.executable, __file__]
    for key in ("side", "file", "rows", "layers", "heads", "prompt", "reply"):
        if arguments[key] != "":
            command += [f"--{key}", str(arguments[key])]
    command += ["--turns"] if arguments["turns"] else []
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    told = f"{name}{', turns' if arguments['turns'] else ''}, prompt of {arguments['prompt']}"
    print(f"{told}: {result['seconds']:.2f} s, {result['mib']:.0f} MiB", file=sys.stderr, flush=True)
    return result


def against_published(given: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Both sides in turn, several rounds: the medians, their ratios, and how far the values are apart."""
    file, kept = folder / "reply.json", {name: folder / f"{name}.pt" for name in ("published", "ours")}
    found: dict[str, list[dict[str, float]]] = {name: [] for name in ("published", "ours", "turns", "generate")}
    for _ in range(given.rounds):
        found["published"].append(fresh(given, "published", file, rows=kept["published"]))
        found["ours"].append(fresh(given, "ours", file, rows=kept["ours"]))
        found["turns"].append(fresh(given, "ours", file, turns=True))
        found["generate"].append(fresh(given, "generate", file))
    medians = {
        name: {key: statistics.median(run[key] for run in runs) for key in ("seconds", "mib")}
        for name, runs in found.items()
    }
    apart = (torch.load(kept["published"]) - torch.load(kept["ours"])).abs().max().item()
    both = medians["generate"]["seconds"] + medians["ours"]["seconds"]
    return {
        "medians": medians,
        "memory_ratio": medians["ours"]["mib"] / medians["published"]["mib"],
        "time_ratio": medians["ours"]["seconds"] / medians["published"]["seconds"],
        "time_ratio_with_generating": both / medians["published"]["seconds"],
        "largest_difference": apart,
    }


def by_context(given: argparse.Namespace, folder: Path) -> list[dict[str, float]]:
    """Our memory and time as the context grows."""
    file = folder / "reply.json"
    file.write_text(json.dumps(some_ids(given.reply)))
    rows = []
    for tokens in given.contexts:
        found = fresh(given, "ours", file, prompt=tokens - given.reply, layers=given.context_layers)
        rows.append({"tokens": tokens, **found, "mib_per_1000_tokens": found["mib"] / tokens * 1000})
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--heads", type=int, default=12)
    parser.add_argument("--prompt", type=int, default=1_500)
    parser.add_argument("--reply", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--contexts", type=int, nargs="*", default=[2_000, 4_000, 8_000, 16_000])
    parser.add_argument("--context-layers", type=int, default=2, help="a layer's memory is free before the next one's")
    for name in ("--side", "--file", "--rows"):
        parser.add_argument(name, default="", help=argparse.SUPPRESS)
    parser.add_argument("--turns", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.side:
        print(json.dumps(side(given)))
        return
    with tempfile.TemporaryDirectory() as name:
        compared = against_published(given, Path(name))
        grown = by_context(given, Path(name))
    for what, result in compared["medians"].items():
        print(f"{what:10} {result['seconds']:7.2f} s {result['mib']:8.0f} MiB above the model")
    print(
        f"memory {compared['memory_ratio']:.3f} (target 0.1)   time {compared['time_ratio']:.3f} (target 0.333)   "
        f"time with generating {compared['time_ratio_with_generating']:.3f}   "
        f"largest difference {compared['largest_difference']:.1e}"
    )
    for row in grown:
        print(
            f"{row['tokens']:6} tokens {row['mib']:7.0f} MiB {row['mib_per_1000_tokens']:6.1f} per 1,000 "
            f"{row['seconds']:7.1f} s"
        )
    print(
        json.dumps(
            {
                "benchmark": "attention",
                "compared": compared,
                "by_context": grown,
                "settings": {
                    key: value for key, value in vars(given).items() if key not in ("side", "file", "rows", "turns")
                },
                "python": platform.python_version(),
                "versions": {name: importlib.metadata.version(name) for name in ("torch", "transformers")},
            }
        )
    )


if __name__ == "__main__":
    main()
