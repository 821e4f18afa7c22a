"""`duologue flow SRC --out DIR`: clusters of utterances, the conversation graph, two corpora side by side.

duologue flow test.json --format multiwoz21 --services restaurant --out runs/flow
duologue flow runs/val/dialogues.jsonl --against val.json --against-format multiwoz21 --paired --out runs/before-after
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from duologue.cli.results import interval_of, list_problems, number
from duologue.corpora import formats
from duologue.dialogue import Dialogue, Problem
from duologue.errors import InputError
from duologue.files import write_json

if TYPE_CHECKING:
    from duologue.evaluation.flow.flow import Flow

_WORDS = 6


def flow(
    src: str,
    *,
    out: Path,
    format: str = "duologue",
    against: str | None = None,
    against_format: str | None = None,
    paired: bool = False,
    services: tuple[str, ...] = (),
    exactly: bool = False,
    limit: int | None = None,
    clusters: int | None = None,
    context: int = 0,
    threshold: float = 0.1,
    permutations: int = 1000,
    embeddings: str = "minilm",
    seed: int = 0,
    json: Path | None = None,
) -> int:
    """How conversations flow: clusters of utterances, what follows what, words that tell clusters apart.

    Parameters
    ----------
    src
        Dialogues; what operators inserted counts as said.
    out
        Folder for `flow.html`, `flow.json` (all figures), `graph.svg` and `heatmap.svg`.
    format
        Their format, e.g. `multiwoz21`.
    against
        Another corpus: also show shares side by side, the transitions that differ most, and how far the two are apart.
        The clusters are then found on both together.
    against_format
        Its format; by default that of SRC.
    paired
        Both hold the same dialogues, before and after an operator: compare those that are in both, pair by pair.
    services
        Only dialogues with this service (domain) in play; repeated, with all of them.
    exactly
        And with no other service.
    limit
        At most so many dialogues of each corpus, drawn by the seed and their ids.
    clusters
        How many. Default: chosen by silhouette, from half to twice the mean number of utterances of a dialogue.
    context
        Embed each utterance with so many before it.
    threshold
        The least probability of an arrow in the graph.
    permutations
        How often dialogues are dealt out anew to find what chance does.
    embeddings
        Model of meanings: the packaged `minilm`, or any sentence-transformers folder.
    seed
        Of all random choices.
    json
        Write all figures here as well.
    """
    from duologue.evaluation.flow.flow import measure_flow
    from duologue.evaluation.flow.selection import select
    from duologue.experiments.report.flow.page import write_flow
    from duologue.measures.embeddings import Embedder

    if context < 0 or permutations < 1 or (limit is not None and limit < 1) or (clusters is not None and clusters < 2):
        raise InputError(
            "expected --context of at least 0, --limit and --permutations of at least 1, --clusters of at least 2"
        )
    if not 0 < threshold <= 1:
        raise InputError(f"expected --threshold above 0 and at most 1, found {threshold}")
    if against is None and (paired or against_format is not None):
        raise InputError("--paired and --against-format need a second corpus", mend="name it with --against")
    odd: list[Problem] = []

    def chosen(path: str, name: str) -> list[Dialogue]:
        dialogues = formats.read(path, name, on_problem=odd.append)
        return select(dialogues, services=services, exactly=exactly, limit=limit, seed=seed, where=path)

    embedder = Embedder(embeddings, progress=sys.stderr.isatty())
    found = measure_flow(
        chosen(src, format),
        embedder,
        against=None if against is None else chosen(against, against_format or format),
        paired=paired,
        names=(src, f"{against} (again)" if against == src else against or ""),
        clusters=clusters,
        context=context,
        permutations=permutations,
        seed=seed,
    )
    page = write_flow(found, out, threshold=threshold)
    _show(found)
    if json is not None:
        write_json(json, found)
    print(f"page: {page}")
    return list_problems(odd, "odd places in the dialogues")


def _show(found: Flow) -> None:
    console = Console(highlight=False, markup=False)
    for corpus in found.corpora:
        console.print(f"{corpus.name}: {corpus.dialogues} dialogues, {corpus.utterances} utterances", soft_wrap=True)
    headings = ["share, %"] if found.comparison is None else ["ours, %", "reference, %"]
    table = Table("cluster", *headings, "said by", "words")
    for column in table.columns[1 : 1 + len(headings)]:
        column.justify = "right"
    for cluster in found.clusters:
        shares = [number(corpus.shares[cluster.number - 1].value) for corpus in found.corpora]
        said = ", ".join(f"{name} {100 * share:.0f} %" for name, share in cluster.speakers.items())
        words = cluster.words.get("log_linear") or cluster.words["counted"]
        table.add_row(str(cluster.number), *shares, said, " ".join(word.word for word in words[:_WORDS]))
    console.print(table)
    if found.comparison is not None:
        for name, each in found.comparison.divergence.items():
            console.print(
                f"divergence of {name}: {number(each.value)} bits ({interval_of(each.interval)}), observed "
                f"{number(each.observed)}, by chance {number(each.chance)}, p = {each.p:.3f}",
                soft_wrap=True,
            )
