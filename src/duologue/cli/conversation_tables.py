"""What `duologue evaluate conversations` prints: a table for each part of the control report."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from duologue.cli.results import interval_of, number, show_compared, show_figures
from duologue.evaluation.control import ControlScore
from duologue.evaluation.conversations import ConversationsScore


def show_conversations(score: ConversationsScore) -> None:
    """Print the parts that are there."""
    _show_control("control: is it told by what the user says? percent, on seeds held out", score.control)
    _show_control("control, by a model that is told the profiles; percent", score.judged)
    _show_control("control of the restyled conversations; percent, on seeds held out", score.restyled_control)
    found = score.diversity
    show_figures(
        f"diversity of {found.conversations} conversations, {found.messages} messages after the first, {found.words} "
        f"words; self-BLEU over {found.compared} conversations, embedding spread over {found.embedded} ({found.model})",
        found.figures,
    )
    turns = score.turn_taking
    lengths = ", ".join(f"{length} × {count}" for length, count in turns.lengths.items())
    show_figures(f"turn-taking, limit {turns.limit} characters; messages × conversations: {lengths}", turns.figures)
    if score.restyle is not None:
        restyled = score.restyle
        title = f"restyle fidelity of {restyled.conversations} conversations, limit {restyled.limit} characters"
        show_figures(title, restyled.figures)
    if score.contamination is not None:
        tests = score.contamination
        show_figures(
            f"contamination: percent of {tests.conversations} conversations with a run of {tests.run} words of "
            f"{tests.test_texts} test texts ({tests.left_out} too short to tell)",
            tests.figures,
        )
    if score.comparison is not None:
        cut = score.comparison.our_diversity
        show_compared(
            f"diversity beside the reference corpus, on {cut.words} and "
            f"{score.comparison.reference_diversity.words} words",
            score.comparison.diversity,
        )
        show_compared("turn-taking beside the reference corpus", score.comparison.turn_taking)


def _show_control(title: str, scores: Mapping[str, ControlScore]) -> None:
    if not scores:
        return
    console = Console(highlight=False, markup=False)
    console.print(title, soft_wrap=True)
    table = Table("", "right", "95 % interval", "chance", "by other trait", "shuffled", "p")
    for column in table.columns[1:]:
        column.justify = "right"
    for name, score in scores.items():
        accuracy, permuted = score.accuracy, score.permuted
        table.add_row(
            name,
            "–" if accuracy is None else number(accuracy.value),
            "" if accuracy is None else interval_of(accuracy.interval),
            number(max(score.chance["most_frequent"], score.chance["uniform"])),
            number(score.chance["other_trait"]),
            "–" if permuted is None else number(permuted.mean),
            "–" if permuted is None else f"{permuted.p:.3f}",
        )
    console.print(table)
    for name, score in scores.items():
        recall = ", ".join(f"{label} {value:.0f}" for label, value in score.recall.items())
        unusable = sum(found.get("", 0) for found in score.confusion.values())
        line = f"{name}, by {score.by}, {score.conversations} conversations of {score.seeds} seeds: {score.verdict}"
        line += f"; {unusable} answers named no profile" if unusable else ""
        console.print(line + (f"; recall: {recall}" if recall else ""), soft_wrap=True)
