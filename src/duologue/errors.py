"""The errors a user can mend, each told in one line: what, where, the mend.

Everything Duologue raises on purpose is a `DuologueError`; the command line prints its one line and exits
with `exit_status` (DESIGN §7: 1 finished with problems, 2 unusable input or arguments).

    raise InputError("span ends after its text", where="val.json, dialogue MUL0001, turn 3, span_info[0]",
                     mend="give character offsets inside the text, end exclusive")
"""

from __future__ import annotations

from typing import Any


class DuologueError(Exception):
    """An error with a place and a mend; `str()` is the one line a user sees."""

    exit_status = 1

    def __init__(self, what: str, *, where: str = "", mend: str = "") -> None:
        self.what = what
        self.where = where
        self.mend = mend
        super().__init__(what)

    def __str__(self) -> str:
        line = f"{self.where}: {self.what}" if self.where else self.what
        line = f"{line}; {self.mend}" if self.mend else line
        return " ".join(line.split())


class InputError(DuologueError):
    """Input or arguments that cannot be used as they are: exit status 2."""

    exit_status = 2


class MissingExtra(InputError):
    """A command needs an optional part that is not installed."""

    def __init__(self, extra: str, needed_for: str) -> None:
        self.extra = extra
        super().__init__(f"{needed_for} needs the extra '{extra}'", mend=f"install it: pip install 'duologue[{extra}]'")


def explain(validation: Any) -> str:
    """What a pydantic `ValidationError` found first, in one line: field, problem, value."""
    first = validation.errors(include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    problem = str(first["msg"]).removeprefix("Value error, ")
    if not field:
        return problem
    found = "" if first["type"] in ("missing", "extra_forbidden") else f", found {first['input']!r}"
    return f"{field}: {problem[:1].lower()}{problem[1:]}{found}"
