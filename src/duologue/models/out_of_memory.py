"""What it looks like when the memory is used up, on the CPU and on a GPU.

try: answer(batch)
except Exception as error:
    if not is_out_of_memory(error): raise
"""

from __future__ import annotations

_SIGNS = ("out of memory", "can't allocate memory", "cannot allocate memory", "bad allocation", "std::bad_alloc")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that there was no memory left.

    A GPU raises `torch.OutOfMemoryError`; the CPU's allocator a plain `RuntimeError` that only its text tells.
    """
    if isinstance(error, MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error).lower() for sign in _SIGNS)


def free_memory() -> None:
    """Give back what a failed try left: objects in cycles, and what torch keeps for later."""
    import gc

    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
