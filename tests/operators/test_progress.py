"""The lines that a run without a terminal writes now and then."""

from __future__ import annotations

from io import StringIO

import pytest

from duologue.experiments.counting import counting
from duologue.operators import progress
from duologue.operators.progress import Standing, progress_to


def test_one_item_is_one_item(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_LINE_SECONDS", 0)
    told = StringIO()
    with progress_to(told) as report:
        report(Standing(done=1, at_work=3, made=1, rejected=0))
        report(Standing(done=3, at_work=1, made=2, rejected=1))
    assert told.getvalue().splitlines() == [
        "1 item done, 1 dialogue made, 0 rejected",
        "3 items done, 2 dialogues made, 1 rejected",
    ]


def test_what_is_counted_is_named_before_the_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("duologue.experiments.counting._LINE_SECONDS", 0)
    told = StringIO()
    with counting(told, "dialogues answered") as advance:
        advance()
        advance()
    assert told.getvalue().splitlines() == ["dialogues answered: 1", "dialogues answered: 2"]
