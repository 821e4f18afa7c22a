"""Predictions beside the references they answer, turn by turn, and what does not fit.

Every metric begins here, so all of them agree on what is counted: a system turn of a predicted dialogue that has no
prediction is wrong rather than left out; a dialogue without any prediction is not scored (a file may be partial), but
`Pairing.references` says how many there are.

    pairing = pair(read_rows("predictions.jsonl", DialoguePrediction), read("test.jsonl"))
    for problem in pairing.problems: print(problem)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from msgspec.structs import replace

from duologue.dialogue import BeliefState, Dialogue, DialoguePrediction, Turn, TurnPrediction
from duologue.errors import InputError
from duologue.views.simpletod import is_chitchat


class Pair(NamedTuple):
    """A system turn and its prediction.

    Attributes:
        position: the turn's index in its dialogue.
        turn: the reference turn.
        before: the turn before it; None where it opens the dialogue.
        state: the gold belief state; None where the dialogue has none so far, or the turn is chitchat.
        prediction: None where there is none.
    """

    position: int
    turn: Turn
    before: Turn | None
    state: BeliefState | None
    prediction: TurnPrediction | None

    @property
    def augmented(self) -> bool:
        """Whether an operator inserted something here, in the user's turn or in the system's."""
        return bool(self.turn.insertions or (self.before is not None and self.before.insertions))

    @property
    def response(self) -> str:
        """The predicted response; empty where there is none."""
        return "" if self.prediction is None else " ".join(self.prediction.response.split())


class PairedDialogue(NamedTuple):
    """A reference dialogue that has predictions, and its system turns."""

    reference: Dialogue
    pairs: list[Pair]

    @property
    def id(self) -> str:
        """The dialogue's id."""
        return self.reference.id


class Pairing(NamedTuple):
    """What is scored, what does not fit, and how many reference dialogues there are."""

    dialogues: list[PairedDialogue]
    problems: list[str]
    references: int


def pair(predictions: Iterable[DialoguePrediction], references: Iterable[Dialogue]) -> Pairing:
    """Put each system turn of the predicted dialogues beside its prediction.

    Raises:
        InputError: no prediction is for a reference dialogue.
    """
    predicted: dict[str, DialoguePrediction] = {}
    problems = []
    for row in predictions:
        if row.id in predicted:
            problems.append(f"dialogue {row.id}: predicted more than once; the first is scored")
        predicted.setdefault(row.id, row)
    dialogues = []
    count = 0
    for reference in references:
        count += 1
        found = predicted.pop(reference.id, None)
        if found is not None:
            answers = {each.turn: each for each in found.turns}
            pairs = list(_pairs(reference, answers))
            dialogues.append(PairedDialogue(reference, pairs))
            missing = [str(each.position) for each in pairs if each.prediction is None]
            if missing:
                problems.append(f"dialogue {reference.id}: no prediction for system turn {', '.join(missing)}")
            odd = sorted(answers.keys() - {each.position for each in pairs})
            if odd:
                problems.append(f"dialogue {reference.id}: turn {', '.join(map(str, odd))} is no system turn")
    problems += [f"dialogue {name}: predicted, but not among the references" for name in predicted]
    if not dialogues:
        raise InputError(
            f"none of the {len(problems)} predicted dialogues is among the {count} references",
            where="predictions",
            mend="give the file the system answered as --reference, in its --format",
        )
    return Pairing(dialogues, problems, count)


def _pairs(dialogue: Dialogue, answers: dict[int, TurnPrediction]) -> Iterator[Pair]:
    state: BeliefState | None = None
    before: Turn | None = None
    for index, turn in enumerate(dialogue.turns):
        if turn.speaker == "user" and turn.state is not None:
            state = turn.state
        if turn.speaker == "system":
            yield Pair(index, turn, before, None if is_chitchat(turn) else state, answers.get(index))
        before = turn


def with_states(rows: Iterable[DialoguePrediction]) -> Iterator[DialoguePrediction]:
    """For a system that writes a state at every turn: one that could not be read is an empty one, not the gold one."""
    for row in rows:
        yield replace(row, turns=[replace(turn, state=turn.state or {}) for turn in row.turns])
