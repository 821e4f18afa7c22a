"""Annotators' links: only those that were made here open anything, and only until they end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from itsdangerous import URLSafeSerializer
from starlette.testclient import TestClient
from studio_project import HOST, Page, annotator, compared, folder_with

from duologue.studio.app import make_app
from duologue.studio.secret import Secret
from duologue.studio.studio import Studio, open_studio

PROJECT = "type: pairwise\nfrom: {items: items.jsonl}\n"
INVITE = "/projects/task/annotators"


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    with open_studio(folder_with(tmp_path, PROJECT, [compared(n) for n in range(3)])) as opened:
        yield opened


def end_of(studio: Studio, name: str, *, at: datetime) -> None:
    studio.store.add_annotator("task", name, expires_at=at)


def test_every_changed_letter_of_a_link_makes_it_worthless(studio: Studio) -> None:
    page = annotator(make_app(studio), studio, "Ada")
    link = page.path.removeprefix("/a/")
    for at, letter in enumerate(link[:-1]):  # the last one's two low bits mean nothing in base64
        changed = f"{link[:at]}{'A' if letter != 'A' else 'B'}{link[at + 1 :]}"
        assert studio.secret.annotator(changed) is None, at
    assert page.client.get(f"/a/{link[1:]}").status_code == 403
    assert page.client.get(f"/a/{link}x").status_code == 403


def test_a_link_signed_elsewhere_or_for_something_else_opens_nothing(studio: Studio, tmp_path: Path) -> None:
    person = studio.store.add_annotator("task", "Ada").id
    other = Secret.of(tmp_path / "other")
    unsigned = studio.secret.link(person).rsplit(".", 1)[0]
    salted = URLSafeSerializer((studio.place.own / "secret").read_bytes(), salt="another use").dumps(person)
    client = TestClient(make_app(studio), base_url=HOST)
    for forged in (other.link(person), unsigned, f"{unsigned}.", salted, studio.secret.token(person), "a" * 64):
        for path in ("", "/work", "/items/0"):
            answer = client.get(f"/a/{forged}{path}")
            assert answer.status_code == 403
            assert "does not hold" in answer.text
            assert person not in answer.text
    assert client.get(f"/a/{studio.secret.link(person)}").status_code == 200


def test_an_owner_gives_a_link_its_days(studio: Studio) -> None:
    app = make_app(studio)
    owner = Page(app, "/")
    assert owner.post(INVITE, {"name": "Ada", "days": 3}).status_code == 200
    assert owner.post(INVITE, {"name": "Bo"}).status_code == 200
    ada, bo = studio.store.annotators("task")
    assert ada.expires_at is not None
    assert abs(ada.expires_at - datetime.now(UTC) - timedelta(days=3)) < timedelta(minutes=1)
    assert bo.expires_at is None
    for wrong in (0, -1, 4000, 1.5, "soon"):
        assert owner.post(INVITE, {"name": "Cy", "days": wrong}).status_code == 422
    assert f"until {ada.expires_at.date()}" in Page(app, "/projects/task").html


def test_an_ended_link_says_so_and_saves_nothing_more(studio: Studio) -> None:
    app = make_app(studio)
    page = annotator(app, studio, "Ada")
    page.get(f"{page.path}/items/0")
    assert page.act(0, question="preference", value=1).status_code == 200
    end_of(studio, "Ada", at=datetime.now(UTC) - timedelta(seconds=1))
    for path in ("", "/work", "/items/0"):
        answer = page.client.get(f"{page.path}{path}")
        assert answer.status_code == 403
        assert "the time of this link is over" in answer.text
    refused = page.act(0, question="preference", value=2)
    assert refused.status_code == 403
    assert [abs(event.value) for event in studio.store.events("task")] == [1]
    html = Page(app, "/projects/task").html
    assert "ended on" in html
    assert page.path not in html


def test_the_same_name_again_renews_an_ended_link_but_no_revoked_one(studio: Studio) -> None:
    app = make_app(studio)
    owner, page = Page(app, "/"), annotator(app, studio, "Ada")
    end_of(studio, "Ada", at=datetime.now(UTC) - timedelta(days=1))
    answer = owner.post(INVITE, {"name": "Ada", "days": 1}).json()
    assert answer["link"] == page.path
    assert page.client.get(page.path).status_code == 200
    (person,) = studio.store.annotators("task")
    assert owner.post(f"{INVITE}/{person.id}/revoke").status_code == 200
    again = owner.post(INVITE, {"name": "Ada", "days": 1})
    assert again.status_code == 409
    assert "revoked" in again.text
    assert "does not hold" in page.client.get(page.path).text


def test_a_link_holds_until_its_moment(studio: Studio) -> None:
    page = annotator(make_app(studio), studio, "Ada")
    for seconds, status in ((60, 200), (-60, 403), (3600, 200)):
        end_of(studio, "Ada", at=datetime.now(UTC) + timedelta(seconds=seconds))
        assert page.client.get(f"{page.path}/work").status_code == status
