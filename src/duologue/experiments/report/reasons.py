"""The page of reasons: every judged dialogue with what made it inform and succeed, or fail; filtered by a click.

    write_reasons(read_reasons(Path("reasons.jsonl")), Path("reasons.html"), title="ubar.json")

The rows are what `duologue evaluate tod --explain` writes. One HTML file, nothing fetched; the filter is a few lines of
script over the labels that each dialogue carries.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, get_args

import msgspec

from duologue.dialogue import open_bytes
from duologue.errors import InputError
from duologue.evaluation.tod.explain import Explanation, Kind
from duologue.evaluation.tod.outcomes import TOTAL, Rates
from duologue.experiments.report.render import render_page
from duologue.files import write_text

LIMIT = 2000
"""Dialogues on a page, those that failed first; its counts are over all."""

OUTCOMES = ("did not inform", "informed, no success", "succeeded")


class Mark(NamedTuple):
    """What a turn did for a domain: `offered` or `told`, and what."""

    kind: str
    text: str


class Shown(NamedTuple):
    """A dialogue on the page: its row, the labels by which it is found, and what its turns did."""

    row: Explanation
    outcome: str
    labels: list[str]
    marks: dict[int, list[Mark]]


def read_reasons(path: Path) -> Iterator[Explanation]:
    """Stream the rows of a file of reasons.

    Raises:
        InputError: the file is missing, or a line of it is something else.
    """
    decoder = msgspec.json.Decoder(Explanation)
    with open_bytes(path) as lines:
        for number, line in enumerate(lines, start=1):
            try:
                yield decoder.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise InputError(
                    f"no row of reasons ({error})",
                    where=f"{path}, line {number}",
                    mend="give what `duologue evaluate tod --explain` wrote",
                ) from None


def write_reasons(rows: Iterable[Explanation], out: Path, *, title: str, limit: int = LIMIT) -> Path:
    """Write the page.

    Args:
        rows: one per dialogue.
        out: the HTML file.
        title: what was judged.
        limit: dialogues on the page.

    Raises:
        InputError: there is no row.
    """
    rates, labels = Rates(), Counter[str]()
    failed, passed = list[Shown](), list[Shown]()
    for row in rows:
        shown = _shown(row)
        rates.add(row.outcome())
        labels.update([shown.outcome, *shown.labels])
        kept = passed if row.success else failed
        if len(kept) < limit:
            kept.append(shown)
    if not rates.dialogues:
        raise InputError("no dialogue was judged", where=title, mend="give a file of reasons with at least one row")
    dialogues = [*failed, *passed][:limit]
    domains = sorted(rates.dialogues.keys() - {TOTAL})
    page = render_page(
        "reasons.html.jinja",
        title=title,
        dialogues=dialogues,
        rates=rates,
        intervals=rates.intervals(),
        total=TOTAL,
        domains=domains,
        outcomes=[(each, labels[each]) for each in OUTCOMES],
        kinds={kind: [(label := _label(domain, kind), labels[label]) for domain in domains] for kind in get_args(Kind)},
        broken=_counted(labels, " goal "),
        missing=_counted(labels, " never told "),
    )
    write_text(out, page)
    return out


def _shown(row: Explanation) -> Shown:
    labels: list[str] = []
    marks: dict[int, list[Mark]] = {}
    for each in row.domains:
        labels.append(_label(each.domain, each.kind))
        labels += [f"{each.domain} goal {slot}" for slot in each.broken]
        labels += [f"{each.domain} never told {_word(missing.name)}" for missing in each.missing]
        if each.offered is not None:
            offer = f"{each.domain}: {each.offered.count} offered"
            marks.setdefault(each.offered.turn, []).append(Mark("offered" if each.inform else "offered wrong", offer))
        for name, turn in each.told.items():
            marks.setdefault(turn, []).append(Mark("told", f"{each.domain}: {_word(name)} told"))
    outcome = OUTCOMES[2] if row.success else OUTCOMES[1] if row.inform else OUTCOMES[0]
    return Shown(row, outcome, labels, marks)


def _label(domain: str, kind: str) -> str:
    return f"{domain} {kind}"


def _word(name: str) -> str:
    """`TRAINID` -> `trainid`, the class as a word."""
    return re.sub("^post$", "postcode", name.lower())


def _counted(labels: Counter[str], piece: str) -> list[tuple[str, int]]:
    """The labels with a piece in them, the most frequent first."""
    found = [(label, count) for label, count in labels.items() if piece in label]
    return sorted(found, key=lambda item: (-item[1], item[0]))
