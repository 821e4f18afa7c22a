"""The published annotations of strategy steering in the studio: the figures of `duologue evaluate agreement`."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from studio_project import Page

from duologue.evaluation.agreement.agreement import score_agreement
from duologue.evaluation.annotations.reading import read_annotations
from duologue.studio.app import make_app
from duologue.studio.statistics.figures import figures
from duologue.studio.statistics.judgements import judgements
from duologue.studio.studio import open_studio


def test_the_published_annotations_import_and_show_their_agreement(tmp_path: Path, data_dir: Path) -> None:
    path = data_dir / "esconv/sra_annotation-results.json"
    known = score_agreement(read_annotations(path))
    with open_studio(tmp_path) as studio:
        app = make_app(studio)
        owner = Page(app, "/")
        headers = {"x-form-token": owner.token}
        answer = owner.client.post("/import/sra", content=path.read_bytes(), headers=headers)
        assert answer.status_code == 200, answer.text
        assert answer.json()["saved"] == len(known.annotations)
        assert owner.client.post("/import/sra", content=path.read_bytes(), headers=headers).status_code == 409
        opened = studio.projects["sra"]
        rows = judgements(opened.project, opened.items, studio.store.snapshot("sra"))
        told = figures(opened.project, opened.items, rows).questions["preference"]
        assert told.answers == known.reliability.annotations
        assert told.again == known.reliability.rated_again
        assert told.alpha == known.reliability.alpha["interval"]
        assert told.kappa == {names: each["quadratic"] for names, each in known.reliability.kappa.items()}
        assert told.wins == known.wins
        found = told.measures["sra"]
        assert found.reliability.alpha["interval"].value == pytest.approx(0.912, abs=5e-4)
        assert found.inside["1"].pearson.value == pytest.approx(0.822, abs=5e-4)
        assert found.inside["2"].pearson.value == pytest.approx(0.804, abs=5e-4)
        shown = owner.client.get("/projects/sra/figures").text
        for figure in (told.alpha.value, found.inside["1"].pearson.value, found.inside["2"].pearson.value):
            assert f"{figure:.3f}" in shown
        exported = owner.client.get("/projects/sra/export/label-studio").content
        (again := tmp_path / "again.json").write_bytes(exported)
        back = score_agreement(read_annotations(again))
        assert back.reliability == known.reliability
        assert back.wins == known.wins
        assert msgspec.to_builtins(back.measures["sra"].inside) == msgspec.to_builtins(known.measures["sra"].inside)
