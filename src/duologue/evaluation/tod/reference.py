"""What the evaluator must know of a reference dialogue: goal, bookings, gold states, delexicalised responses.

The original takes all of it from files that it ships or downloads; here it follows from the corpus, and whoever has the
original files may pass them instead (`Overrides`). Gold states take the first of several alternatives and leave out
"don't care" (spec/tod.md §5.5, §5.9).

    references = References(read("test.json"))
    references.take("mul0001").goal

Dialogues are read only as far as the predictions ask for: with predictions in the corpus's order one is held at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import GenericAlias
from typing import NamedTuple, TypeVar

import msgspec

from duologue.dialogue import BeliefState, Dialogue
from duologue.errors import InputError
from duologue.evaluation.tod.goals import EvaluationGoal, evaluation_goal, requested_class
from duologue.evaluation.tod.values import State, normalise_state
from duologue.views.delexicalise import delexicalise

_BOOKABLE = frozenset({"hotel", "restaurant", "train", "hospital"})
Value = TypeVar("Value")


class TodReference(NamedTuple):
    """One reference dialogue, turn by system turn.

    Attributes:
        id: as the corpus writes it.
        goal: domain -> goal.
        positions: of the system turns in the dialogue.
        booked: per system turn, the domains with a booking by then.
        states: per system turn, the gold state in the evaluator's names and spellings.
        responses: per system turn, the text with `[slot]` for the values that spans mark.
        asked: domain -> class, e.g. `PHONE` -> positions of the user turns that ask for it.
        texts: what is said in the dialogue, of every turn, insertions in their place.
    """

    id: str
    goal: Mapping[str, EvaluationGoal]
    positions: tuple[int, ...]
    booked: Sequence[frozenset[str]]
    states: Sequence[State]
    responses: Sequence[str]
    asked: Mapping[str, Mapping[str, list[int]]]
    texts: Sequence[str]


class Overrides(NamedTuple):
    """Files of the original evaluator by dialogue id (lower case), each used in place of what the corpus says."""

    goals: Mapping[str, Mapping[str, EvaluationGoal]] | None = None
    booked: Mapping[str, list[list[str]]] | None = None
    states: Mapping[str, list[dict[str, dict[str, str]]]] | None = None


class References:
    """Reference dialogues by id, read as they are asked for."""

    def __init__(self, dialogues: Iterable[Dialogue], overrides: Overrides | None = None) -> None:
        """Look up dialogues of an iterable, which is used up in the course.

        Args:
            dialogues: the reference corpus.
            overrides: files to use in place of what the corpus says.
        """
        self._coming = iter(dialogues)
        self._overrides = overrides or Overrides()
        self._waiting: dict[str, TodReference] = {}
        self._read = 0

    def take(self, name: str) -> TodReference | None:
        """The dialogue of an id (in any case, with or without `.json`), which is then forgotten; None for no such."""
        wanted = dialogue_key(name)
        if wanted in self._waiting:
            return self._waiting.pop(wanted)
        for dialogue in self._coming:
            self._read += 1
            key = dialogue_key(dialogue.id)
            reference = tod_reference(dialogue, self._overrides)
            if key == wanted:
                return reference
            self._waiting[key] = reference
        return None

    def count(self) -> int:
        """How many dialogues the corpus has; reads what is left of it."""
        self._read += sum(1 for _ in self._coming)
        return self._read


def dialogue_key(name: str) -> str:
    """An id as the public files write it: lower case, without `.json`."""
    return name.lower().removesuffix(".json")


def tod_reference(dialogue: Dialogue, overrides: Overrides | None = None) -> TodReference:
    """Derive what the evaluator must know of a dialogue."""
    key, given = dialogue_key(dialogue.id), overrides or Overrides()
    positions: list[int] = []
    booked: list[frozenset[str]] = []
    states: list[State] = []
    responses: list[str] = []
    asked: dict[str, dict[str, list[int]]] = {}
    state: State = {}
    for position, turn in enumerate(dialogue.turns):
        if turn.speaker == "user":
            state = gold_state(turn.state) if turn.state is not None else state
            for act in turn.acts or ():
                name = requested_class(act.domain, act.slot) if act.intent == "request" and act.slot else None
                if name:
                    asked.setdefault(act.domain, {}).setdefault(name, []).append(position)
        elif turn.speaker == "system":
            positions.append(position)
            booked.append(frozenset(domain for domain, made in turn.booked.items() if made) & _BOOKABLE)
            states.append(state)
            responses.append(delexicalise(turn.text, turn.spans))
    if given.booked is not None:
        booked = [frozenset(domains) for domains in given.booked.get(key, [])]
    if given.states is not None:
        states = [normalise_state(each) for each in given.states.get(key, [])]
    texts = [turn.said for turn in dialogue.turns]
    goal = evaluation_goal(dialogue.goal) if given.goals is None else given.goals.get(key, {})
    return TodReference(dialogue.id, goal, tuple(positions), booked, states, responses, asked, texts)


def gold_state(state: BeliefState) -> dict[str, dict[str, str]]:
    """A corpus's belief state as the evaluator reads it."""
    first = {
        domain: {slot: values[0] for slot, values in slots.items() if values and "dontcare" not in values}
        for domain, slots in state.items()
    }
    return normalise_state({domain: slots for domain, slots in first.items() if slots})


def read_by_dialogue(path: Path, value: type[Value], what: str) -> dict[str, Value]:
    """A JSON file of the original evaluator that holds something for each dialogue; ids become lower case.

    Args:
        path: the file.
        value: what it must hold for a dialogue, e.g. `list[str]`.
        what: what it holds, for the error.

    Raises:
        InputError: the file is missing or laid out otherwise.
    """
    try:
        found: dict[str, Value] = msgspec.json.decode(path.read_bytes(), type=GenericAlias(dict, (str, value)))
    except FileNotFoundError:
        raise InputError(f"no such file of {what}", where=str(path), mend="check the path") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(
            f"expected JSON with {what} by dialogue ({error})", where=str(path), mend="give the original file"
        ) from None
    return {dialogue_key(name): held for name, held in found.items()}
