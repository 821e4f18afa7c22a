"""Everything that is asked of the database, in terms of projects, people and what they did.

with Store(open_database("sqlite:///studio.sqlite")) as store:
store.put_project("ranking", items)
person = store.add_annotator("ranking", "Ada")
item = store.next_item("ranking", person.id, overlap=2)
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Connection, Engine, delete, func, insert, select, tuple_, update

from duologue.studio.store.event import Event, State
from duologue.studio.store.tables import annotators, assignments, events, items, projects
from duologue.studio.store.writer import Writer, as_event, as_utc


class Annotator(NamedTuple):
    """A person with a link of their own to one project; times are UTC."""

    id: str
    project: str
    name: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None

    @property
    def expired(self) -> bool:
        """Whether the time of their link is over."""
        return self.expires_at is not None and self.expires_at <= datetime.now(UTC)

    @property
    def may(self) -> bool:
        """Whether their link still holds."""
        return self.revoked_at is None and not self.expired


Place: TypeAlias = tuple[str, int]
"""An annotator's id, and a place among the items that they were given."""


class Asked(NamedTuple):
    """Who has an id, and the item at their place; None where there is none."""

    person: Annotator | None
    item: str | None


class Snapshot(NamedTuple):
    """A project at one moment: items in order with their bodies, annotators, and what they have said."""

    items: dict[str, Any]
    annotators: dict[str, Annotator]
    events: list[Event]


