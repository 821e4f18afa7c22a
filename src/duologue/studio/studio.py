"""What a running studio is made of: the folder, the store, the secret, the projects.

with open_studio(Path("runs")) as studio:
app = make_app(studio)
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import msgspec

from duologue.errors import InputError
from duologue.evaluation.judge.pairwise_score import PairwiseScore
from duologue.models.budget import Budget
from duologue.models.generation.options import DecodingOptions
from duologue.models.spec import ModelOptions
from duologue.studio.attention.shelf import Shelf
from duologue.studio.chat.speakers import Speakers
from duologue.studio.chat.talks import Talks
from duologue.studio.kept_files import KeptFiles
from duologue.studio.place import Place
from duologue.studio.projects.item import Item
from duologue.studio.projects.making import make_items
from duologue.studio.projects.project import Project, read_project
from duologue.studio.runs.lines import Lines
from duologue.studio.secret import Secret
from duologue.studio.statistics.judges import read_verdicts
from duologue.studio.statistics.kept_figures import KeptFigures
from duologue.studio.store.database import open_database
from duologue.studio.store.lookups import Lookups
from duologue.studio.store.store import Store

logger = logging.getLogger("duologue")
PROJECTS = "projects"
"""The folder of projects, a YAML each."""
DATABASE = "studio.sqlite"


@dataclass(frozen=True)
class Opened:
    """A project and its items; `problems` is what was left out of them, and what is wrong."""

    project: Project
    items: dict[str, Item]
    checks: list[str]
    problems: list[str]


@dataclass(frozen=True)
class TalkOptions:
    """Chat.

    Attributes:
        models: those that the owner names, as specs.
        reached: how they are reached or loaded.
        budget: what they may be asked and may spend.
        decoding: how replies are decoded.
        seed: of sampling.
    """

    models: Sequence[str] = ("tiny",)
    reached: ModelOptions = field(default_factory=ModelOptions)
    budget: Budget = field(default_factory=Budget)
    decoding: DecodingOptions = field(default_factory=DecodingOptions)
    seed: int = 0


@dataclass
class Studio:
    """Everything that pages need.

    Attributes:
        place: the folder.
        store: the database.
        secret: signs.
        projects: by name, in the order of their files.
        unusable: files that are no projects, and why.
        token: what opens the owner's pages; None where only this machine reaches them.
        hosts: names under which the studio is reached.
        talk: with whom visitors may chat.
        at_work: answers that are being given.
    """

    place: Place
    store: Store
    secret: Secret
    projects: dict[str, Opened] = field(default_factory=dict)
    unusable: list[str] = field(default_factory=list)
    token: str | None = None
    hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "::1")
    talk: TalkOptions = field(default_factory=TalkOptions)
    at_work: set[asyncio.Task[None]] = field(default_factory=set)
    _names: dict[Path, str] = field(default_factory=dict)
    _adding: threading.Lock = field(default_factory=threading.Lock)

    @cached_property
    def lookups(self) -> Lookups:
        """Whose click it is, for all at once."""
        return Lookups(self.store.asked)

    @cached_property
    def speakers(self) -> Speakers:
        """The models of chat."""
        told = self.talk
        return Speakers(told.models, self.place, told.reached, told.budget, told.decoding.max_new_tokens)

    @cached_property
    def talks(self) -> Talks:
        """Visitors' conversations."""
        return Talks(self.place, self.talk.decoding, self.talk.seed)

    @cached_property
    def shelf(self) -> Shelf:
        """The attention maps."""
        return Shelf(self.place)

    @cached_property
    def files(self) -> KeptFiles[Lines]:
        """The JSONL files of runs."""
        return KeptFiles(Lines, most=16)

    @cached_property
    def scores(self) -> KeptFiles[PairwiseScore]:
        """What judges have said."""
        return KeptFiles(read_verdicts, most=16)

    @cached_property
    def figures(self) -> KeptFigures:
        """What annotations say."""
        return KeptFigures()

    def look(self) -> None:
        """Open the projects that are not open yet: what was written or mended since."""
        unusable = []
        for path in sorted((self.place.root / PROJECTS).glob("*.yaml")):
            try:
                self.add(path)
            except InputError as error:
                unusable.append(str(error))
                if str(error) not in self.unusable:
                    logger.warning("%s", error)
        self.unusable = unusable

    def add(self, path: Path) -> Opened:
        """Open a project of the folder, unless it is open.

        Raises:
            InputError: it cannot be used.
        """
        with self._adding:
            if path not in self._names:
                project = read_project(path)
                if project.name in self.projects:
                    raise InputError("another file has this project's name", where=str(path), mend="give it another")
                self.projects[project.name] = _opened(project, self.place, self.store)
                self._names[path] = project.name
            return self.projects[self._names[path]]


@contextmanager
def open_studio(
    root: Path,
    *,
    database: str | None = None,
    token: str | None = None,
    hosts: tuple[str, ...] = (),
    talk: TalkOptions | None = None,
) -> Iterator[Studio]:
    """Open a folder.

    Args:
        root: what is served.
        database: URL; by default SQLite in the folder.
        token: see Studio.
        hosts: more names under which it is reached.
        talk: with whom visitors may chat; by default the embedded model.

    Raises:
        InputError: the folder or the database cannot be used.
    """
    place = Place(root)
    secret = Secret.of(place.own)
    engine = open_database(database or f"sqlite:///{place.own / DATABASE}")
    with Store(engine) as store:
        studio = Studio(place, store, secret, token=token, hosts=(*Studio.hosts, *hosts), talk=talk or TalkOptions())
        studio.look()
        yield studio


def _opened(project: Project, place: Place, store: Store) -> Opened:
    made = make_items(project, place.inside)
    problems = list(made.problems)
    bodies = {item.id: msgspec.to_builtins(item) for item in made.items}
    checks = {item.id: msgspec.to_builtins(item) for item in made.checks}
    if not store.put_project(project.name, bodies, checks):
        problems.append("people have begun, so the items are those they began with; give other items another name")
    kept = store.snapshot(project.name)
    items = {id: msgspec.convert(body, Item) for id, body in kept.items.items()}
    return Opened(project, items, [id for id, item in items.items() if item.expected], problems)
