"""Everything the interference table says about one file of predictions (spec/tod.md §2.9).

    score = score_interference(pair(predictions, references), "interference")
    table_row(score)["joint_goal_accuracy"].value

References are clean dialogues or augmented ones: with `variant="simpletod"` insertions are not part of the reference.
"""

from __future__ import annotations

import msgspec
import numpy as np

from duologue.evaluation.acknowledgement import AcknowledgementScore, score_acknowledgement
from duologue.evaluation.bleu import BleuScore, score_bleu
from duologue.evaluation.bootstrap import Difference, Figure, Floats, paired_bootstrap
from duologue.evaluation.dst import Definition, DstScore, compare_dst, score_dst
from duologue.evaluation.inform import InformScore, compare_inform, score_inform
from duologue.evaluation.pairing import Pairing
from duologue.evaluation.richness import RichnessScore, score_richness
from duologue.evaluation.tod.databases import Databases
from duologue.evaluation.tod.outcomes import TOTAL
from duologue.measures.embeddings import Embedder
from duologue.views.simpletod import Variant

ACKNOWLEDGED = ("backstory_similarity", "reaction_similarity", "overlap", "own_first")


class InterferenceScore(msgspec.Struct, frozen=True):
    """One system on one set of references.

    `acknowledgement` is None where nothing was augmented, `inform` (inform and success) without databases.
    """

    variant: Variant
    dialogues: int
    references: int
    turns: int
    dst: DstScore
    inform: InformScore | None
    bleu: BleuScore
    richness: RichnessScore
    acknowledgement: AcknowledgementScore | None


def score_interference(
    pairing: Pairing,
    variant: Variant = "interference",
    *,
    definition: Definition = "standard",
    embedder: Embedder | None = None,
    databases: Databases | None = None,
    seed: int = 0,
) -> InterferenceScore:
    """Score states, responses and reactions of one file of predictions.

    Args:
        pairing: predictions beside references.
        variant: how the references are rendered; the one that the system was asked with.
        definition: of joint goal accuracy.
        embedder: for acknowledgement; the packaged MiniLM by default.
        databases: for inform and success; without them there are none.
        seed: of the bootstrap.
    """
    return InterferenceScore(
        variant=variant,
        dialogues=len(pairing.dialogues),
        references=pairing.references,
        turns=sum(len(dialogue.pairs) for dialogue in pairing.dialogues),
        dst=score_dst(pairing, definition, seed=seed),
        inform=score_inform(pairing, databases, seed=seed) if databases is not None else None,
        bleu=score_bleu(pairing, variant, seed=seed),
        richness=score_richness(pairing, seed=seed),
        acknowledgement=score_acknowledgement(pairing, embedder, seed=seed) if variant == "interference" else None,
    )


def table_row(score: InterferenceScore) -> dict[str, Figure]:
    """The row of the report's table, figure by figure; what a file has no figure for is absent."""
    row = {
        name: Figure(getattr(score.dst, name), score.dst.intervals[name]) for name in ("joint_goal_accuracy", "slot_f1")
    }
    if score.inform is not None:
        for name in ("inform", "success"):
            row[name] = Figure(getattr(score.inform, name)[TOTAL], score.inform.intervals[name][TOTAL])
    row |= {f"bleu_{name}": Figure(part.bleu, part.interval) for name, part in score.bleu.parts.items()}
    for name in ("conditional_entropy", "trigrams"):
        row[name] = Figure(float(getattr(score.richness, name)), score.richness.intervals[name])
    if score.acknowledgement is not None:
        for name, interval in score.acknowledgement.intervals.items():
            row[f"acknowledgement_{name}"] = Figure(getattr(score.acknowledgement, name), interval)
    return row | {"turns": Figure(float(score.turns)), "dialogues": Figure(float(score.dialogues))}


def inform_by_domain(score: InformScore) -> dict[str, Figure]:
    """Inform and success of each domain, e.g. `inform hotel`."""
    return {
        f"{name} {domain}": Figure(getattr(score, name)[domain], score.intervals[name][domain])
        for domain in sorted(score.dialogues.keys() - {TOTAL})
        for name in ("inform", "success")
    }


def compare_interference(first: InterferenceScore, second: InterferenceScore, *, seed: int) -> dict[str, Difference]:
    """The first system minus the second on the dialogues that both answered, by paired bootstrap.

    Returns:
        Those of state tracking; of inform and success, in total and per domain, where both have them; of
        acknowledgement.
    """
    found = dict(compare_dst(first.dst, second.dst, seed=seed))
    if first.inform is not None and second.inform is not None:
        found |= compare_inform(first.inform, second.inform, seed=seed)
    if first.acknowledgement is not None and second.acknowledgement is not None:
        found |= _compare_acknowledgement(first.acknowledgement, second.acknowledgement, seed)
    return found


def _compare_acknowledgement(
    first: AcknowledgementScore, second: AcknowledgementScore, seed: int
) -> dict[str, Difference]:
    other = {(row.id, row.turn): row for row in second.rows}
    shared = [row for row in first.rows if (row.id, row.turn) in other]
    number = {name: at for at, name in enumerate(dict.fromkeys(row.id for row in shared))}
    found = {}
    for name in ACKNOWLEDGED:
        scale = 100.0 if name == "own_first" else 1.0
        sums: list[Floats] = [np.zeros((len(number), 2)), np.zeros((len(number), 2))]
        for row in shared:
            values = getattr(row, name), getattr(other[row.id, row.turn], name)
            if any(value is None or np.isnan(value) for value in values):
                continue
            for table, value in zip(sums, values, strict=True):
                table[number[row.id]] += (scale * value, 1.0)
        if sums[0][:, 1].any():
            found[name] = paired_bootstrap(sums[0], sums[1], _mean, seed=seed)
    return found


def _mean(total: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(total[:, 0] / total[:, 1])
