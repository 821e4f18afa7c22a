"""The seed-talk experiment as a run sees it."""

from __future__ import annotations

from pathlib import Path

from duologue.experiments.kinds import Kind, Summary
from duologue.experiments.report.seedtalk import write_report
from duologue.experiments.seedtalk.plan import stages
from duologue.experiments.seedtalk.settings import SeedtalkRecipe
from duologue.experiments.stages import read_facts


def summary(folder: Path) -> Summary:
    """How many became conversations, and whether the control is told."""
    grown, styled = read_facts(folder, "conversation"), read_facts(folder, "restyle")
    control = read_facts(folder, "evaluate")["control"]
    rows = []
    for name, found in control.items():
        accuracy = found["accuracy"]
        right = "–" if accuracy is None else f"{accuracy['value']:.1f}"
        interval = "" if accuracy is None else f"{accuracy['interval']['low']:.1f} – {accuracy['interval']['high']:.1f}"
        rows.append([name, right, interval, f"{found['chance']:.1f}", found["verdict"]])
    lines = [f"{grown['made']} of {grown['tried']} became conversations, {styled['made']} of them restyled"]
    result = {"conversation": grown, "restyle": styled, "control": control}
    return Summary(["control", "right %", "95 % interval", "chance", "verdict"], rows, lines, result)


SEEDTALK = Kind("seedtalk", SeedtalkRecipe, stages, write_report, summary)
