"""What must not get in: other hosts, other sites' forms, forged, ended and foreign links, bodies without end."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from starlette.testclient import TestClient
from studio_project import HOST, Page, annotator, compared, folder_with

from duologue.errors import InputError
from duologue.studio.app import make_app
from duologue.studio.place import Place
from duologue.studio.secret import Secret
from duologue.studio.studio import Studio, open_studio
from duologue.studio.web.guard import Guard

PROJECT = "type: pairwise\nfrom: {items: items.jsonl}\n"


class Served(NamedTuple):
    app: Guard
    studio: Studio


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with open_studio(folder_with(tmp_path, PROJECT, [compared(n) for n in range(3)])) as studio:
        yield Served(make_app(studio), studio)


def test_every_answer_has_strict_headers(served: Served) -> None:
    client = TestClient(served.app, base_url=HOST)
    for path in ("/", "/static/annotate.js", "/nothing", "/a/forged", "/static/../secret"):
        answer = client.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"


def test_pages_run_no_inline_script(served: Served) -> None:
    pages = (*(Page(served.app, path) for path in ("/", "/projects/task")), annotator(*served, "Ada"))
    for page in pages:
        assert "<script>" not in page.html
        assert " onclick" not in page.html
        assert "style=" not in page.html
        assert "http://" not in page.html.replace(HOST, "")


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "[::1", "127.0.0.1@evil.example"])
def test_another_host_is_not_served(served: Served, host: str) -> None:
    assert TestClient(served.app, base_url=HOST).get("/", headers={"host": host}).status_code == 421


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost", "LOCALHOST:1", "[::1]:9"])
def test_this_machine_is_served(served: Served, host: str) -> None:
    assert TestClient(served.app, base_url=HOST).get("/", headers={"host": host}).status_code == 200


def test_a_form_of_another_site_is_refused(served: Served) -> None:
    page = Page(served.app, "/")
    path, body = "/projects/task/annotators", {"name": "Eve"}
    assert page.client.post(path, json=body).status_code == 403
    assert page.client.post(path, json=body, headers={"x-form-token": "0" * 64}).status_code == 403
    foreign = {"x-form-token": page.token, "origin": "https://evil.example"}
    assert page.client.post(path, json=body, headers=foreign).status_code == 403
    assert page.client.post(path, json=body, headers=foreign | {"origin": "null"}).status_code == 403
    another = Page(served.app, "/")
    assert page.client.post(path, json=body, headers={"x-form-token": another.token}).status_code == 403
    assert not served.studio.store.annotators("task")
    assert page.post(path, body).status_code == 200
    assert [each.name for each in served.studio.store.annotators("task")] == ["Eve"]


def test_the_session_is_out_of_reach_of_scripts_and_sites(served: Served) -> None:
    cookie = TestClient(served.app, base_url=HOST).get("/").headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


def test_links_are_signed_and_can_be_ended(served: Served) -> None:
    store, secret = served.studio.store, served.studio.secret
    page = annotator(served.app, served.studio, "Ada")
    person = store.annotators("task")[0]
    changed = page.path[3:].replace(page.path[10], "x" if page.path[10] != "x" else "y", 1)
    others = (Secret(b"0" * 32).link(person.id), secret.link("0" * 32), "x" * 5000)
    for forged in (person.id, changed, *others):
        for path in ("", "/work", "/items/0"):
            assert page.client.get(f"/a/{forged}{path}").status_code in (403, 404), forged
    page.get(f"{page.path}/items/0")
    assert page.act(0, question="preference", value=1).status_code == 200
    assert Page(served.app, "/").post(f"/projects/task/annotators/{person.id}/revoke").status_code == 200
    assert page.client.get(page.path).status_code == 403
    assert page.act(0, question="preference", value=2).status_code == 403
    assert [abs(event.value) for event in store.events("task")] == [1]


def test_a_link_ends_in_time(served: Served) -> None:
    soon = datetime.now(UTC) - timedelta(seconds=1)
    person = served.studio.store.add_annotator("task", "Late", expires_at=soon)
    client = TestClient(served.app, base_url=HOST)
    assert client.get(f"/a/{served.studio.secret.link(person.id)}").status_code == 403


def test_bodies_have_a_limit(served: Served) -> None:
    page = annotator(served.app, served.studio, "Ada")
    large = b'{"x": "' + b"a" * (2 << 20) + b'"}'
    headers = {"x-form-token": page.token, "content-type": "application/json"}
    assert page.client.post(f"{page.path}/events", content=large, headers=headers).status_code == 413

    def pieces() -> Iterator[bytes]:
        for _ in range(40):
            yield b"a" * (1 << 16)

    assert page.client.post(f"{page.path}/events", content=pieces(), headers=headers).status_code == 413
    lying = headers | {"content-length": "-5"}
    assert page.client.post(f"{page.path}/events", content=b"{}", headers=lying).status_code == 413


def test_the_owner_of_a_studio_on_another_host_needs_the_token(tmp_path: Path) -> None:
    root = folder_with(tmp_path, PROJECT, [compared(0)])
    with open_studio(root, token="t" * 24, hosts=("lab.example",)) as studio:
        app = make_app(studio)
        page = Page(app, "/enter", "http://lab.example")
        for path in ("/", "/projects/task"):
            assert page.client.get(path).status_code == 401
        assert page.post("/projects/task/annotators", {"name": "Eve"}).status_code == 401
        assert page.post("/enter", {"token": "wrong"}).status_code == 401
        assert page.client.get("/").status_code == 401
        entered = page.post("/enter", {"token": "t" * 24})
        assert "HttpOnly" in entered.headers["set-cookie"]
        assert page.client.get("/").status_code == 200
        assert "t" * 24 not in page.client.get("/").text
        link = studio.secret.link(studio.store.add_annotator("task", "Ada").id)
        assert TestClient(app, base_url="http://lab.example").get(f"/a/{link}").status_code == 200


@pytest.mark.parametrize(
    "path", ["../secret", "/etc/passwd", "a/../../b", ".studio/secret", "runs/.studio/x", "\0", "link/x"]
)
def test_paths_stay_in_the_folder(tmp_path: Path, path: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "link").symlink_to(tmp_path)
    with pytest.raises(InputError):
        Place(root).inside(path)
    assert Place(root).inside("runs/a.jsonl") == root / "runs/a.jsonl"


def test_the_secret_is_for_its_owner_only(tmp_path: Path) -> None:
    secret = Secret.of(tmp_path)
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600
    assert Secret.of(tmp_path).annotator(secret.link("ada")) == "ada"
    (tmp_path / "secret").write_bytes(b"short")
    with pytest.raises(InputError, match="no secret"):
        Secret.of(tmp_path)
