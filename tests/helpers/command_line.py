"""The command line as a user meets it: arguments in, exit status out."""

from __future__ import annotations

import pytest

from duologue.cli.main import run


def duologue(*arguments: object) -> int:
    """Run a command in this process; what it prints is for `capsys`."""
    with pytest.raises(SystemExit) as ended:
        run([str(argument) for argument in arguments])
    assert isinstance(ended.value.code, int)
    return ended.value.code
