"""The model in training as one to decode with: whole on every process, in eval mode, afterwards as it was.

    with whole_model(trainer) as model: answers = decode(model, …)

Where weights are sharded (FSDP, ZeRO-3) all processes must come here together; inside, each decodes as much as it
likes, because no forward pass waits for another process any more. So a process whose states need no simulation does
not keep the others waiting for ever.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def whole_model(trainer: Any) -> Iterator[Any]:
    """Give the model without its wrappers; random numbers go on afterwards as if nobody had looked."""
    import torch
    from trl.models import unwrap_model_for_generation

    model = trainer.accelerator.unwrap_model(trainer.model)
    was_training = model.training
    with (
        unwrap_model_for_generation(trainer.model_wrapped, trainer.accelerator) as whole,
        _unsharded(whole),
        torch.random.fork_rng(),
    ):
        whole.eval()
        try:
            yield whole
        finally:
            whole.train(was_training)


@contextmanager
def _unsharded(model: Any) -> Iterator[None]:
    """FSDP 2: all parameters gathered, and kept so from one forward pass to the next."""
    from torch.distributed.fsdp import FSDPModule

    shards = [module for module in model.modules() if isinstance(module, FSDPModule)]
    for shard in shards:
        shard.set_reshard_after_forward(False, recurse=False)
        shard.unshard()
    try:
        yield
    finally:
        for shard in shards:
            shard.reshard()
            shard.set_reshard_after_forward(True, recurse=False)
