"""The steering report: following and attention by layout, depth and strategy, before and after training, the claims.

write_report(Path("runs/steering"))      # runs/steering/report.html
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

from markupsafe import Markup

from duologue.dialogue import read, read_rows
from duologue.evaluation.bootstrap import Figure
from duologue.evaluation.steering.following import FollowingRow
from duologue.experiments.report.plots import Band, Bar, Point, bands, intervals, scatter
from duologue.experiments.report.rejects import rejects_by_gate
from duologue.experiments.report.render import render_page
from duologue.experiments.report.run_fields import run_fields
from duologue.experiments.run_folder import REPORT
from duologue.experiments.stages import STAGES, read_facts
from duologue.experiments.steering.conditions import Condition
from duologue.experiments.steering.judging import FOLLOWING, ConditionResult, SteeringResults, read_results
from duologue.files import write_text
from duologue.operators.run_folder import DIALOGUES


def write_report(folder: Path) -> Path:
    """Write `report.html` from what a finished run has left.

    Raises:
        InputError: the run is not finished.
    """
    stages, run = folder / STAGES, run_fields(folder)
    recipe = run["recipe"]
    read_facts(folder, "evaluate")
    results = read_results(stages / "evaluate")
    asked = {name: _condition(found) for name, found in results.conditions.items()}
    trained = recipe["train"] is not None
    page = render_page(
        "steering.html.jinja",
        **run,
        corpus=read_facts(folder, "corpus"),
        classifier=read_facts(folder, "classifier"),
        training=read_facts(folder, "train") if trained else None,
        results=results,
        overview=Markup(intervals(_overview(results))),
        depths=Markup(bands(_depths(results), list(results.conditions), across="utterances before the reply")),
        together=_together(results),
        strategies=_strategies(results),
        examples=_examples(stages, asked, recipe["report"]["examples"]),
        rejects=rejects_by_gate(
            [(f"continue/{each.stage}", stages / "continue" / each.stage) for each in asked.values()],
            recipe["report"]["rejects"],
        ),
    )
    write_text(folder / REPORT, page)
    return folder / REPORT


def _condition(found: ConditionResult) -> Condition:
    return Condition(found.layout, found.tuned)


def _overview(results: SteeringResults) -> dict[str, list[Bar]]:
    """Following, and where it was measured attention, of every condition."""

    def bar(name: str, figure: Figure) -> Bar:
        bounds = figure.interval
        return Bar(name, figure.value, *((bounds.low, bounds.high) if bounds else ()))

    found = results.conditions.items()
    panels = {"followed, %": [bar(name, each.following.accuracy) for name, each in found]}
    if any(each.attention for _, each in found):
        panels["log SRA"] = [bar(name, each.attention.replies.log_sra) for name, each in found if each.attention]
        panels["SRA over uniform"] = [bar(name, each.attention.replies.ratio) for name, each in found if each.attention]
    return panels


def _depths(results: SteeringResults) -> dict[str, dict[str, list[Band]]]:
    """Panel -> condition -> its course over depth."""
    following = {
        name: [_band(depth, share.accuracy) for depth, share in each.following.depths.items()]
        for name, each in results.conditions.items()
    }
    attention = {
        name: [_band(depth, figures.log_sra) for depth, figures in each.attention.depths.items()]
        for name, each in results.conditions.items()
        if each.attention is not None
    }
    return {"followed, %": following, **({"log SRA": attention} if attention else {})}


def _band(depth: int, figure: Figure) -> Band:
    bounds = figure.interval
    return Band(depth, figure.value, *((bounds.low, bounds.high) if bounds else ()))


def _together(results: SteeringResults) -> Markup | None:
    """Following against attention, a point for each condition."""
    if results.correlation is None or not results.correlation.layouts:
        return None
    layouts = results.correlation.layouts.items()
    points = [Point(name, means.log_sra, means.accuracy, group=name) for name, means in layouts]
    return Markup(scatter(points, across="mean log SRA", up="followed, %"))


def _strategies(results: SteeringResults) -> list[dict[str, Any]]:
    """A row a strategy: percent followed and SRA in every condition."""
    names = sorted({name for each in results.conditions.values() for name in each.following.strategies})
    return [
        {
            "name": name,
            "cells": [
                {
                    "followed": each.following.strategies.get(name),
                    "attention": each.attention and each.attention.strategies.get(name),
                }
                for each in results.conditions.values()
            ],
        }
        for name in names
    ]


def _examples(stages: Path, asked: dict[str, Condition], count: int) -> list[dict[str, Any]]:
    """Histories, the first ones of the first condition, with the replies of every condition by one strategy."""
    recognised = {
        (row.id, row.layout): row.recognised for row in read_rows(stages / "evaluate" / FOLLOWING, FollowingRow)
    }
    branches = {
        name: {
            branch.id: branch
            for dialogue in read(stages / "continue" / each.stage / DIALOGUES)
            for branch in dialogue.branches
        }
        for name, each in asked.items()
    }
    first = next(iter(asked.values()))
    found = []
    for number, dialogue in enumerate(islice(read(stages / "continue" / first.stage / DIALOGUES), count)):
        for branch in dialogue.branches[number : number + 2]:
            replies = [
                {
                    "condition": name,
                    "text": own[branch.id].turns[0].said if branch.id in own else None,
                    "recognised": recognised.get((branch.id, name)),
                }
                for name, own in branches.items()
            ]
            strategy = branch.labels["strategy"][0]
            found.append({"dialogue": dialogue, "strategy": strategy, "replies": replies})
    return found
