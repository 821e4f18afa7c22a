"""The largest batch that fits the memory, found by trying: a step's examples at once, then half of them, and so on.

The examples of a step stay the same, so the training does: what a batch loses, accumulation gains.

    with_largest_batch(train, options, folder)
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from duologue.errors import InputError
from duologue.models.out_of_memory import free_memory, is_out_of_memory
from duologue.training.options import SFTOptions

logger = logging.getLogger("duologue")
Result = TypeVar("Result")


def with_largest_batch(
    attempt: Callable[[SFTOptions], Result], options: SFTOptions, checkpoints: Path, *, known: int | None = None
) -> Result:
    """Try until the memory holds it.

    Args:
        attempt: trains with `batch_size` and `accumulate` as they are then.
        options: the given ones; `batch_size * accumulate` examples make a step.
        checkpoints: their folder; those of a try that failed are removed, since other batches go another way.
        known: the size that an earlier, stopped training of this folder had come to.

    Raises:
        InputError: not even one example fits, or several processes would have to agree.
    """
    from accelerate import PartialState

    if PartialState().num_processes > 1:
        raise InputError(
            "several processes cannot look for a batch size",
            where="--find-batch-size",
            mend="find it with one process, then give --batch-size",
        )
    effective = options.batch_size * options.accumulate
    size = known or effective
    while True:
        fitted = options.model_copy(update={"batch_size": size, "accumulate": max(1, round(effective / size))})
        try:
            return attempt(fitted)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            if size == 1:
                raise InputError(
                    "not even one example at a time fits the memory",
                    where="--find-batch-size",
                    mend="shorten --max-length, or use --gradient-checkpointing or --bits 4",
                ) from error
        free_memory()  # outside of the except clause, whose traceback would hold it
        shutil.rmtree(checkpoints, ignore_errors=True)
        size //= 2
        logger.warning("out of memory; batches of %d, %d to a step", size, max(1, round(effective / size)))
