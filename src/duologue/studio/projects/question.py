"""What annotators are asked: a scale, a preference between two answers, one or several labels, or words.

Scale(name="natural", text="Is the exchange natural?", low=1, high=3, ends={1: "not at all", 3: "fully"})
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from duologue.errors import InputError

Of = Literal["item", "answers", "turns"]
"""What a question is asked of: once, of each of the answers, or of each of the turns that are to be labelled."""
_Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]


class _Question(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: _Name
    """In exports."""
    text: Annotated[str, Field(min_length=1, max_length=2000)]
    """As annotators read it."""
    help: str = ""
    """A line below it."""
    of: Of = "item"
    required: bool = True
    """An item is finished when all that is required has an answer."""


class Scale(_Question):
    """Whole numbers from `low` to `high`."""

    kind: Literal["scale"] = "scale"
    low: int = 1
    high: int = 5
    ends: dict[int, str] = {}
    """Value -> what it means."""

    @model_validator(mode="after")
    def _orders(self) -> Scale:
        if not self.low < self.high <= self.low + 20:
            raise ValueError("a scale goes from `low` up to `high`, by at most twenty")
        if odd := [value for value in self.ends if not self.low <= value <= self.high]:
            raise ValueError(f"`ends` names {odd[0]}, which is not on the scale")
        return self


class Rank(_Question):
    """A place for each answer: 1 is the best, the last is as many as there are answers; they may share one."""

    kind: Literal["rank"] = "rank"
    of: Literal["answers"] = "answers"


class Preference(_Question):
    """Which of two answers, and how much: from -`strength` (the one shown first) over 0 (neither) to `strength`."""

    kind: Literal["preference"] = "preference"
    of: Literal["item"] = "item"
    strength: Annotated[int, Field(ge=1, le=10)] = 4


class Choice(_Question):
    """One of several labels, or with `several` any number of them."""

    kind: Literal["choice"] = "choice"
    options: Annotated[dict[str, str], Field(min_length=2, max_length=60)]
    """Label -> as annotators read it."""
    several: bool = False

    @model_validator(mode="before")
    @classmethod
    def _listed(cls, given: Any) -> Any:
        if isinstance(given, dict) and isinstance(given.get("options"), list):
            return {**given, "options": {str(each): str(each) for each in given["options"]}}
        return given


class Words(_Question):
    """What annotators write."""

    kind: Literal["words"] = "words"
    required: bool = False
    most: Annotated[int, Field(ge=1, le=20_000)] = 2000
    """Characters."""


Question: TypeAlias = Annotated[Scale | Rank | Preference | Choice | Words, Field(discriminator="kind")]


def checked(question: Question, value: Any, *, answers: int) -> Any:
    """A value as it is kept.

    Args:
        question: that was asked.
        value: what came.
        answers: of the item, as many.

    Raises:
        InputError: it is no answer to the question.
    """
    right = False
    match question:
        case Scale():
            right = _whole(value) and question.low <= value <= question.high
        case Rank():
            right = _whole(value) and 1 <= value <= answers
        case Preference():
            right = _whole(value) and abs(value) <= question.strength
        case Choice(several=False):
            right = isinstance(value, str) and value in question.options
        case Choice():
            right = isinstance(value, list) and len(set(map(str, value))) == len(value)
            right = right and all(isinstance(each, str) and each in question.options for each in value)
            value = [each for each in question.options if right and each in value]
        case Words():
            right = isinstance(value, str) and len(value) <= question.most
    if not right:
        raise InputError(f"no answer to {question.name!r}", where=question.name, mend="choose one that is offered")
    return value


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
