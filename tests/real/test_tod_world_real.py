"""The tod world's databases beside MultiWOZ's: same files, same columns, same types."""

from __future__ import annotations

import json
from pathlib import Path

from duologue.corpora.worlds.tod import databases


def test_databases_have_multiwoz_columns(data_dir: Path) -> None:
    ours = databases(11)
    files = {path.name.removesuffix("_db.json") for path in (data_dir / "multiwoz_db").glob("*_db.json")}
    assert files == ours.keys()
    for domain in files - {"taxi"}:
        theirs = json.loads((data_dir / "multiwoz_db" / f"{domain}_db.json").read_text())[0]
        assert theirs.keys() - {"signature"} <= ours[domain][0].keys()
        for column, value in theirs.items():
            assert isinstance(ours[domain][0][column], type(value)), (domain, column)
