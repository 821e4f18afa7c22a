"""Checks the proof that an item carries with sqlite3 alone: no parser, no sandbox, none of the operator's code."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

from duologue.dialogue import Dialogue


def check_proof(dialogue: Dialogue, folder: Path) -> None:
    """Assert that every reading runs and gives something else than the gold query and than every other reading."""
    assert dialogue.grounding is not None
    name = dialogue.grounding.database
    ambiguity = dialogue.facts["ambiguity"]
    with closing(sqlite3.connect(f"file:{folder}/database/{name}/{name}.sqlite?mode=ro", uri=True)) as connection:
        connection.text_factory = lambda raw: raw.decode(errors="ignore")
        gold = connection.execute(dialogue.turns[-1].text).fetchall()
        others = [connection.execute(each["sql"]).fetchall() for each in ambiguity["alternatives"]]
    ordered = ambiguity["ordered"]
    assert (len(gold), _hash(gold, ordered)) == (ambiguity["gold"]["rows"], ambiguity["gold"]["result"])
    recorded = [(each["rows"], each["result"]) for each in ambiguity["alternatives"]]
    assert [(len(rows), _hash(rows, ordered)) for rows in others] == recorded
    results = [gold, *others]
    assert len(others) >= 1
    for number, one in enumerate(results):
        assert any(value for row in one for value in row)
        for other in results[number + 1 :]:
            assert (one != other) if ordered else (Counter(one) != Counter(other))


def _hash(rows: list[tuple[Any, ...]], ordered: bool) -> str:
    lines = [json.dumps(row, default=repr) for row in rows]
    return hashlib.sha256("\n".join(lines if ordered else sorted(lines)).encode()).hexdigest()[:16]
