"""Saves events of many people at once: what waits is committed together, so fifty clicks cost one wait for the disk.

with Writer(engine) as writer:
    saved = writer.save("ranking", event).result()      # after this it is on the disk
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, NamedTuple

from sqlalchemy import Engine, select
from sqlalchemy.dialects import postgresql, sqlite

from duologue.studio.store.event import Event
from duologue.studio.store.tables import events

_MOST = 500


class _Waiting(NamedTuple):
    project: str
    event: Event
    done: Future[Event]


class Writer:
    """One thread that writes; each event is answered when its transaction is committed."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._insert = (postgresql if engine.dialect.name == "postgresql" else sqlite).insert
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="annotations", daemon=True)

    def __enter__(self) -> Writer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._queue.put(None)
        self._thread.join()

    def save(self, project: str, event: Event) -> Future[Event]:
        """Save an event; the result is what is saved under its id, with time and number."""
        done: Future[Event] = Future()
        self._queue.put(_Waiting(project, event, done))
        return done

    def _work(self) -> None:
        while (first := self._queue.get()) is not None:
            waiting, ends = [first], False
            while len(waiting) < _MOST and not self._queue.empty():
                following = self._queue.get()
                if following is None:
                    ends = True
                    break
                waiting.append(following)
            self._commit(waiting)
            if ends:
                return

    def _commit(self, waiting: Sequence[_Waiting]) -> None:
        try:
            saved = self._saved(waiting)
        except Exception as error:  # told to whoever asked; the thread lives on for the others
            if len(waiting) == 1:
                waiting[0].done.set_exception(error)
                return
            for each in waiting:
                self._commit([each])
            return
        for each in waiting:
            each.done.set_result(saved[each.event.id])

    def _saved(self, waiting: Sequence[_Waiting]) -> dict[str, Event]:
        now = datetime.now(UTC)
        rows = [
            {
                "id": each.event.id,
                "project": each.project,
                "annotator": each.event.annotator,
                "item": each.event.item,
                "kind": each.event.kind,
                "question": each.event.question,
                "target": each.event.target,
                "value": each.event.value,
                "seconds": each.event.seconds,
                "at": now,
            }
            for each in waiting
        ]
        with self._engine.begin() as connection:
            connection.execute(self._insert(events).on_conflict_do_nothing(index_elements=["id"]), rows)
            found = connection.execute(select(events).where(events.c.id.in_([row["id"] for row in rows])))
            return {row.id: as_event(row._asdict()) for row in found}


def as_event(row: Mapping[str, Any]) -> Event:
    """An event from its row."""
    return Event(**{name: row[name] for name in Event.__struct_fields__ if name != "at"}, at=as_utc(row["at"]))


def as_utc(time: datetime) -> datetime:
    """SQLite gives times without their zone."""
    return time if time.tzinfo else time.replace(tzinfo=UTC)
