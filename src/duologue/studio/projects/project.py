"""A project: what is shown, what is asked, by whom; from a short YAML. The shipped types lie in `types/`.

project = read_project(Path("tasks/ranking.yaml"))

# tasks/ranking.yaml
type: ranking
from:
systems: {one: runs/one/dialogues.jsonl, other: runs/other/dialogues.jsonl}
overlap: 2
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from duologue.errors import InputError, explain
from duologue.studio.projects.question import Question

TYPES = ("interference", "ranking", "pairwise", "turns", "clarification")
_Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]


class Source(BaseModel):
    """What items are made of; paths are from the studio's folder."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    dialogues: str | None = None
    """Dialogues whose exchanges, turns or questions are judged."""
    systems: dict[str, str] = {}
    """Name -> its answers: dialogues with branches, or predictions of `reference`."""
    layouts: dict[str, str] = {}
    """System -> the layout of its branches, where its file has several."""
    reference: str | None = None
    """The dialogues that predictions answer."""
    items: str | None = None
    """Ready items, JSONL."""
    format: str = "duologue"
    """Of dialogues and reference."""
    history: Annotated[int | None, Field(ge=1)] = None
    """Most turns that are shown before what is judged."""
    speaker: Literal["user", "system", "both"] = "both"
    """Whose turns are labelled."""
    limit: Annotated[int | None, Field(ge=1)] = None
    """At most so many items, drawn by the project's seed."""
    judges: dict[str, str] = {}
    """Name of a judge -> folder of `duologue evaluate judge` over the same answers; shown beside people."""

    @model_validator(mode="after")
    def _one(self) -> Source:
        if sum(map(bool, (self.dialogues, self.systems, self.items))) != 1:
            raise ValueError("give one of `dialogues`, `systems` and `items`")
        if self.systems and not 2 <= len(self.systems) <= 9:
            raise ValueError("two to nine systems can be compared")
        if odd := self.layouts.keys() - self.systems.keys():
            raise ValueError(f"`layouts` names {min(odd)!r}, which is none of `systems`")
        if self.judges and self.dialogues:
            raise ValueError("`judges` are for projects that compare answers")
        return self


class Checks(BaseModel):
    """Attention checks: items whose answer is known, mixed in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    items: str
    """Items with `expected`, JSONL."""
    every: Annotated[int, Field(ge=2)] = 10
    """One of so many items is a check."""


class Project(BaseModel):
    """A resolved project."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    name: _Name
    title: Annotated[str, Field(min_length=1, max_length=200)]
    shows: Literal["exchanges", "answers", "turns", "questions", "items"]
    """What an item is."""
    instructions: str
    """Markdown."""
    questions: Annotated[tuple[Question, ...], Field(min_length=1, max_length=30)]
    source: Annotated[Source, Field(alias="from")]
    checks: Checks | None = None
    overlap: Annotated[int, Field(ge=1)] = 2
    """People who judge an item."""
    per_annotator: Annotated[int | None, Field(ge=1)] = None
    """Items for one person, at most."""
    skip: bool = True
    """Whether an item may be left out."""
    comment: bool = True
    """Whether remarks may be written."""
    seed: int = 0

    @model_validator(mode="after")
    def _fits(self) -> Project:
        names = [question.name for question in self.questions]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"two questions are called {twice!r}")
        if any(question.kind == "preference" for question in self.questions) and len(self.source.systems) > 2:
            raise ValueError("a preference is between two systems")
        if self.source.items is None and (self.shows == "answers") != bool(self.source.systems):
            raise ValueError("`systems` are for projects that show answers, `dialogues` for the others")
        return self

    def question(self, name: str) -> Question | None:
        """The question of this name."""
        return next((question for question in self.questions if question.name == name), None)


def read_project(path: Path) -> Project:
    """A project from its YAML; what the file leaves out is the type's.

    Raises:
        InputError: it cannot be used; says where.
    """
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("cannot be read", where=str(path), mend=str(error)) from None
    except yaml.YAMLError as error:
        raise InputError(f"no YAML: {error}", where=str(path), mend="mend the file") from None
    if not isinstance(given, dict):
        raise InputError("a project is a mapping", where=str(path), mend="begin with `type:` and `from:`")
    try:
        return Project.model_validate({"name": path.stem, **_type(given.pop("type", None)), **given})
    except ValidationError as error:
        raise InputError(explain(error), where=str(path), mend="mend the project") from None
    except ValueError as error:
        raise InputError(str(error), where=str(path), mend="mend the project") from None


def _type(name: Any) -> dict[str, Any]:
    if name is None:
        return {}
    if name not in TYPES:
        raise ValueError(f"there is no type {name!r}: there are {', '.join(TYPES)}")
    text = files("duologue.studio.projects").joinpath("types", f"{name}.yaml").read_text(encoding="utf-8")
    settings: dict[str, Any] = yaml.safe_load(text)
    return settings
