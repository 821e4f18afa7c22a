"""The training loop: packed batches, one schedule, checkpoints from which a killed run goes on.

The budget is counted in tokens, because the speed of shared cores is not to be relied on; a deadline, where one is
given, hastens the schedule so that the learning rate has come down by then.

    progress = resume(network, adam, folder); train(network, stream.next, folder=folder, plan=Plan(tokens=30_000_000), …)
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from scripts.tiny.drills import drill
from scripts.tiny.network import Network, block_mask
from scripts.tiny.packing import Batch
from scripts.tiny.workers import Workers

log = logging.getLogger("tiny")


@dataclass(frozen=True)
class Plan:
    """How long and how fast to learn.

    Attributes:
        tokens: the budget.
        deadline: Unix time by which the schedule is to be over; None for none.
        rate: peak learning rate; it rises over the first two in a hundred and falls linearly to a fiftieth.
        circuit: share of it for the query and key weights of the copying layers, which begin as they should end.
        drills: share of drill lines in the first batches and in the last.
        checkpoint: seconds between checkpoints.
        probe: tokens between two measurements.
        compile: compile the step (minutes at first, then a quarter faster).
    """

    tokens: int
    deadline: float | None = None
    rate: float = 2e-3
    circuit: float = 0.2
    drills: tuple[float, float] = (0.125, 0.05)
    checkpoint: float = 150.0
    probe: int = 1_000_000
    compile: bool = True


@dataclass
class Progress:
    """Where a run stands; saved beside its weights."""

    step: int = 0
    tokens: int = 0
    chunk: int = 0
    seconds: float = 0.0
    done: float = 0.0
    curve: list[dict[str, Any]] = field(default_factory=list)


def optimiser(network: Network, plan: Plan) -> torch.optim.AdamW:
    """AdamW in three groups: the copying circuit's queries and keys, other matrices (decayed), norms."""
    circuit, matrices, norms = [], [], []
    for name, parameter in network.named_parameters():
        early = name.startswith(("model.layers.0.self_attn", "model.layers.1.self_attn"))
        if parameter.dim() == 1:
            norms.append(parameter)
        elif early and ("q_proj" in name or "k_proj" in name):
            circuit.append(parameter)
        else:
            matrices.append(parameter)
    groups = [
        {"params": circuit, "share": plan.circuit, "weight_decay": 0.0},
        {"params": matrices, "share": 1.0, "weight_decay": 0.1},
        {"params": norms, "share": 1.0, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=plan.rate, betas=(0.9, 0.95), fused=True)


def rate_at(plan: Plan, done: float) -> float:
    """Learning rate when the share `done` of the run lies behind."""
    rise = min(1.0, (done + 1e-4) / 0.02)
    return plan.rate * rise * (1 - 0.98 * min(1.0, done))


def train(
    network: Network,
    next_batch: Callable[[], tuple[int, Batch]],
    *,
    folder: Path,
    plan: Plan,
    workers: Workers,
    probe: Callable[[Network], dict[str, Any]],
    vocabulary: tuple[int, int],
    end: int,
    progress: Progress,
    adam: torch.optim.AdamW,
    seed: int = 0,
) -> Progress:
    """Train until the budget is spent. Every worker runs this; the first one measures, saves and decides.

    Args:
        network: the weights, the same in all workers.
        next_batch: (chunk number, batch) of the stream that the workers share.
        folder: where checkpoints and the curve go.
        plan: budget, rates, intervals.
        workers: who else trains.
        probe: held-out figures of a network.
        vocabulary: first and one past the last ordinary token, for drills.
        end: the end token, for drills.
        progress: where the run stands.
        adam: its optimiser.
        seed: seed of the drills.
    """
    step_loss = torch.compile(network.losses, dynamic=False) if plan.compile else network.losses
    began, earlier = time.time(), progress.seconds
    saved = spoken = last = time.time()
    total, counted, since = 0.0, 0.0, progress.tokens
    while progress.done < 1.0:
        chunk, batch = next_batch()
        progress.chunk = max(progress.chunk, chunk)
        share = plan.drills[0] + (plan.drills[1] - plan.drills[0]) * progress.done
        rng = np.random.default_rng((seed, progress.step, workers.rank))
        batch = with_drills(batch, share, rng, vocabulary, end)
        for group in adam.param_groups:
            group["lr"] = rate_at(plan, progress.done) * group["share"]
        loss, weight = backward(network, step_loss, batch)
        here = _done(plan, progress, time.time() - last)
        last = time.time()
        loss, weight, tokens, done = workers.sum_gradients(network, loss, weight, batch.tokens.size, here)
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        adam.step()
        adam.zero_grad()
        before = progress.tokens
        progress.step += 1
        progress.tokens += tokens
        progress.seconds = earlier + time.time() - began
        progress.done = max(done, progress.tokens / plan.tokens)
        total, counted = total + loss, counted + weight
        if workers.rank > 0:
            continue
        if time.time() - spoken > 20:
            log.info(
                "step %d  %.2f M tokens  loss %.3f  %.0f tokens/s  rate %.1e  %.1f %% done",
                progress.step, progress.tokens / 1e6, total / counted,
                (progress.tokens - since) / (time.time() - spoken),
                adam.param_groups[1]["lr"], 100 * progress.done,
            )  # fmt: skip
            total, counted, since, spoken = 0.0, 0.0, progress.tokens, time.time()
        if progress.tokens // plan.probe > before // plan.probe or progress.done >= 1.0:
            figures = probe(network)
            at = {"tokens": progress.tokens, "seconds": round(progress.seconds, 1)}
            progress.curve.append(at | figures)
            log.info("%.2f M tokens: %s", progress.tokens / 1e6, json.dumps(figures))
        if time.time() - saved > plan.checkpoint or progress.done >= 1.0:
            save_checkpoint(network, adam, progress, folder)
            saved = time.time()
    return progress


def _done(plan: Plan, progress: Progress, passed: float) -> float:
    """Share of the run that lies behind after `passed` seconds since the last step."""
    done = progress.tokens / plan.tokens
    if plan.deadline is not None:
        left = max(plan.deadline - time.time(), 0.0) + passed
        # from here to the deadline the rest of the schedule passes evenly
        done = max(done, progress.done + (1 - progress.done) * passed / max(left, 1e-9))
    return min(done, 1.0)


def with_drills(
    batch: Batch, share: float, rng: np.random.Generator, vocabulary: tuple[int, int], end: int
) -> Batch:
    """The batch with some of its lines replaced by drills with periods of 24 and more."""
    lines = rng.binomial(len(batch.tokens), share)
    tokens, weights, segments = batch.tokens.copy(), batch.weights.copy(), batch.segments.copy()
    for line in rng.choice(len(tokens), size=lines, replace=False):
        tokens[line], weights[line] = drill(
            rng, length=tokens.shape[1], vocabulary=vocabulary, end=end, shortest=24
        )
        weights[line] *= 0.5
        segments[line] = 0
    return Batch(tokens, weights, segments)


def backward(
    network: Network, step_loss: Callable[..., Tensor], batch: Batch
) -> tuple[float, float]:
    """Gradients of the summed weighted loss; returns that sum and the sum of the weights."""
    tokens, weights = torch.from_numpy(batch.tokens), torch.from_numpy(batch.weights)
    targets = torch.roll(tokens, -1, dims=1)
    weights = torch.roll(weights, -1, dims=1)
    weights[:, -1] = 0.0
    mask = block_mask(torch.from_numpy(batch.segments))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        losses = step_loss(tokens, targets, mask)
    loss = (losses * weights.flatten()).sum()
    loss.backward()
    return float(loss), float(weights.sum())


def save_checkpoint(network: Network, adam: torch.optim.AdamW, progress: Progress, folder: Path) -> None:
    """Weights, moments and progress, each written beside and moved into place."""
    tensors = {name: value.contiguous() for name, value in network.state_dict().items()}
    for name, parameter in network.named_parameters():
        for key, value in adam.state.get(parameter, {}).items():
            tensors[f"adam.{key}.{name}"] = value.contiguous() if value.dim() else value.reshape(1)
    save_file(tensors, folder / "checkpoint.part")
    (folder / "progress.part").write_text(json.dumps(asdict(progress)), encoding="utf-8")
    (folder / "checkpoint.part").replace(folder / "checkpoint.safetensors")
    (folder / "progress.part").replace(folder / "progress.json")


def resume(network: Network, adam: torch.optim.AdamW, folder: Path) -> Progress:
    """Take up the checkpoint of `folder`, where there is one."""
    if not (folder / "progress.json").exists():
        return Progress()
    tensors = load_file(folder / "checkpoint.safetensors")
    network.load_state_dict({k: v for k, v in tensors.items() if not k.startswith("adam.")})
    for name, parameter in network.named_parameters():
        state = {
            key: tensors[f"adam.{key}.{name}"]
            for key in ("step", "exp_avg", "exp_avg_sq")
            if f"adam.{key}.{name}" in tensors
        }
        if state:
            state["step"] = state["step"].reshape(())
            adam.state[parameter] = state
    progress = Progress(**json.loads((folder / "progress.json").read_text(encoding="utf-8")))
    progress.chunk += 1  # the rest of the chunk is skipped
    log.info("goes on at step %d, %.2f M tokens", progress.step, progress.tokens / 1e6)
    return progress
