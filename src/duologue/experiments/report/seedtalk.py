"""The seed-talk report: conversations beside their restyled form, what was turned away, the control report.

write_report(Path("runs/seedtalk"))      # runs/seedtalk/report.html
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from duologue.dialogue import read
from duologue.errors import InputError
from duologue.evaluation.bootstrap import decode_figures
from duologue.evaluation.conversations import ConversationsScore
from duologue.experiments.report.rejects import rejects_by_gate
from duologue.experiments.report.render import render_page
from duologue.experiments.report.run_fields import run_fields
from duologue.experiments.run_folder import REPORT
from duologue.experiments.seedtalk.judging import SCORES
from duologue.experiments.stages import STAGES, read_facts
from duologue.files import write_text
from duologue.operators.run_folder import DIALOGUES


def write_report(folder: Path) -> Path:
    """Write `report.html` from what a finished run has left.

    Raises:
        InputError: the run is not finished, or its scores are another version's.
    """
    stages, run = folder / STAGES, run_fields(folder)
    recipe = run["recipe"]
    facts = {name: read_facts(folder, name) for name in ("seeds", "conversation", "restyle", "evaluate")}
    score = read_scores(folder)
    page = render_page(
        "seedtalk.html.jinja",
        **run,
        facts=facts,
        score=score,
        parts=_parts(score),
        examples=_examples(stages, recipe["report"]["examples"]),
        rejects=rejects_by_gate(
            [(name, stages / name) for name in ("conversation", "restyle")], recipe["report"]["rejects"]
        ),
    )
    write_text(folder / REPORT, page)
    return folder / REPORT


def read_scores(folder: Path) -> ConversationsScore:
    """The figures of a finished run.

    Raises:
        InputError: they are another version's.
    """
    path = folder / STAGES / "evaluate" / SCORES
    try:
        return decode_figures(path.read_bytes(), ConversationsScore)
    except msgspec.DecodeError as error:
        raise InputError(
            f"scores of another version of Duologue ({error})",
            where=str(path),
            mend=f"remove {path.parent} and run again",
        ) from None


def _parts(score: ConversationsScore) -> dict[str, Any]:
    """Title -> figures, for the tables."""
    parts: dict[str, Any] = {"Diversity": score.diversity.figures, "Turn-taking": score.turn_taking.figures}
    if score.restyle is not None:
        parts["Restyle fidelity"] = score.restyle.figures
    if score.contamination is not None:
        parts["Contamination"] = score.contamination.figures
    return parts


def _examples(stages: Path, count: int) -> list[dict[str, Any]]:
    """Conversations whose every message has a restyled one beside it."""
    grown = {dialogue.id: dialogue for dialogue in read(stages / "conversation" / DIALOGUES)}
    found = []
    for styled in islice(read(stages / "restyle" / DIALOGUES), count):
        source = styled.turns[0].source
        dialogue = grown[source[0] if source is not None else styled.id]
        found.append(
            {
                "id": dialogue.id,
                "motivation": dialogue.facts["motivation"],
                "disposition": dialogue.facts["disposition"],
                "plan": dialogue.facts.get("plan"),
                "roles": dialogue.roles,
                "turns": list(zip(dialogue.turns, styled.turns, strict=True)),
            }
        )
    return found