class Store:
    """The database of one studio. All methods may be called from several threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self._writer = engine, Writer(engine)
        self._giving = threading.Lock()
        self._states: dict[str, State] = {}
        self._reading = threading.Lock()

    def __enter__(self) -> Store:
        self._writer.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.__exit__(kind, error, trace)
        self._engine.dispose()

    def put_project(self, name: str, bodies: Mapping[str, Any], checks: Mapping[str, Any] | None = None) -> bool:
        """Save a project's items; one that people have worked on keeps its items.

        Args:
            name: its name.
            bodies: id -> item, in order.
            checks: id -> item whose answer is known; these stand at places below 0 and are given by their names only.

        Returns:
            Whether the items are now these.
        """
        placed = {id: (at, body) for at, (id, body) in enumerate(bodies.items())}
        placed |= {id: (-1 - at, body) for at, (id, body) in enumerate((checks or {}).items())}
        with self._engine.begin() as connection:
            known = select(projects.c.name).where(projects.c.name == name)
            if connection.execute(known).first() is None:
                connection.execute(insert(projects).values(name=name, created_at=datetime.now(UTC)))
            own = select(items.c.id, items.c.position, items.c.body).where(items.c.project == name)
            before = {row.id: (row.position, row.body) for row in connection.execute(own)}
            if before == placed:
                return True
            begun = select(assignments.c.item).where(assignments.c.project == name).limit(1)
            if before and connection.execute(begun).first() is not None:
                return False
            connection.execute(delete(items).where(items.c.project == name))
            if placed:
                rows = [{"project": name, "id": id, "position": at, "body": b} for id, (at, b) in placed.items()]
                connection.execute(insert(items), rows)
            return True

    def add_annotator(self, project: str, name: str, *, expires_at: datetime | None = None) -> Annotator:
        """Someone new; of a name that is there already, that person, whose link then ends when it is said here.

        A link that was revoked stays so.
        """
        with self._engine.begin() as connection:
            named = (annotators.c.project == project) & (annotators.c.name == name)
            renewed = update(annotators).where(named).values(expires_at=expires_at)
            if connection.execute(renewed).rowcount == 0:
                values = {"id": secrets.token_hex(16), "project": project, "name": name}
                connection.execute(
                    insert(annotators).values(**values, created_at=datetime.now(UTC), expires_at=expires_at)
                )
            return _annotator(connection.execute(select(annotators).where(named)).one()._asdict())

    def annotator(self, id: str) -> Annotator | None:
        """Who has this id."""
        with self._engine.connect() as connection:
            row = connection.execute(select(annotators).where(annotators.c.id == id)).first()
        return None if row is None else _annotator(row._asdict())

    def annotators(self, project: str) -> list[Annotator]:
        """Everyone who has or had a link, the first first."""
        own = select(annotators).where(annotators.c.project == project).order_by(annotators.c.created_at)
        with self._engine.connect() as connection:
            return [_annotator(row._asdict()) for row in connection.execute(own)]

    def revoke(self, id: str) -> None:
        """Their link holds no longer; what they said stays."""
        with self._engine.begin() as connection:
            own = (annotators.c.id == id) & annotators.c.revoked_at.is_(None)
            connection.execute(update(annotators).where(own).values(revoked_at=datetime.now(UTC)))

    def given(self, annotator: str) -> list[str]:
        """The items that someone has been given, in that order."""
        with self._engine.connect() as connection:
            return _given(connection, annotator)

    def asked(self, places: Collection[Place]) -> dict[Place, Asked]:
        """Several annotators, each with the item at a place of theirs."""
        at = tuple_(assignments.c.annotator, assignments.c.position)
        with self._engine.connect() as connection:
            who = select(annotators).where(annotators.c.id.in_({id for id, _ in places}))
            people = {row.id: _annotator(row._asdict()) for row in connection.execute(who)}
            given = select(assignments.c.annotator, assignments.c.position, assignments.c.item).where(at.in_(places))
            own = {(row.annotator, row.position): row.item for row in connection.execute(given)}
        return {place: Asked(people.get(place[0]), own.get(place)) for place in places}

    def next_item(
        self, project: str, annotator: str, *, overlap: int, most: int | None = None, first: Sequence[str] = ()
    ) -> str | None:
        """Give someone one more item: the one that fewest have, of those that fewer than `overlap` have.

        Args:
            project: its name.
            annotator: who.
            overlap: people an item is given to.
            most: items for one person.
            first: items that everyone gets, whatever the overlap; the caller says when, by their place in the order.

        Returns:
            The item's id; None where there is nothing left for them.
        """
        with self._giving, self._engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(project))))
            has = _given(connection, annotator)
            if most is not None and len(has) >= most:
                return None
            chosen = next((id for id in first if id not in has), None)
            if chosen is None:
                chosen = _least_given(connection, project, has, overlap)
            if chosen is None:
                return None
            values = {"annotator": annotator, "item": chosen, "project": project, "position": len(has)}
            connection.execute(insert(assignments).values(**values, given_at=datetime.now(UTC)))
            return chosen

    def save(self, project: str, event: Event) -> Future[Event]:
        """Save what someone did; the future ends when it is on the disk."""
        return self._writer.save(project, event)

    def events(self, project: str, after: int = 0) -> Iterator[Event]:
        """What was done, in order, after an event's number."""
        own = (events.c.project == project) & (events.c.number > after)
        with self._engine.connect() as connection:
            for row in connection.execute(select(events).where(own).order_by(events.c.number)):
                yield as_event(row._asdict())

    def state(self, project: str) -> State:
        """What holds now."""
        with self._reading:
            state = self._states.setdefault(project, State())
            for event in self.events(project, state.number):
                state.add(event)
            return state

    def snapshot(self, project: str) -> Snapshot:
        """Everything about a project at one moment, for statistics and exports.

        What people did is read first: nobody it names can be missing from what is read after it.
        """
        done = list(self.events(project))
        people = {person.id: person for person in self.annotators(project)}
        with self._engine.connect() as connection:
            own = select(items.c.id, items.c.body).where(items.c.project == project).order_by(items.c.position)
            return Snapshot({row.id: row.body for row in connection.execute(own)}, people, done)


def _given(connection: Connection, annotator: str) -> list[str]:
    own = select(assignments.c.item).where(assignments.c.annotator == annotator).order_by(assignments.c.position)
    return list(connection.execute(own).scalars())


def _least_given(connection: Connection, project: str, has: Sequence[str], overlap: int) -> str | None:
    times = func.count(assignments.c.annotator)
    on = (assignments.c.item == items.c.id) & (assignments.c.project == items.c.project)
    query = (
        select(items.c.id)
        .outerjoin(assignments, on)
        .where(items.c.project == project, items.c.position >= 0, items.c.id.not_in(has))
        .group_by(items.c.id, items.c.position)
        .having(times < overlap)
        .order_by(times, items.c.position)
        .limit(1)
    )
    return connection.execute(query).scalar()


def _annotator(row: Mapping[str, Any]) -> Annotator:
    values: dict[str, Any] = {name: row[name] for name in Annotator._fields}
    values |= {name: as_utc(each) for name, each in values.items() if isinstance(each, datetime)}
    return Annotator(**values)
