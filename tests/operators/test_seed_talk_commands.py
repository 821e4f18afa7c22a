"""`synthesize conversation`, `grow` and `restyle` one after the other, as a user runs them, on a server."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from command_line import duologue
from misbehaving_server import Server
from talking_server import TalkingServer

from duologue.dialogue import Dialogue, check, read

_SEEDS = 40
_MESSAGES = 3
"""That `grow` adds."""
_SEED = 5


class Way(NamedTuple):
    """The options of the three commands for one way to write, and which models they ask."""

    conversation: list[str]
    grow: list[str]
    restyle: list[str]
    conversation_models: set[str]
    grow_models: set[str]


_AGENTS = ["--mode", "turns", "--model", "user=openai:ann", "--model", "system=openai:bot"]
WAYS = {
    "whole": Way(
        ["--mode", "whole"],
        ["--mode", "whole"],
        ["--mode", "whole", "--seed-message", "restyle"],
        {"talker"},
        {"talker"},
    ),
    "turns": Way(
        [*_AGENTS, "--plan"],
        [*_AGENTS, "--no-moderate"],
        ["--mode", "messages"],
        {"ann", "bot", "talker"},
        {"ann", "bot"},
    ),
}
"""`talker` answers in the roles that are not named: who writes the plan, and the moderator."""


@pytest.fixture
def server() -> Iterator[Server]:
    with TalkingServer() as server:
        yield server


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    assert duologue("sample", "seeds", "--n", _SEEDS, "--seed", 7, "--out", tmp_path / "messages") == 0
    return tmp_path / "messages/seeds.tsv"


def synthesize(
    server: Server, operator: str, source: Path, out: Path, *more: object, seed: int = _SEED
) -> list[Dialogue]:
    """Run a command, look at what every run must keep to, and give what it made."""
    named = ["--model", "openai:talker", "--base-url", server.url, "--seed", seed, "--out", out]
    assert duologue("synthesize", operator, source, *named, *more) == 0
    made = list(read(out / "dialogues.jsonl"))
    assert all(not list(check(dialogue)) for dialogue in made)
    receipt = json.loads((out / "receipt.json").read_bytes())
    assert receipt["complete"]
    assert receipt["seed"] == seed
    assert receipt["made"] == len(made)
    return made


def rows(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def models(server: Server) -> set[str]:
    """Who was asked since the last look."""
    asked = {body["model"] for body in server.log}
    server.log.clear()
    return asked


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_from_messages_to_longer_conversations_in_another_style(
    server: Server, seeds: Path, tmp_path: Path, way: Way
) -> None:
    talk, longer, styled = (tmp_path / name for name in ("talk", "longer", "styled"))

    grown = synthesize(server, "conversation", seeds, talk, "--format", "seeds", "--min-words", 16, *way.conversation)
    assert models(server) == way.conversation_models
    messages = {row["tweet_id"]: row["tweet"] for row in csv.DictReader(seeds.open(), delimiter="\t")}
    made = [dialogue.origin.parent for dialogue in grown if dialogue.origin]
    rejected = [row["id"].partition("~")[0] for row in rows(talk / "rejected.jsonl")]
    skipped = [row["id"] for row in rows(talk / "skipped.jsonl")]
    assert all((made, rejected, skipped))
    assert Counter([*made, *rejected, *skipped]) == dict.fromkeys(messages, 1)
    assert {row["reason"] for row in rows(talk / "skipped.jsonl")} == {"too short"}
    for dialogue, seed in zip(grown, made, strict=True):
        assert dialogue.turns[0].text == messages[str(seed)]
        assert [turn.source for turn in dialogue.turns] == [(seed, 0), *[None] * (len(dialogue.turns) - 1)]
        assert {"motivation", "disposition"} <= set(dialogue.facts)

    continued = synthesize(server, "grow", talk / "dialogues.jsonl", longer, "--messages", _MESSAGES, *way.grow)
    assert models(server) == way.grow_models
    assert len(continued) == len(grown)
    for before, after in zip(grown, continued, strict=True):
        old = len(before.turns)
        assert len(after.turns) == old + _MESSAGES
        assert [turn.text for turn in after.turns[:old]] == [turn.text for turn in before.turns]
        assert [turn.source for turn in after.turns] == [(before.id, n) for n in range(old)] + [None] * _MESSAGES
        assert all(a.speaker != b.speaker for a, b in zip(after.turns, after.turns[1:], strict=False))

    restyled = synthesize(server, "restyle", longer / "dialogues.jsonl", styled, "--similarity", 0, *way.restyle)
    assert models(server) == {"talker"}
    assert len(restyled) == len(continued)
    for before, after in zip(continued, restyled, strict=True):
        assert [turn.speaker for turn in after.turns] == [turn.speaker for turn in before.turns]
        assert [turn.source for turn in after.turns] == [(before.id, n) for n in range(len(before.turns))]
        keeps = 0 if "--seed-message" in way.restyle else 1
        wanted = [turn.text if n < keeps else turn.text.lower() for n, turn in enumerate(before.turns)]
        assert [turn.text for turn in after.turns] == wanted


def test_the_seed_decides_who_talks_and_nothing_else_does(server: Server, seeds: Path, tmp_path: Path) -> None:
    one, again, other = (tmp_path / name for name in ("one", "again", "other"))
    for out, seed in ((one, 1), (again, 1), (other, 2)):
        synthesize(server, "conversation", seeds, out, "--format", "seeds", "--each", 2, seed=seed)
    for name in ("dialogues.jsonl", "rejected.jsonl", "items.jsonl"):
        assert (one / name).read_bytes() == (again / name).read_bytes()
    persons = [
        [(each.turns[0].text, *(each.facts[trait]["name"] for trait in ("motivation", "disposition")))
         for each in read(out / "dialogues.jsonl")]
        for out in (one, other)
    ]  # fmt: skip
    assert persons[0] != persons[1]
    assert {text for text, *_ in persons[0]} == {text for text, *_ in persons[1]}
