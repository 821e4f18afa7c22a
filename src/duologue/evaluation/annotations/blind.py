"""Blind tasks of comparisons for annotators, and the key that stays at home.

    made = blind_tasks(found, seed=7, limit=45)
    write_blind(Path("blind"), made)               # tasks.json, labelling.xml, key.jsonl

Which answer stands left is drawn for each comparison; nothing in a task says which system gave it, nor how it measures;
its id is a hash. All texts are escaped HTML, so that what a model wrote is shown and never run. Conversations come in
drawn order, one comparison of each before the second of any, and of its strategies the one that was taken least often.
"""

from __future__ import annotations

import hashlib
import html
import random
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import jinja2

from duologue.corpora.json_stream import write_list
from duologue.corpora.strategies import Strategy
from duologue.dialogue import Turn, write_rows
from duologue.evaluation.annotations.key import KeyRow
from duologue.evaluation.annotations.label_studio import PREFERENCE
from duologue.evaluation.comparisons.comparison import Comparison, Comparisons
from duologue.files import write_text

TASKS, CONFIG, KEY = "tasks.json", "labelling.xml", "key.jsonl"
_NAMES = {"user": "user", "system": "assistant", "tool": "tool"}
NO_STRATEGY = "(none)"
STRENGTHS = 4
"""Preferences go from -4 (left) to 4 (right), as in the published annotations."""


class Blind(NamedTuple):
    """Tasks as Label Studio imports them, and their key, in the same order."""

    tasks: list[dict[str, Any]]
    key: list[KeyRow]


def blind_tasks(found: Comparisons, *, seed: int = 0, limit: int | None = None) -> Blind:
    """Make blind tasks.

    Args:
        found: what is compared.
        seed: of sides and order; the same seed gives the same tasks.
        limit: at most so many.
    """
    tasks, key = [], []
    for each in _spread(found.comparisons, seed, limit):
        rng = random.Random(f"{seed}:sides:{each.id}")
        sides = [(found.systems[0], each.first), (found.systems[1], each.second)]
        rng.shuffle(sides)
        (left, left_answer), (right, right_answer) = sides
        name = hashlib.sha256(f"{seed}:{found.systems}:{each.id}".encode()).hexdigest()[:16]
        data = {
            "task": name,
            "strategy": _strategy(each.strategy),
            "history": _history(each.history, each.first.roles),
            "left": _lines(left_answer.text),
            "right": _lines(right_answer.text),
        }
        measures = {
            measure: (float(left_answer.measures[measure]), float(right_answer.measures[measure]))
            for measure in sorted(left_answer.measures.keys() & right_answer.measures.keys())
        }
        tasks.append({"data": data})
        key.append(
            KeyRow(
                task=name,
                left=left,
                right=right,
                comparison=each.id,
                strategy=each.strategy.name if each.strategy else None,
                left_answer=left_answer.id,
                right_answer=right_answer.id,
                left_layout=left_answer.layout,
                right_layout=right_answer.layout,
                measures=measures,
            )
        )
    return Blind(tasks, key)


def write_blind(folder: Path, made: Blind) -> None:
    """Write tasks, the labelling configuration, and the key."""
    folder.mkdir(parents=True, exist_ok=True)
    write_list(folder / TASKS, made.tasks)
    write_text(folder / CONFIG, labelling_config())
    write_rows(folder / KEY, made.key)


def labelling_config() -> str:
    """The XML that Label Studio asks for when a project is set up."""
    source = files("duologue.evaluation.annotations").joinpath("labelling.xml.jinja").read_text(encoding="utf-8")
    template = jinja2.Environment(trim_blocks=True, lstrip_blocks=True, autoescape=True).from_string(source)
    return template.render(control=PREFERENCE, values=range(-STRENGTHS, STRENGTHS + 1)) + "\n"


def _spread(comparisons: Sequence[Comparison], seed: int, limit: int | None) -> Iterator[Comparison]:
    """One comparison of each conversation, then a second of each, and so on; of the least used strategy."""
    waiting: dict[str, list[Comparison]] = defaultdict(list)
    for each in comparisons:
        waiting[each.conversation].append(each)
    rng = random.Random(f"{seed}:order")
    turn = deque(sorted(waiting))
    rng.shuffle(turn)
    used: Counter[str] = Counter()
    for _ in range(len(comparisons) if limit is None else min(limit, len(comparisons))):
        own = waiting[turn[0]]
        rng.shuffle(own)
        taken = min(own, key=lambda each: used[each.strategy.name if each.strategy else ""])
        own.remove(taken)
        used[taken.strategy.name if taken.strategy else ""] += 1
        yield taken
        turn.rotate(-1)
        while turn and not waiting[turn[0]]:
            turn.popleft()


def _strategy(strategy: Strategy | None) -> str:
    if strategy is None:
        return NO_STRATEGY
    told = f": {_lines(strategy.description)}" if strategy.description else ""
    return f"<b>{_lines(strategy.name)}</b>{told}"


def _history(turns: Sequence[Turn], roles: dict[str, str]) -> str:
    names = _NAMES | roles
    return "<br>".join(f"<b>{_lines(names[turn.speaker])}</b>: {_lines(turn.said)}" for turn in turns)


def _lines(text: str) -> str:
    return html.escape(text.strip()).replace("\n", "<br>")
