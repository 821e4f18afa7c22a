"""Every corpus format by name: the one place where a format is found (`--format`, `--from`, `--to`).

A format is a module with `read(path, *, on_problem)` and `write(path, dialogues)` (see the docstring of `corpora`), and
`problems(dialogue)` where it has rules beyond `duologue.dialogue.check`. Other packages add formats by an entry point
of the group `duologue.corpora` whose name is the format's and whose value is such a module. Modules are imported when
they are used.

    for dialogue in read("vaild.json", "situations"): ...
    write("chats.jsonl", dialogues, "messages")
"""

from __future__ import annotations

import difflib
import inspect
import pkgutil
from collections.abc import Iterable, Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, NamedTuple

from duologue.corpora.guess import guess
from duologue.corpora.problems import OnProblem
from duologue.dialogue import Dialogue, Problem
from duologue.dialogue import check as check_dialogue
from duologue.errors import InputError

ENTRY_POINTS = "duologue.corpora"


class Format(NamedTuple):
    """A format's name, the module that reads and writes it, and what it is."""

    name: str
    module: str
    what: str


TABLE = {
    name: Format(name, f"duologue.corpora.{module}", what)
    for name, module, what in (
        ("duologue", "own_jsonl", "our JSONL, with everything a dialogue holds"),
        ("multiwoz21", "multiwoz.v21", "MultiWOZ 2.1 single JSON"),
        ("multiwoz22", "multiwoz.v22", "MultiWOZ 2.2 folder"),
        ("multiwoz22-hf", "multiwoz.v22_hf", "MultiWOZ 2.2 in Hugging Face columns"),
        ("sgd", "sgd", "Schema-Guided Dialogue folder"),
        ("esconv", "esconv", "ESConv: original JSON, FailedESConv, Hugging Face rows, MultiESC lines"),
        ("extended-esc", "extended_esc", "ESConv histories with a reply for each strategy, as published"),
        ("fusedchat", "fusedchat", "FusedChat prepended or appended"),
        ("fusedchat-lexicalized", "fusedchat_lexicalized", "FusedChat's annotated companion files (read only)"),
        ("situations", "situations", "situations with the chats behind them"),
        ("interference", "interference", "MultiWOZ 2.1 with backstories and reactions"),
        ("interference-steps", "interference_steps", "gen_backstories.json, gen_reactions.json (read only)"),
        ("pacific", "pacific", "PACIFIC: questions about a table and passages, clarified"),
        ("abg-coqa", "abg_coqa", "Abg-CoQA: a conversation for each reading of an ambiguous question"),
        ("spider", "spider", "Spider: questions to SQLite databases and their queries"),
        ("convogen", "convogen", "ConvoGen's folder of grown conversations, plain and restyled"),
        ("parquet", "parquet_dialogues", "dialogues in Parquet: columns to train on, and all they hold"),
        ("messages", "chat_formats.messages", "rows of role and content (SFT)"),
        ("sharegpt", "chat_formats.sharegpt", "ShareGPT conversations"),
        ("openai", "chat_formats.openai_finetuning", "OpenAI chat fine-tuning"),
        ("vertex", "chat_formats.vertex", "Vertex AI tuning, current and old layouts"),
        ("seeds", "seeds", "single messages in TSV, CSV, JSONL, Parquet or plain text"),
    )
}


def names() -> list[str]:
    """The names of all formats, those of other packages last."""
    return [*TABLE, *(point.name for point in entry_points(group=ENTRY_POINTS) if point.name not in TABLE)]


def find(name: str) -> Format:
    """The format of this name.

    Raises:
        InputError: there is none; names the nearest and all others.
    """
    if name in TABLE:
        return TABLE[name]
    for point in entry_points(group=ENTRY_POINTS):
        if point.name == name:
            return Format(name, point.value, f"from {point.value}")
    near = difflib.get_close_matches(name.lower(), names(), n=1)
    meant = f"did you mean {near[0]}? " if near else ""
    raise InputError(f"unknown format '{name}'", mend=f"{meant}known are {', '.join(names())}")


def read(
    path: str | Path, name: str = "duologue", *, on_problem: OnProblem | None = None, **options: Any
) -> Iterator[Dialogue]:
    """Stream the dialogues of a file in a format; further options are the reader's own.

    Raises:
        InputError: no such format, an option that its reader has not, or a file that evidently is another format.
    """
    corpus = _corpus(find(name))
    _must_have(corpus.read, options, f"reading {name}")
    looks_like = guess(path)
    if name in TABLE and looks_like and name not in looks_like:
        known = " or ".join(sorted(looks_like))
        raise InputError(f"this looks like {known}, not {name}", where=str(path), mend=f"name the format {known}")
    dialogues: Iterator[Dialogue] = corpus.read(path, on_problem=on_problem, **options)
    return dialogues


def write(
    path: str | Path,
    dialogues: Iterable[Dialogue],
    name: str = "duologue",
    *,
    draw: int | None = None,
    suffix_ids: bool = False,
    **options: Any,
) -> int:
    """Write dialogues in a format and return how many were written; further options are the writer's own.

    Args:
        path: where to.
        dialogues: what to write.
        name: the format.
        draw: write only this draw of what an operator made.
        suffix_ids: write derived dialogues under their own ids. Formats that do not go by ids always do.
        options: what else the format's writer knows, e.g. `layout` of `vertex`.

    Raises:
        InputError: no such format, one that is read only, or an option that its writer has not.
    """
    corpus = _corpus(find(name))
    if not hasattr(corpus, "write"):
        raise InputError(f"format '{name}' is read only", mend="write another format")
    _must_have(corpus.write, options, f"writing {name}")
    if "draw" in inspect.signature(corpus.write).parameters:
        options |= {"draw": draw, "suffix_ids": suffix_ids}
    elif draw is not None:
        dialogues = (item for item in dialogues if item.origin is None or item.origin.draw == draw)
    count: int = corpus.write(path, dialogues, **options)
    return count


def check(dialogue: Dialogue, name: str = "duologue") -> Iterator[Problem]:
    """Everything that is wrong with a dialogue, in general and by the rules of a format."""
    yield from check_dialogue(dialogue)
    problems = getattr(_corpus(find(name)), "problems", None)
    if callable(problems):
        yield from problems(dialogue)


def _corpus(found: Format) -> Any:
    return pkgutil.resolve_name(found.module)


def _must_have(function: Any, options: dict[str, Any], what: str) -> None:
    known = [
        parameter.name
        for parameter in inspect.signature(function).parameters.values()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
        and parameter.name not in ("on_problem", "draw", "suffix_ids")
    ]
    for name in options:
        if name not in known:
            others = f"it has {', '.join(known)}" if known else "it has none"
            raise InputError(f"{what} has no option '{name}'", mend=f"leave it out; {others}")
