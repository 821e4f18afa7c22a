"""Annotations in both databases: nothing lost, nothing doubled, items given as they should be."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from postgres import postgres
from sqlalchemy import Engine, text

from duologue.errors import InputError
from duologue.studio.store.database import migrate, open_database
from duologue.studio.store.event import Event, State
from duologue.studio.store.store import Store
from duologue.studio.store.tables import metadata

ITEMS = {f"i{n}": {"text": str(n)} for n in range(6)}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "sqlite":
        opened = open_database(f"sqlite:///{tmp_path / 'deep' / 'studio.sqlite'}")
    else:
        opened = open_database(request.getfixturevalue("server"))
        with opened.begin() as connection:
            connection.execute(text("TRUNCATE projects, items, annotators, assignments, events"))
    yield opened
    opened.dispose()


@pytest.fixture
def store(engine: Engine) -> Iterator[Store]:
    with Store(engine) as opened:
        assert opened.put_project("task", ITEMS)
        yield opened


def answered(annotator: str, item: str, value: object, **more: object) -> Event:
    return Event(str(uuid.uuid4()), annotator, item, "answer", "q", "", value, 1.5, **more)


def test_the_migrations_make_the_tables(engine: Engine) -> None:
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    migrate(engine)


def test_what_was_made_by_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.sqlite'}"
    engine = open_database(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(InputError, match="newer version"):
        open_database(url)


def test_no_password_is_told() -> None:
    with pytest.raises(InputError) as told:
        open_database("postgresql://ada:s3cret@127.0.0.1:1/none")
    assert "s3cret" not in str(told.value)
    assert "***" in str(told.value)


@pytest.mark.parametrize("url", ["nonsense", "mysql://a/b", "sqlite://", "sqlite:///:memory:"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(InputError, match=r"--database|sqlite"):
        open_database(url)


def test_events_are_kept_in_order_and_what_holds_is_the_last(store: Store) -> None:
    ada = store.add_annotator("task", "Ada")
    for value in (1, 3, 2):
        store.save("task", answered(ada.id, "i0", value)).result(10)
    store.save("task", Event(str(uuid.uuid4()), ada.id, "i0", "comment", value="hm\x00")).result(10)
    values = [event.value for event in store.events("task")]
    assert values[:3] == [1, 3, 2]
    state = store.state("task").of[ada.id]["i0"]
    assert state.answers == {("q", ""): 2}
    assert state.seconds == pytest.approx(4.5)
    store.save("task", answered(ada.id, "i0", None)).result(10)
    assert store.state("task").of[ada.id]["i0"].answers == {}
    assert State(store.snapshot("task").events).of[ada.id]["i0"].answers == {}


def test_what_is_sent_twice_is_saved_once(store: Store) -> None:
    ada = store.add_annotator("task", "Ada")
    event = answered(ada.id, "i0", 1)
    first, again = (store.save("task", event).result(10) for _ in range(2))
    assert first == again
    assert len(list(store.events("task"))) == 1


def test_fifty_people_at_once_lose_nothing_and_double_nothing(store: Store) -> None:
    people = [store.add_annotator("task", f"P{n}").id for n in range(50)]
    sent = {person: [answered(person, "i0", value) for value in range(10)] for person in people}

    def click(person: str) -> None:
        for event in sent[person]:
            store.save("task", event).result(60)

    threads = [threading.Thread(target=click, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = list(store.events("task"))
    assert len(found) == 500
    assert [event.number for event in found] == sorted({event.number for event in found})
    for person in people:
        assert [event.id for event in found if event.annotator == person] == [event.id for event in sent[person]]


def test_an_event_that_cannot_be_saved_harms_no_other(store: Store) -> None:
    ada = store.add_annotator("task", "Ada")
    saved = [store.save("task", each) for each in (answered(ada.id, "i0", 1), answered("nobody", "i0", 2))]
    saved.append(store.save("task", answered(ada.id, "i1", 3)))
    assert saved[0].result(10).number
    assert saved[1].exception(10) is not None
    assert saved[2].result(10).value == 3


def test_each_item_is_given_to_as_many_people_as_wanted(store: Store) -> None:
    people = [store.add_annotator("task", f"P{n}").id for n in range(4)]
    given: dict[str, list[str]] = {person: [] for person in people}

    def work(person: str) -> None:
        while (item := store.next_item("task", person, overlap=2)) is not None:
            given[person].append(item)

    threads = [threading.Thread(target=work, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(item for items in given.values() for item in items) == dict.fromkeys(ITEMS, 2)
    for person in people:
        assert store.given(person) == given[person]
        assert len(set(given[person])) == len(given[person])


def test_items_nobody_has_come_first_and_nobody_gets_too_many(store: Store) -> None:
    ada, bo = (store.add_annotator("task", name).id for name in ("Ada", "Bo"))
    first = [store.next_item("task", ada, overlap=2, most=3) for _ in range(4)]
    assert first == ["i0", "i1", "i2", None]
    assert [store.next_item("task", bo, overlap=2) for _ in range(3)] == ["i3", "i4", "i5"]


def test_checks_come_when_they_are_asked_for_only(engine: Engine) -> None:
    with Store(engine) as store:
        store.put_project("task", {"i0": {}, "i1": {}}, {"check": {"expected": 1}})
        ada = store.add_annotator("task", "Ada").id
        assert store.next_item("task", ada, overlap=1) == "i0"
        assert store.next_item("task", ada, overlap=1, first=["check"]) == "check"
        assert store.next_item("task", ada, overlap=1, first=["check"]) == "i1"
        assert store.next_item("task", ada, overlap=1) is None


def test_a_project_people_have_begun_keeps_its_items(store: Store) -> None:
    assert store.put_project("task", {"other": {}})
    assert list(store.snapshot("task").items) == ["other"]
    ada = store.add_annotator("task", "Ada").id
    store.next_item("task", ada, overlap=1)
    assert not store.put_project("task", ITEMS)
    assert list(store.snapshot("task").items) == ["other"]
    assert store.put_project("task", {"other": {}})


def test_one_name_is_one_person_and_a_link_can_be_ended(store: Store) -> None:
    ada = store.add_annotator("task", "Ada")
    assert store.add_annotator("task", "Ada") == ada
    assert ada.may
    store.revoke(ada.id)
    ended = store.annotator(ada.id)
    assert ended is not None
    assert not ended.may
    assert [each.name for each in store.annotators("task")] == ["Ada"]


def test_several_are_looked_up_at_once(store: Store) -> None:
    ada, bo = (store.add_annotator("task", name) for name in ("Ada", "Bo"))
    first = [store.next_item("task", person.id, overlap=1) for person in (ada, ada, bo)]
    places = [(ada.id, 0), (ada.id, 1), (ada.id, 2), (bo.id, 0), ("nobody", 0)]
    found = store.asked(places)
    assert [found[place].item for place in places] == [first[0], first[1], None, first[2], None]
    assert [found[place].person for place in places] == [ada, ada, ada, bo, None]
    store.revoke(ada.id)
    again = store.asked(places[:1])[places[0]].person
    assert again is not None
    assert not again.may
