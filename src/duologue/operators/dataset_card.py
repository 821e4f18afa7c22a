"""A run's dialogues as a data set to be shared: Parquet files, and a card written from receipts and ledger.

    export_dataset(Path("runs/seedtalk"), Path("dataset"))    # dataset/README.md, dataset/data/conversation.parquet, …

The run is the `--out` folder of `synthesize`, `gather` or `run`; each operator's results become a configuration of the
data set. What the card says of requests is counted in the ledger, over the replies that the dialogues name. Addresses
of servers are left out of both.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
from msgspec.structs import replace

from duologue import __version__
from duologue.corpora import parquet_dialogues
from duologue.dialogue import Dialogue, read
from duologue.errors import InputError
from duologue.files import write_text
from duologue.models.connection import without_address
from duologue.models.ledger_reader import LedgerReader
from duologue.operators.run_folder import DIALOGUES, LEDGER, RECEIPT, read_receipt

CARD, DATA = "README.md", "data"
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_SHOWN = 6


class Asked(NamedTuple):
    """The replies that dialogues were made from, as the ledger has them.

    Attributes:
        replies: that the dialogues name, each once.
        missing: of these, how many the ledger does not have.
        prompt_tokens, completion_tokens: read and written for them.
        models: fingerprint -> replies.
        first, last: days on which they came; empty where there are none.
    """

    replies: int
    missing: int
    prompt_tokens: int
    completion_tokens: int
    models: dict[str, int]
    first: str
    last: str


class Config(NamedTuple):
    """One operator's results: a configuration of the data set."""

    name: str
    rows: int
    turns: int
    receipt: dict[str, Any]
    asked: Asked
    example: Dialogue | None


class _Found(NamedTuple):
    name: str
    folder: Path
    ledger: Path


def export_dataset(run: Path, out: Path) -> list[Config]:
    """Write a run's dialogues in Parquet, with a card.

    Args:
        run: the folder of a run.
        out: the data set's folder; its card and data are replaced.

    Raises:
        InputError: there is no finished run, or it made nothing.
        MissingExtra: pyarrow is not installed.
    """
    configs = [_config(found, out / DATA / f"{found.name}.parquet") for found in _results(run)]
    if not any(config.rows for config in configs):
        raise InputError("no dialogue was made here", where=str(run), mend="give the --out folder of a finished run")
    write_text(out / CARD, card(configs))
    return configs


def card(configs: Iterable[Config]) -> str:
    """The card: Markdown with the front matter that data set hubs read."""
    known = list(configs)
    text = files("duologue.operators").joinpath("dataset_card.md.jinja").read_text("utf-8")
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined)
    rows = sum(config.rows for config in known)
    size = next((name for most, name in _SIZES if rows < most), "n>1M")
    return environment.from_string(text).render(configs=known, size=size, version=__version__, shown=_SHOWN) + "\n"


def _results(run: Path) -> list[_Found]:
    """The folders of operators' results below a run, and where their replies lie."""
    if (run / RECEIPT).exists() and "operator" in read_receipt(run):
        return [_Found(str(read_receipt(run)["operator"]), run, run / LEDGER)]
    found = []
    for path in sorted((run / "stages").glob(f"**/{DIALOGUES}")):
        place = path.parent.relative_to(run / "stages")
        found.append(_Found("-".join(place.parts), path.parent, run / "ledgers" / place.parts[0]))
    if not found:
        raise InputError("no run here", where=str(run), mend="give the --out folder of synthesize, gather or run")
    return found


def _config(found: _Found, target: Path) -> Config:
    receipt = read_receipt(found.folder)
    if not receipt.get("complete"):
        raise InputError("this run is not finished", where=str(found.folder), mend="run it again, it goes on")
    target.parent.mkdir(parents=True, exist_ok=True)
    turns, example, keys = 0, None, dict[str, None]()

    def seen() -> Iterator[Dialogue]:
        nonlocal turns, example
        for dialogue in read(found.folder / DIALOGUES):
            turns += len(dialogue.turns)
            example = example or dialogue
            keys.update(dict.fromkeys(dialogue.origin.requests if dialogue.origin else []))
            yield _published(dialogue)

    rows = parquet_dialogues.write(target, seen())
    with LedgerReader(found.ledger) as ledger:
        asked = _asked(keys, ledger)
    return Config(found.name, rows, turns, receipt, asked, example)


def _published(dialogue: Dialogue) -> Dialogue:
    """The dialogue without the address of the server that wrote it."""
    if dialogue.origin is None:
        return dialogue
    return replace(dialogue, origin=replace(dialogue.origin, model=without_address(dialogue.origin.model)))


def _asked(keys: Iterable[str], ledger: LedgerReader) -> Asked:
    models: Counter[str] = Counter()
    replies = missing = prompt = completion = 0
    times = []
    for key in keys:
        replies += 1
        note = ledger.note(key)
        if note is None:
            missing += 1
            continue
        models[without_address(note.fingerprint)] += 1
        prompt += note.usage.prompt_tokens
        completion += note.usage.completion_tokens
        times.append(note.written)
    days = (
        [datetime.datetime.fromtimestamp(at, datetime.UTC).date().isoformat() for at in (min(times), max(times))]
        if times
        else ["", ""]
    )
    return Asked(replies, missing, prompt, completion, dict(models), *days)
