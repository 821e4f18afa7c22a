"""`duologue synthesize OPERATOR SRC`: run an operator over a corpus.

duologue synthesize interference val.json --format multiwoz21 --situations vaild.json --model tiny --out runs/val
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated, Any

from cyclopts import App, Parameter

from duologue.cli.model_flags import ModelFlags
from duologue.cli.run_operator import RunFlags, run_operator
from duologue.operators.catalogue import operators
from duologue.operators.operator import Operator

synthesize = App(
    name="synthesize",
    help="Run an operator over a corpus.",
    result_action="return_value",
    suppress_keyboard_interrupt=False,
)


def _command(operator: Operator) -> Callable[..., int]:
    def command(source: str, /, *, flags: Any, models: Any = None, options: Any = None) -> int:
        job = run_operator(operator, source, flags, models or ModelFlags(), options or operator.options())
        try:
            return asyncio.run(job)
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None

    # The options of every operator are its own, so the signature is put together here.
    command.__annotations__ = {
        "source": Annotated[str, Parameter(help="The corpus.")],
        "flags": RunFlags,
        "models": ModelFlags | None,
        "options": Annotated[operator.options | None, Parameter(name="*")],
        "return": int,
    }
    return command


for _operator in operators().values():
    _doc = (_operator.run.__doc__ or "").splitlines()[0]
    synthesize.command(_command(_operator), name=_operator.name, help=_doc)
