"""Claim: fifty people can annotate at once: a label is on the disk within 100 ms, none is lost and none counted twice.

A real `duologue studio` with SQLite in a process of its own, on the same cores as the clients. Each annotator has a
page of their own and answers item after item, three questions each. In `steady` everyone pauses about a second between
two clicks, as a fast person does; in `bursts` all click in the same moment, again and again. One click in ten is sent
twice, as a page does whose connection broke. Beside it, in the same run: a file of the same server (what HTTP costs
here), and the server's disk (what waiting for it costs).

    python benchmarks/studio.py
    python benchmarks/studio.py --annotators 50 --clicks 30

Target: 95 of 100 labels within 100 ms, in both.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import aiohttp
import msgspec
import numpy as np

from duologue.studio.projects.item import Item, Panel
from duologue.studio.studio import DATABASE, open_studio
from duologue.studio.web.guard import SESSION

PROJECT = """
title: Quality
instructions: Read the exchange.
from: {items: items.jsonl}
shows: items
overlap: 1000
questions:
  - {name: situated, kind: scale, text: "Situated?", low: 1, high: 3}
  - {name: supportive, kind: scale, text: "Supportive?", low: 1, high: 3}
  - {name: natural, kind: scale, text: "Natural?", low: 1, high: 3}
"""
QUESTIONS = ("situated", "supportive", "natural")
TWICE = 10


@contextmanager
def served(folder: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "duologue.cli", "studio", str(folder), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().removeprefix("Studio: ").strip().rstrip("/")
        process.terminate()


class Annotator:
    """A page: its session, its link, and what was sent from it."""

    def __init__(self, http: aiohttp.ClientSession, url: str, link: str, number: int, seconds: list[float]) -> None:
        self._http, self._url, self._link, self._seconds = http, url, link, seconds
        self._random = random.Random(number)
        self.sent: dict[tuple[int, str], int] = {}
        self.number = number

    async def open(self, items: int) -> None:
        async with self._http.get(f"{self._url}{self._link}") as response:
            page = await response.text()
            self._cookies = {SESSION: response.cookies[SESSION].value}
        self._headers = {"x-form-token": page.partition('name="form-token" content="')[2].partition('"')[0]}
        for at in range(items):
            async with self._http.get(f"{self._url}{self._link}/items/{at}", cookies=self._cookies) as response:
                assert (await response.json())["item"] is not None

    async def click(self, at: int) -> None:
        item, question = divmod(at, len(QUESTIONS))
        value = self._random.randint(1, 3)
        event = {
            "id": str(uuid.uuid4()),
            "item": item,
            "kind": "answer",
            "question": QUESTIONS[question],
            "value": value,
        }
        self.sent[item, QUESTIONS[question]] = value
        for _ in range(2 if self._random.random() < 1 / TWICE else 1):
            begun = time.perf_counter()
            async with self._http.post(
                f"{self._url}{self._link}/events", json=event, headers=self._headers, cookies=self._cookies
            ) as response:
                assert response.status == 200, await response.text()
                await response.read()
            self._seconds.append(time.perf_counter() - begun)


async def steady(people: list[Annotator], clicks: int) -> None:
    async def work(person: Annotator) -> None:
        pauses = random.Random(person.number)
        await asyncio.sleep(pauses.random())
        for at in range(clicks):
            await person.click(at)
            await asyncio.sleep(pauses.uniform(0.7, 1.3))

    await asyncio.gather(*(work(person) for person in people))


async def bursts(people: list[Annotator], clicks: int) -> None:
    for at in range(clicks):
        await asyncio.gather(*(person.click(at) for person in people))
        await asyncio.sleep(0.2)


class Found(NamedTuple):
    """Seconds of every label and of every file; labels that were sent, and those in the database."""

    labels: list[float]
    files: list[float]
    sent: int
    saved: int


async def labelled(
    folder: Path, count: int, clicks: int, way: Callable[[list[Annotator], int], Awaitable[None]]
) -> Found:
    items = -(-clicks // len(QUESTIONS))
    write(folder, items)
    with open_studio(folder) as studio:
        names = [f"annotator {number}" for number in range(count)]
        ids = [studio.store.add_annotator("task", name).id for name in names]
        links = [f"/a/{studio.secret.link(id)}" for id in ids]
    seconds: list[float] = []
    files: list[float] = []
    with served(folder) as url:
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as http:
            people = [Annotator(http, url, link, number, seconds) for number, link in enumerate(links)]
            await asyncio.gather(*(person.open(items) for person in people))
            await way(people, clicks)
            for _ in range(200):
                begun = time.perf_counter()
                async with http.get(f"{url}/static/icon.svg") as response:
                    await response.read()
                files.append(time.perf_counter() - begun)
    sent = sum(len(person.sent) for person in people)
    with sqlite3.connect(folder / ".studio" / DATABASE) as database:
        rows = database.execute("select annotator, item, question, value from events").fetchall()
    saved: dict[str, list[int]] = {}
    for annotator, _, _, value in rows:
        saved.setdefault(annotator, []).append(int(value))
    expected = {id: sorted(person.sent.values()) for id, person in zip(ids, people, strict=True)}
    assert {id: sorted(values) for id, values in saved.items()} == expected, "labels were lost or doubled"
    return Found(seconds, files, sent, len(rows))


def write(folder: Path, items: int) -> None:
    (folder / "projects").mkdir(parents=True)
    (folder / "projects" / "task.yaml").write_text(PROJECT)
    text = "An exchange of ordinary length, which stands here for what people read. " * 8
    made = [Item(f"item-{number}", (Panel("Exchange", text),)) for number in range(items)]
    (folder / "items.jsonl").write_bytes(b"".join(msgspec.json.encode(item) + b"\n" for item in made))


def disk(folder: Path) -> list[float]:
    """Seconds for a small write that is on the disk."""
    seconds = []
    with (folder / "probe").open("wb") as file:
        for _ in range(200):
            begun = time.perf_counter()
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
            seconds.append(time.perf_counter() - begun)
    return seconds


def p(seconds: list[float], percent: int) -> float:
    return float(np.percentile(seconds, percent)) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--annotators", type=int, default=50)
    parser.add_argument("--clicks", type=int, default=30, help="of each annotator")
    given = parser.parse_args()
    result: dict[str, object] = {"benchmark": "studio", "settings": vars(given), "python": platform.python_version()}
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        waited = disk(Path(folder))
        print(f"a write that is on the disk: median {p(waited, 50):.1f} ms, 95 % {p(waited, 95):.1f} ms")
        for way in (steady, bursts):
            seconds, files, sent, saved = asyncio.run(
                labelled(Path(folder) / way.__name__, given.annotators, given.clicks, way)
            )
            ratio = p(seconds, 50) / (p(files, 50) + p(waited, 50))
            print(
                f"{way.__name__:8} {sent} labels sent, {saved} saved; median {p(seconds, 50):.1f} ms, "
                f"95 % {p(seconds, 95):.1f} ms (target 100), 99 % {p(seconds, 99):.1f} ms; "
                f"median / (a file of the server + the disk): {ratio:.1f}"
            )
            result[way.__name__] = {
                "p50_ms": round(p(seconds, 50), 2),
                "p95_ms": round(p(seconds, 95), 2),
                "file_ms": round(p(files, 50), 2),
                "ratio_to_file_and_disk": round(ratio, 2),
                "sent": sent,
                "saved": saved,
            }
        result["disk_ms"] = round(p(waited, 50), 3)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
