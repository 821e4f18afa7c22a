"""Coverage-guided fuzzing of the conversation parser: never an exception, nothing lost.

    python tests/fuzz/fuzz_conversation_text.py -runs=20000        # needs atheris (Linux)

Bytes become text in one of two ways: as they are, or each byte stands for a fragment that means something to the
parser.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def text_of(data: bytes) -> str:
    """The text that the bytes stand for."""
    from conversation_strategies import FRAGMENTS

    if data[:1] and data[0] % 4 == 0:
        return data[1:].decode("utf-8", "surrogateescape" if data[0] % 8 else "replace")
    return "".join(FRAGMENTS[byte % len(FRAGMENTS)] for byte in data[1:])


def one_input(data: bytes) -> None:
    """Parse, account for every character, render, parse again, read strictly."""
    from conversation_strategies import SPEAKERS

    from duologue.corpora.conversation_text import (
        lost,
        parse_conversation,
        render_conversation,
    )
    from duologue.operators.conversation_reading import read_conversation
    from duologue.prompts.ask import Answer

    text = text_of(data)
    cut = len(data) % 2 == 1
    parsed = parse_conversation(text, speakers=SPEAKERS, truncated=cut, seed="the moon")
    breaches = lost(text, parsed)
    if breaches:
        raise AssertionError(f"{breaches} in {text!r}")
    rendered = render_conversation(parsed.turns, SPEAKERS, notes=True)
    breaches = lost(rendered, parse_conversation(rendered, speakers=SPEAKERS))
    if breaches:
        raise AssertionError(f"{breaches} in {rendered!r}")
    read_conversation(Answer(text, "key", "length" if cut else "stop"), speakers=SPEAKERS, least=2)


def main() -> None:
    """Fuzz until libFuzzer's options say stop."""
    import atheris

    sys.path[:0] = [str(HERE.parents[1] / "src"), str(HERE.parent / "helpers")]
    with atheris.instrument_imports(include=["duologue.corpora.conversation_text"]):
        importlib.import_module("duologue.corpora.conversation_text")
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
