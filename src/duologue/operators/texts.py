"""A text that an option names: a style, a profile, who answers.

read_text(Path("style.md"))      # one line, without outer white space
"""

from __future__ import annotations

from pathlib import Path

from duologue.errors import InputError


def read_text(path: Path) -> str:
    """The words of a text file, on one line.

    Raises:
        InputError: it is missing, no UTF-8, or empty.
    """
    try:
        text = " ".join(path.read_text(encoding="utf-8").split())
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read ({error})", where=str(path), mend="give a UTF-8 text file") from None
    if not text:
        raise InputError("it is empty", where=str(path), mend="write a sentence or two")
    return text
