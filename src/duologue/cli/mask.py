"""`duologue mask DATA --model SPEC`: which tokens are trained, and whether the model learns to stop.

duologue mask chats.jsonl --model hf:my/model
duologue mask train.json --format multiwoz21 --variant interference --model tiny
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec
from rich.console import Console
from rich.text import Text

from duologue.cli.results import list_problems
from duologue.corpora import formats
from duologue.dialogue import Problem
from duologue.errors import InputError, MissingExtra
from duologue.files import write_json
from duologue.views.masks import Stretch, end_problem, stretches
from duologue.views.tokens import Tokens


class ShownToken(msgspec.Struct, frozen=True):
    """A token as text, and whether the loss covers it."""

    text: str
    trained: bool


class ShownExample(msgspec.Struct, frozen=True):
    """An example, token by token."""

    name: str
    tokens: list[ShownToken]


def mask(
    data: str,
    *,
    model: str = "tiny",
    format: str | None = None,
    variant: Literal["simpletod", "interference", "fusedchat"] = "simpletod",
    markers: Literal["special", "plain"] = "special",
    max_length: int = 2048,
    show: int = 1,
    limit: int = 1000,
    json: Path | None = None,
) -> int:
    """Show the mask token by token; exit 1 when the end of an answer is not trained.

    Parameters
    ----------
    data
        JSONL rows of `messages`, or of `prompt` and `completion`; or dialogues, with --format.
    model
        Whose tokenizer and template: `tiny`, `hf:PATH`, `hf:PATH+ADAPTER`.
    format
        The format of dialogues in DATA, rendered as SimpleToD, e.g. `multiwoz21`, `duologue`.
    variant
        How dialogues are rendered.
    markers
        SimpleToD's markers: special tokens, or plain text.
    max_length
        Tokens of one example, as in training; older turns of dialogues are dropped.
    show
        Print so many examples.
    limit
        Check so many examples.
    json
        Write the examples shown, and what is wrong, here.
    """
    tokenizer = _tokenizer(model)
    odd: list[Problem] = []
    wrong: list[str] = []
    shown: list[ShownExample] = []
    checked = 0
    for tokens in _examples(data, format, variant, markers, max_length, tokenizer, odd):
        problem = end_problem(tokens, tokenizer)
        if problem:
            wrong.append(f"{tokens.name or f'example {checked + 1}'}: {problem}")
        if len(shown) < show:
            parts = list(stretches(tokens, tokenizer))
            _print(tokens.name, parts)
            pieces = [ShownToken(piece, part.trained) for part in parts for piece in part.pieces]
            shown.append(ShownExample(tokens.name, pieces))
        checked += 1
        if checked == limit:
            break
    if not checked:
        raise InputError("there is no example", where=data, mend="give a file with at least one answer")
    print(f"{checked} examples checked, {len(wrong)} without a trained end token")
    if json is not None:
        write_json(json, {"checked": checked, "wrong": wrong, "examples": shown})
    found = list_problems(wrong, "examples from which a model would not learn to stop")
    return max(found, list_problems(odd, "odd places in the dialogues"))


def _examples(
    data: str,
    format: str | None,
    variant: Literal["simpletod", "interference", "fusedchat"],
    markers: Literal["special", "plain"],
    max_length: int,
    tokenizer: Any,
    odd: list[Problem],
) -> Iterator[Tokens]:
    """The very examples that `duologue train sft` would make."""
    from duologue.training.data import row_data, simpletod_data
    from duologue.training.options import SFTOptions
    from duologue.training.special_tokens import add_tokens
    from duologue.views.simpletod import special_tokens

    if format is None:
        return row_data(data)(tokenizer)
    if markers == "special":
        add_tokens(tokenizer, special_tokens())
    options = SFTOptions(markers=markers, max_length=max_length)
    return simpletod_data(lambda: formats.read(data, format, on_problem=odd.append), variant, options)(tokenizer)


def _tokenizer(spec: str) -> Any:
    from importlib.util import find_spec

    from duologue.models.adapter_base import TINY

    if find_spec("transformers") is None:
        raise MissingExtra("local", "showing a mask")
    from transformers import AutoTokenizer

    folder, _, adapter = spec.removeprefix("hf:").partition("+")
    if spec == "tiny":
        folder = str(TINY)
    elif not spec.startswith("hf:"):
        raise InputError(f"expected tiny or hf:PATH, found {spec!r}", where="--model", mend="change --model")
    if adapter and (Path(adapter) / "tokenizer_config.json").is_file():
        folder = adapter
    try:
        return AutoTokenizer.from_pretrained(folder)
    except (OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise InputError(f"no tokenizer is there ({reason})", where=spec, mend="give a model's folder") from error


def _print(name: str, parts: list[Stretch]) -> None:
    """Stretch by stretch; what is trained is green, and headed by + for those who do not see colours."""
    console = Console(highlight=False, soft_wrap=True)
    console.print(Text(name or "example", style="bold"))
    for part in parts:
        head = "+ trained" if part.trained else "- not trained"
        console.print(Text(f"{head}, {len(part.pieces)} tokens from {part.start}", style="dim"))
        console.print(Text("  " + "|".join(part.pieces), style="green" if part.trained else ""))
