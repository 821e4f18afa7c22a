"""A process with little memory left: torch's allocator fails in earnest, as it does on a machine that is too small.

python tests/helpers/short_of_memory.py train MODEL OUT MEGABYTES BATCH
python tests/helpers/short_of_memory.py answer MODEL OUT MEGABYTES BATCH

The limit is on what the process may allocate beyond what it holds when everything is imported (RLIMIT_DATA; Linux).
"""

from __future__ import annotations

import json
import resource
import sys
from importlib import import_module
from pathlib import Path

import torch
from toy_task import encode, options

from duologue.training import LoRA
from duologue.training.sft import train_sft


def leave(megabytes: int) -> None:
    """Let the process allocate so many megabytes more."""
    held = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmData"))
    limit = int(held.split()[1]) * 1024 + megabytes * 1_000_000
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def train(model: str, out: Path, megabytes: int, batch: int) -> None:
    """Train on examples of up to some 200 tokens."""
    for name in ("peft", "trl", "duologue.training.trainer"):
        import_module(name)
    torch.ones(8, requires_grad=True).sum().backward()  # starts autograd's threads
    if megabytes:
        leave(megabytes)
    whole = {"precision": "fp32", "group_by_length": False, "lora": LoRA(r=4)}  # dropout would depend on the batches
    settings = options(2, batch_size=batch, log_steps=1, find_batch_size=True, **whole)
    train_sft(encode(2 * batch, longest=20), model=f"hf:{model}", out=out, options=settings)


def answer(model: str, out: Path, megabytes: int, batch: int) -> None:
    """Ask for answers to so many prompts at once, through the command's own flags."""
    import asyncio

    from duologue.cli.model_flags import ModelFlags
    from duologue.models import Request

    flags = ModelFlags(model=[f"hf:{model}"], device="cpu", dtype="float32", find_batch_size=True)

    async def ask() -> None:
        async with flags.open_desk(("system",), None) as desk:
            local = desk.models["system"]
            await local.ready()
            if megabytes:
                leave(megabytes)
            asked = [Request(f"{number} a cheap hotel" * 8, max_tokens=24, temperature=0) for number in range(batch)]
            replies = await asyncio.gather(*(desk.complete("system", request) for request in asked))
            answers = [reply.text for reply in replies]
            out.write_text(json.dumps({"largest": local.largest_batch, "answers": answers}))

    asyncio.run(ask())


if __name__ == "__main__":
    what, model, out, megabytes, batch = sys.argv[1:]
    (train if what == "train" else answer)(model, Path(out), int(megabytes), int(batch))
