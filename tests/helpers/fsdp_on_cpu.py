"""ACT in the small world with its weights spread over processes without a GPU.

accelerate launch --config_file recipes/accelerate/fsdp.yaml --num_processes 2 … SCRIPT MODEL OUT full|lora|uneven

accelerate switches FSDP on for accelerators only, so the processes say that they have one.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from accelerate.state import PartialState
from accelerate.utils import DistributedType
from toy_act import act_options, toy_roller
from toy_pairs import toy_pairs

from duologue.training.act import train_act

_set_up = PartialState.__init__


def _as_on_an_accelerator(self: PartialState, *args: Any, **options: Any) -> None:
    _set_up(self, *args, **options)
    if self.distributed_type == DistributedType.MULTI_CPU:
        self.distributed_type = DistributedType.MULTI_XPU  # the device stays the CPU


def look(model: Any) -> None:
    """Write down how many parts of the model are spread, as this process sees it."""
    from torch.distributed.fsdp import FSDPModule

    parts = sum(isinstance(module, FSDPModule) for module in model.modules())
    Path(sys.argv[2]).with_suffix(f".{os.environ['RANK']}.json").write_text(json.dumps({"parts": parts}))


if __name__ == "__main__":
    PartialState.__init__ = _as_on_an_accelerator
    os.environ["ACCELERATE_USE_CPU"] = "true"
    full = {"lora": None, "learning_rate": 1e-3} if sys.argv[3] == "full" else {}
    chosen = act_options(4, batch_size=2, group_by_length=False, **full)
    with toy_roller(chosen.sampling, asks=sys.argv[3] != "uneven" or os.environ["RANK"] == "0") as roll:

        def watched(model: Any, *rest: Any) -> Any:
            look(model)
            return roll(model, *rest)

        train_act(toy_pairs(), watched, model=sys.argv[1], out=sys.argv[2], options=chosen)
