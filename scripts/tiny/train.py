"""The training loop: packed batches, one schedule, checkpoints from which a killed run goes on.

The budget is counted in tokens, because the speed of shared cores is not to be relied on; a deadline, where one is
given, hastens the schedule so that the learning rate has come down by then.

    progress = resume(network, optimiser, folder)
    train(network, stream.next, folder=folder, plan=Plan(tokens=30_000_000), progress=progress, …)
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
    probe: int = 2_000_000
    compile: bool = True


@dataclass
class Progress:
    """Where a run stands; saved beside its weights.

    `begin` and `goal` are the tokens at which the present schedule began and is to end (0: at the plan's budget).
    """

    step: int = 0
    begin: int = 0
    goal: int = 0
    tokens: int = 0
    chunk: int = 0
    seconds: float = 0.0
    done: float = 0.0
    curve: list[dict[str, Any]] = field(default_factory=list)


class Optimiser:
    """Muon for the matrices, AdamW for embeddings, norms and the copying circuit's queries and keys.

    Muon learns the same from fewer tokens, and tokens are what is dear here. The circuit begins as it should end, so it
    is only touched lightly.
    """

    def __init__(self, network: Network, plan: Plan) -> None:
        circuit, embedding, norms, matrices = [], [], [], []
        for name, parameter in network.named_parameters():
            early = name.startswith(("model.layers.0.self_attn", "model.layers.1.self_attn"))
            if parameter.dim() == 1:
                norms.append(parameter)
            elif early and ("q_proj" in name or "k_proj" in name):
                circuit.append(parameter)
            elif "embed_tokens" in name:
                embedding.append(parameter)
            else:
                matrices.append(parameter)
        groups = [
            {"params": circuit, "share": plan.circuit, "weight_decay": 0.0},
            {"params": embedding, "share": 1.0, "weight_decay": 0.0},
            {"params": norms, "share": 1.0, "weight_decay": 0.0},
        ]
        adam = torch.optim.AdamW(groups, lr=plan.rate, betas=(0.9, 0.95), fused=True)
        muon = torch.optim.Muon(
            [{"params": matrices, "share": 1.0}], lr=plan.rate, weight_decay=0.1, adjust_lr_fn="match_rms_adamw"
        )
        self.parts: list[torch.optim.Optimizer] = [adam, muon]

    def step(self, rate: float) -> None:
        """Apply the gradients at this learning rate and clear them."""
        for part in self.parts:
            for group in part.param_groups:
                group["lr"] = rate * group["share"]
            part.step()
            part.zero_grad()

    def state(self, parameter: Tensor) -> dict[str, Tensor]:
        """The moments of one parameter; to be filled when a run goes on."""
        for part in self.parts:
            if any(parameter is p for group in part.param_groups for p in group["params"]):
                moments: dict[str, Tensor] = part.state[parameter]
                return moments
        raise KeyError("a parameter of another network")


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
    optimiser: Optimiser,
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
        optimiser: its optimiser.
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
        rate = rate_at(plan, progress.done)
        loss, weight = backward(network, step_loss, batch)
        here = _done(plan, progress, time.time() - last)
        last = time.time()
        loss, weight, tokens, done = workers.sum_gradients(network, loss, weight, batch.tokens.size, here)
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step(rate)
        before = progress.tokens
        progress.step += 1
        progress.tokens += tokens
        progress.seconds = earlier + time.time() - began
        progress.done = max(done, _spent(plan, progress))
        total, counted = total + loss, counted + weight
        if workers.rank > 0:
            continue
        if time.time() - spoken > 20:
            log.info(
                "step %d  %.2f M tokens  loss %.3f  %.0f tokens/s  rate %.1e  %.1f %% done",
                progress.step, progress.tokens / 1e6, total / counted,
                (progress.tokens - since) / (time.time() - spoken),
                rate, 100 * progress.done,
            )  # fmt: skip
            total, counted, since, spoken = 0.0, 0.0, progress.tokens, time.time()
        if progress.tokens // plan.probe > before // plan.probe or progress.done >= 1.0:
            figures = probe(network)
            at = {"tokens": progress.tokens, "seconds": round(progress.seconds, 1)}
            progress.curve.append(at | figures)
            log.info("%.2f M tokens: %s", progress.tokens / 1e6, json.dumps(figures))
        if time.time() - saved > plan.checkpoint or progress.done >= 1.0:
            save_checkpoint(network, optimiser, progress, folder)
            saved = time.time()
    return progress


def _done(plan: Plan, progress: Progress, passed: float) -> float:
    """Share of the run that lies behind after `passed` seconds since the last step."""
    done = _spent(plan, progress)
    if plan.deadline is not None:
        left = max(plan.deadline - time.time(), 0.0) + passed
        # from here to the deadline the rest of the schedule passes evenly
        done = max(done, progress.done + (1 - progress.done) * passed / max(left, 1e-9))
    return min(done, 1.0)


def _spent(plan: Plan, progress: Progress) -> float:
    """Share of the present schedule's tokens that are spent."""
    return (progress.tokens - progress.begin) / ((progress.goal or plan.tokens) - progress.begin)


def lengthen(folder: Path, tokens: int) -> None:
    """Give a run that has ended a new schedule over so many more tokens; one that has not goes on with its own."""
    file = folder / "progress.json"
    progress = Progress(**json.loads(file.read_text(encoding="utf-8")))
    if progress.done >= 1.0:
        progress.begin, progress.goal, progress.done = progress.tokens, progress.tokens + tokens, 0.0
        file.write_text(json.dumps(asdict(progress)), encoding="utf-8")


def with_drills(batch: Batch, share: float, rng: np.random.Generator, vocabulary: tuple[int, int], end: int) -> Batch:
    """The batch with some of its lines replaced by drills with periods of 24 and more."""
    lines = rng.binomial(len(batch.tokens), share)
    tokens, weights, segments = batch.tokens.copy(), batch.weights.copy(), batch.segments.copy()
    for line in rng.choice(len(tokens), size=lines, replace=False):
        tokens[line], weights[line] = drill(rng, length=tokens.shape[1], vocabulary=vocabulary, end=end, shortest=24)
        weights[line] *= 0.5
        segments[line] = 0
    return Batch(tokens, weights, segments)


def backward(network: Network, step_loss: Callable[..., Tensor], batch: Batch) -> tuple[float, float]:
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


def save_checkpoint(network: Network, optimiser: Optimiser, progress: Progress, folder: Path) -> None:
    """Weights, moments and progress, each written beside and moved into place."""
    tensors = {name: value.contiguous() for name, value in network.state_dict().items()}
    for name, parameter in network.named_parameters():
        for key, value in optimiser.state(parameter).items():
            tensors[f"moment.{key}.{name}"] = value.contiguous() if value.dim() else value.reshape(1)
    save_file(tensors, folder / "checkpoint.part")
    (folder / "progress.part").write_text(json.dumps(asdict(progress)), encoding="utf-8")
    (folder / "checkpoint.part").replace(folder / "checkpoint.safetensors")
    (folder / "progress.part").replace(folder / "progress.json")


def resume(network: Network, optimiser: Optimiser, folder: Path) -> Progress:
    """Take up the checkpoint of `folder`, where there is one."""
    if not (folder / "progress.json").exists():
        return Progress()
    tensors = load_file(folder / "checkpoint.safetensors")
    network.load_state_dict(weights_of(tensors))
    for name, parameter in network.named_parameters():
        state = optimiser.state(parameter)
        for key in ("step", "exp_avg", "exp_avg_sq", "momentum_buffer"):
            saved = tensors.get(f"moment.{key}.{name}")
            if saved is not None:
                state[key] = saved.reshape(()) if key == "step" else saved
    progress = Progress(**json.loads((folder / "progress.json").read_text(encoding="utf-8")))
    progress.chunk += 1  # the rest of the chunk is skipped
    log.info("goes on at step %d, %.2f M tokens", progress.step, progress.tokens / 1e6)
    return progress


def weights_of(checkpoint: dict[str, Tensor]) -> dict[str, Tensor]:
    """The network's weights in a checkpoint, without the optimiser's moments."""
    return {name: value for name, value in checkpoint.items() if not name.startswith("moment.")}
