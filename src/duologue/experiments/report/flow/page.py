"""What `duologue flow` leaves: a page, the graph and the heat-map as files of their own, and all figures.

    write_flow(measure_flow(dialogues), Path("runs/flow"))       # runs/flow/flow.html

One HTML file, nothing fetched; a click on a cluster of the graph leads to its card.
"""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup

from duologue import __version__
from duologue.evaluation.flow.flow import Flow
from duologue.experiments.report.flow.graph import THRESHOLD, conversation_graph
from duologue.experiments.report.flow.heat_map import difference_map, heat_map
from duologue.experiments.report.plots import curve
from duologue.experiments.report.render import render_page
from duologue.files import write_json, write_text

PAGE, FIGURES, GRAPH, HEAT_MAP = "flow.html", "flow.json", "graph.svg", "heatmap.svg"
_SERVICES = 12


def write_flow(flow: Flow, folder: Path, *, threshold: float = THRESHOLD) -> Path:
    """Write `flow.html`, `flow.json`, `graph.svg` and `heatmap.svg`; return the page.

    Args:
        flow: of one corpus or two.
        folder: made where it is missing.
        threshold: the least probability of an arrow in the graph.
    """
    maps = _heat_maps(flow)
    write_json(folder / FIGURES, flow)
    write_text(folder / GRAPH, conversation_graph(flow, threshold=threshold, links=False))
    write_text(folder / HEAT_MAP, next(iter(maps.values())))
    page = render_page(
        "flow/page.html.jinja",
        flow=flow,
        threshold=threshold,
        graph=Markup(conversation_graph(flow, threshold=threshold)),
        maps={title: Markup(svg) for title, svg in maps.items()},
        silhouettes=_silhouettes(flow),
        services={
            corpus.name: list(corpus.services.items())[:_SERVICES]
            for corpus in flow.corpora
            if any(corpus.services)  # a combination that has a name
        },
        version=__version__,
    )
    write_text(folder / PAGE, page)
    return folder / PAGE


def _heat_maps(flow: Flow) -> dict[str, str]:
    """Title -> SVG; of two corpora the difference comes first."""
    maps = {corpus.name: heat_map(corpus.transitions) for corpus in flow.corpora}
    if len(flow.corpora) == 1:
        return maps
    ours, reference = flow.corpora
    return {f"{ours.name} minus {reference.name}": difference_map(ours.transitions, reference.transitions), **maps}


def _silhouettes(flow: Flow) -> Markup | None:
    choice = flow.choice
    if len(choice.silhouettes) < 2:
        return None
    return Markup(curve(choice.silhouettes, chosen=choice.clusters, across="clusters", up="mean silhouette"))
