"""The clarify report: what each policy does by method and number of conversations, how it learnt, the claims, talks.

write_report(Path("runs/clarify"))      # runs/clarify/report.html
"""

from __future__ import annotations

from itertools import chain, islice, zip_longest
from pathlib import Path
from typing import Any

from markupsafe import Markup

from duologue.corpora.clarification_points import instances
from duologue.corpora.simulated import REACHED
from duologue.corpora.strategy_replies import conversation_of
from duologue.dialogue import Branch, read
from duologue.evaluation.bootstrap import Figure
from duologue.experiments.clarify.cells import AS_IS, PLAY_AS_IS, Cell, cells, contrasts
from duologue.experiments.clarify.corpus import TEST
from duologue.experiments.clarify.judging import ClarifyResults, PolicyResult, read_results
from duologue.experiments.clarify.settings import SFT, ClarifyRecipe
from duologue.experiments.report.clarify_trainings import learning_curves, trainings
from duologue.experiments.report.plots import Band, Bar, bands, intervals
from duologue.experiments.report.rejects import rejects_by_gate
from duologue.experiments.report.render import render_page
from duologue.experiments.report.run_fields import run_fields
from duologue.experiments.run_folder import REPORT
from duologue.experiments.stages import STAGES, read_facts
from duologue.files import write_text
from duologue.operators.run_folder import DIALOGUES

COLUMNS = {
    "action accuracy": "action accuracy",
    "action macro f1": "action macro F1",
    "action weighted f1": "weighted F1",
    "asking f1": "asking F1",
    "turn": "turn",
    "trajectory": "trajectory",
    "post-clarification": "after asking",
    "trajectory, gold ambiguous": "ambiguous",
    "over-asking": "over-asking",
    "under-asking": "under-asking",
    "questions per solved state": "questions per solved",
}
"""Figure -> heading of the table."""
_PANELS = ("action macro f1", "trajectory", "trajectory, gold ambiguous")


def write_report(folder: Path) -> Path:
    """Write `report.html` from what a finished run has left.

    Raises:
        InputError: the run is not finished.
    """
    stages, run = folder / STAGES, run_fields(folder)
    read_facts(folder, "evaluate")
    recipe = ClarifyRecipe.model_validate(run["recipe"])
    results = read_results(stages / "evaluate")
    operating = [*contrasts(recipe), PLAY_AS_IS, *(cell.play for cell in cells(recipe))]
    page = render_page(
        "clarify.html.jinja",
        **run,
        corpus=read_facts(folder, "corpus"),
        contrasts={name: (read_facts(folder, name), settings.model) for name, settings in contrasts(recipe).items()},
        results=results,
        columns=COLUMNS,
        overview=Markup(intervals(_overview(results))),
        sizes=_by_size(results, recipe),
        trainings=trainings(folder, recipe),
        curves=[(size, Markup(drawn)) for size, drawn in learning_curves(folder, recipe)],
        examples=_examples(stages, recipe),
        rejects=rejects_by_gate([(name, stages / name) for name in operating], recipe.report.rejects),
    )
    write_text(folder / REPORT, page)
    return folder / REPORT


def _overview(results: ClarifyResults) -> dict[str, list[Bar]]:
    def bar(each: PolicyResult, figure: Figure) -> Bar:
        bounds = figure.interval
        return Bar(each.policy.name, figure.value, *((bounds.low, bounds.high) if bounds else ()))

    return {f"{name}, %": [bar(each, each.figures[name]) for each in results.policies] for name in _PANELS}


def _by_size(results: ClarifyResults, recipe: ClarifyRecipe) -> Markup | None:
    """Figure -> method -> its course over the number of conversations; None of a single number."""
    if len(recipe.sizes) < 2:
        return None
    methods = list(dict.fromkeys(each.method for each in results.policies))
    panels: dict[str, dict[str, list[Band]]] = {}
    for name in _PANELS:
        lines = panels.setdefault(f"{name}, %", {})
        for each in results.policies:  # the policy as it is, which no number changes, is a level line
            for size in recipe.sizes if each.size is None else [each.size]:
                lines.setdefault(each.method, []).append(_band(size, each.figures[name]))
    return Markup(bands(panels, methods, across="conversations"))


def _band(size: int, figure: Figure) -> Band:
    bounds = figure.interval
    return Band(size, figure.value, *((bounds.low, bounds.high) if bounds else ()))


def _examples(stages: Path, recipe: ClarifyRecipe) -> list[dict[str, Any]]:
    """Test states at which some policies reach the goal and others do not, of each kind of goal in turn.

    The policies are those of the first seed that learnt from the most conversations.
    """
    asked = {AS_IS.method: PLAY_AS_IS}
    asked |= {method: Cell(method, max(recipe.sizes), recipe.seeds[0]).play for method in (SFT, *recipe.trained)}
    played = {name: _branches(stages / stage / DIALOGUES) for name, stage in asked.items()}
    parted: dict[str, list[dict[str, Any]]] = {}
    for state in instances(read(stages / "corpus" / TEST)):
        own = {name: branches.get((state.dialogue.id, state.at)) for name, branches in played.items()}
        if len({None if each is None else each.scores[REACHED] for each in own.values()}) > 1:
            parted.setdefault(str(state.goal_type), []).append({"state": state, "policies": own})
    in_turn = chain.from_iterable(zip_longest(*parted.values()))
    return list(islice((each for each in in_turn if each is not None), recipe.report.examples))


def _branches(path: Path) -> dict[tuple[str, int], Branch]:
    """Conversation and turn -> what was played from there."""
    return {(conversation_of(dialogue), branch.at): branch for dialogue in read(path) for branch in dialogue.branches}
