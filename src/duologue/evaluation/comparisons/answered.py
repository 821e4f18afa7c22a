"""One system's answers to histories: the branches of continued dialogues, or predictions beside what they answer.

    for each in answers_of_branches("runs/c1/dialogues.jsonl"): print(each.key, each.text)

`key` names what was answered: the conversation, the place in it and the strategy. Two systems' answers with the same
key can be compared, wherever they stand in their files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from duologue.corpora.strategies import ESCONV, EXTENDED, UNCONDITIONAL, Strategies, Strategy
from duologue.corpora.strategy_labels import LAYOUT, STRATEGY
from duologue.corpora.strategy_replies import conversation_of
from duologue.dialogue import Branch, Dialogue, DialoguePrediction, Turn, parent_id, read, read_rows
from duologue.errors import InputError

_KNOWN = {**ESCONV, **EXTENDED}


class Answered(NamedTuple):
    """An answer and what it answers.

    Attributes:
        key: of conversation, place and strategy.
        id: the answer's own: of its branch, or `dialogue, turn N`.
        text: what the system said; empty where it gave no answer.
        conversation: the conversation the history is from; one has several keys.
        history: the turns before.
        roles: who speaks, where the corpus has names of its own.
        strategy: what was to be followed.
        layout: how the prompt was laid out, where that is known.
        measures: the branch's scores.
    """

    key: str
    id: str
    text: str
    conversation: str
    history: list[Turn]
    roles: dict[str, str]
    strategy: Strategy | None = None
    layout: str = ""
    measures: Mapping[str, float] = {}


def answers_of_branches(
    path: str | Path, *, layout: str | None = None, strategies: Strategies | None = None
) -> Iterator[Answered]:
    """The branches of dialogues, as `synthesize continuation` makes them.

    Args:
        path: dialogues, or the folder with `dialogues.jsonl`.
        layout: take only branches of this layout.
        strategies: what the strategies mean; by default ESConv's eight and the extended fifteen.

    Raises:
        InputError: no dialogue has a branch (of this layout).
    """
    file, met, count = dialogues_file(path), set[str](), 0
    for dialogue in read(file):
        for branch in dialogue.branches:
            answered = _of_branch(dialogue, branch, strategies)
            met.add(answered.layout)
            if layout in (None, answered.layout):
                count += 1
                yield answered
    if not count:
        what = f"no branch has the layout {layout!r}" if met else "no dialogue has a branch"
        mend = f"there are {', '.join(sorted(met))}" if met else "give dialogues of `duologue synthesize continuation`"
        raise InputError(what, where=str(file), mend=mend)


def answers_of_predictions(path: str | Path, references: Iterable[Dialogue]) -> Iterator[Answered]:
    """Predictions of `duologue respond`: their histories are those of the reference dialogues.

    Raises:
        InputError: no prediction is for a reference dialogue, or one is for a turn that is not there.
    """
    predicted = {row.id: row for row in read_rows(path, DialoguePrediction)}
    count = 0
    for reference in references:
        row = predicted.get(reference.id)
        for turn in row.turns if row else ():
            if not 0 <= turn.turn < len(reference.turns):
                where = f"{path}, dialogue {reference.id}"
                raise InputError(f"there is no turn {turn.turn}", where=where, mend="give the dialogues it answers")
            count += 1
            place = f"{reference.id}, turn {turn.turn}"
            text = " ".join((turn.said or turn.response).split())
            history = reference.turns[: turn.turn]
            yield Answered(place, place, text, conversation_of(reference), history, reference.roles)
    if not count:
        mend = "give the dialogues that were answered as --reference, in their --format"
        raise InputError("no prediction is for a reference dialogue", where=str(path), mend=mend)


def dialogues_file(path: str | Path) -> Path:
    """The file itself, or a run folder's `dialogues.jsonl`."""
    return Path(path) / "dialogues.jsonl" if Path(path).is_dir() else Path(path)


def _of_branch(dialogue: Dialogue, branch: Branch, strategies: Strategies | None) -> Answered:
    name = next(iter(branch.labels.get(STRATEGY, ())), UNCONDITIONAL)
    draw = branch.origin.draw if branch.origin else 0
    said = next((turn.said for turn in branch.turns if turn.speaker == "system"), "")
    return Answered(
        key=f"{parent_id(dialogue)}, turn {branch.at}, {name}" + (f", draw {draw}" if draw else ""),
        id=branch.id,
        text=said.strip(),
        conversation=conversation_of(dialogue),
        history=dialogue.turns[: branch.at],
        roles=dialogue.roles,
        strategy=None if name == UNCONDITIONAL else _meaning(name, strategies),
        layout=next(iter(branch.labels.get(LAYOUT, ())), ""),
        measures=branch.scores,
    )


def _meaning(name: str, strategies: Strategies | None) -> Strategy:
    known = _KNOWN if strategies is None else strategies
    return known.get(name) or Strategy(name, "", ())
