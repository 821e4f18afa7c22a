"""`ambiguous-sql` on the questions of Spider's development set whose databases are there."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from command_line import duologue
from proof_by_sqlite import check_proof

from duologue.corpora import formats
from duologue.dialogue import Dialogue


@pytest.fixture(scope="module")
def spider(data_dir: Path) -> Path:
    return data_dir / "spider"


@pytest.fixture(scope="module")
def out(spider: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "ambiguous"
    source = spider / "dev.json"
    arguments = (source, "--format", "spider", "--databases", spider, "--out", out)
    assert duologue("synthesize", "ambiguous-sql", *arguments) == 0
    return out


@pytest.fixture(scope="module")
def ambiguous(out: Path) -> list[Dialogue]:
    return [each for each in formats.read(out / "dialogues.jsonl") if "ambiguity" in each.facts]


def test_there_are_enough_of_every_family(ambiguous: list[Dialogue]) -> None:
    families = Counter(dialogue.facts["ambiguity"]["family"] for dialogue in ambiguous)
    assert len(ambiguous) >= 200
    assert all(families[family] >= 30 for family in ("requested", "population", "presentation"))
    assert len({dialogue.grounding.database for dialogue in ambiguous if dialogue.grounding}) >= 8


def test_every_proof_holds_by_sqlite_alone(ambiguous: list[Dialogue], spider: Path) -> None:
    for dialogue in ambiguous:
        check_proof(dialogue, spider)


def test_removing_and_putting_back(ambiguous: list[Dialogue]) -> None:
    for dialogue in ambiguous:
        ambiguity = dialogue.facts["ambiguity"]
        removed = ambiguity["removed"]
        original = dialogue.facts["intent"]
        text = dialogue.turns[0].text
        start, instead = removed["start"], removed["instead"]
        assert text[:start] + removed["text"] + text[start + len(instead) :] == original
        assert text.count("  ") <= original.count("  ")


def test_every_question_is_used_or_has_its_reason(ambiguous: list[Dialogue], out: Path, spider: Path) -> None:
    told = Counter[str]()
    for name in ("skipped.jsonl", "rejected.jsonl"):
        told.update(json.loads(line)["id"].split(", ")[0] for line in (out / name).read_text().splitlines())
    used = {dialogue.origin.parent for dialogue in ambiguous if dialogue.origin}
    questions = [dialogue.id for dialogue in formats.read(spider / "dev.json", "spider")]
    assert len(questions) == 1034
    assert [each for each in questions if each not in used and not told[each]] == []
    reasons = [json.loads(line) for line in (out / "skipped.jsonl").read_text().splitlines()]
    elsewhere = [row for row in reasons if row["reason"] == "no database"]
    assert len(elsewhere) == 517
    assert all(not (spider / "database" / row["evidence"]).exists() for row in elsewhere)
