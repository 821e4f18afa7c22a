"""A stage that runs an operator: models that nobody asks are not opened."""

from __future__ import annotations

from pathlib import Path

from small_spider import write_spider

from duologue.corpora import formats
from duologue.experiments.operating import Operating
from duologue.experiments.settings import Asking
from duologue.experiments.stages import Work
from duologue.models.budget import Budget
from duologue.operators.ambiguous_sql import AMBIGUOUS_SQL, AmbiguousSqlOptions
from duologue.operators.rehearsal import Part


def test_an_operator_that_asks_nobody_needs_no_model(tmp_path: Path) -> None:
    spider = write_spider(tmp_path)
    part = Part("", formats.read(spider / "dev.json", "spider"), AmbiguousSqlOptions(databases=spider))
    work = Work(tmp_path / "stage", {}, {}, tmp_path / "ledger", Budget())
    told = Operating(AMBIGUOUS_SQL, Asking(model="hf:/nowhere"), lambda inputs: [part], 0)(work)
    assert told["made"] > 10
    assert told["requests"]["asked"] == 0
