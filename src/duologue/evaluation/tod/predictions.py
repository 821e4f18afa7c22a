"""What is evaluated: the public predictions JSON, or the JSONL that `duologue respond` writes, dialogue by dialogue.

The public layout is `{dialogue: [{response, state?, active_domains?}]}`, one entry per system turn; ours names the
turn. Both may be partial. Of a JSONL file that is still being written the whole lines count.

    for prediction in read_predictions("ubar.json"): prediction.turns[0].state
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeAlias

import msgspec

from duologue.corpora.json_stream import read_object
from duologue.dialogue import DialoguePrediction, open_bytes, read_rows
from duologue.errors import InputError
from duologue.evaluation.tod.values import State
from duologue.views.delexicalise import delexicalise
from duologue.views.find_values import ValueFinder

_OWN_ROW = re.compile(rb'\s*\{\s*"(?:id"\s*:\s*"|turns"\s*:\s*\[)')
Value: TypeAlias = str | int | float | list[str] | None


class TodTurn(NamedTuple):
    """One answer.

    Attributes:
        response: delexicalised.
        state: the predicted state; None where there is none.
        active_domains: None where the system does not say.
        position: the turn's index in its dialogue; None where only the order of system turns is known.
    """

    response: str
    state: State | None = None
    active_domains: list[str] | None = None
    position: int | None = None


class TodPrediction(NamedTuple):
    """A system's answers to one dialogue, in order."""

    id: str
    turns: list[TodTurn]


class Survey(NamedTuple):
    """What a file offers.

    Attributes:
        dialogues: how many are predicted.
        has_states: whether predicted states are judged. In the public layout they must be on every turn. In ours a turn
            without one is a state that could not be read, an empty one, as long as any turn has one.
        has_active_domains: whether every turn says its domains.
    """

    dialogues: int
    has_states: bool
    has_active_domains: bool


class _PublicTurn(msgspec.Struct):
    response: str
    state: dict[str, dict[str, Value]] | None = None
    active_domains: list[str] | None = None


def read_predictions(path: str | Path) -> Iterator[TodPrediction]:
    """Stream the predictions of a file, in either layout.

    Raises:
        InputError: the file is missing or laid out otherwise; names the dialogue or line.
    """
    if _is_ours(path):
        yield from map(from_rows, read_rows(path, DialoguePrediction, growing=True))
        return
    for name, turns in read_object(path):
        yield TodPrediction(name, [_from_public(turn) for turn in _checked(path, name, turns)])


def delexicalised(prediction: TodPrediction, finder: ValueFinder) -> TodPrediction:
    """The same with placeholders for the values in its responses; those of placeholders stay as they are."""
    turns = [
        turn._replace(response=delexicalise(turn.response, finder.spans(turn.response))) for turn in prediction.turns
    ]
    return prediction._replace(turns=turns)


def survey(predictions: Iterable[TodPrediction], *, ours: bool = False) -> Survey:
    """Look through predictions for what their turns have.

    Args:
        predictions: all that will be judged.
        ours: whether they come from our own layout.
    """
    dialogues = turns = states = active = 0
    for prediction in predictions:
        dialogues += 1
        turns += len(prediction.turns)
        states += sum(turn.state is not None for turn in prediction.turns)
        active += sum(turn.active_domains is not None for turn in prediction.turns)
    return Survey(dialogues, states > 0 if ours else 0 < turns == states, 0 < turns == active)


def surveyed(path: str | Path) -> tuple[Survey, Iterator[TodPrediction]]:
    """What a file offers, and its predictions as they were when it was looked through."""
    found = survey(read_predictions(path), ours=_is_ours(path))
    return found, islice(read_predictions(path), found.dialogues)


def _is_ours(path: str | Path) -> bool:
    with open_bytes(path) as file:
        return _OWN_ROW.match(file.read(4096).removeprefix(b"\xef\xbb\xbf")) is not None


def from_rows(row: DialoguePrediction) -> TodPrediction:
    """Our own row; of a slot's values the first counts."""
    return TodPrediction(
        row.id,
        [
            TodTurn(
                each.response,
                None if each.state is None else _texts(each.state),
                each.active_domains,
                each.turn,
            )
            for each in row.turns
        ],
    )


def _checked(path: str | Path, name: str, turns: object) -> list[_PublicTurn]:
    try:
        return msgspec.convert(turns, list[_PublicTurn])
    except msgspec.ValidationError as error:
        raise InputError(
            str(error),
            where=f"{path}, dialogue {name}",
            mend='expected {"dialogue": [{"response": text, "state": {…}, "active_domains": […]}, …], …}',
        ) from None


def _from_public(turn: _PublicTurn) -> TodTurn:
    return TodTurn(turn.response, None if turn.state is None else _texts(turn.state), turn.active_domains)


def _texts(state: dict[str, dict[str, Value]] | dict[str, dict[str, list[str]]]) -> State:
    return {
        domain: {slot: text for slot, value in slots.items() if (text := _text(value)) is not None}
        for domain, slots in state.items()
    }


def _text(value: Value) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return value[0] if value else None
    return None if value is None else str(value)
