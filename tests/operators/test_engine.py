"""The engine: order, shards, interruption, window, failures; on a real operator, with a model that answers by rule."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from samples import RuleModel, desk_of, situated

from duologue.dialogue import Dialogue, read
from duologue.errors import InputError
from duologue.models.budget import Budget
from duologue.models.desk import ModelDesk
from duologue.models.failure import ModelFailure
from duologue.models.ledger import Ledger
from duologue.models.request import Reply, Request
from duologue.operators import Operator, OperatorOptions, Outcome, Rejected, RunFolder, Shard, WorkItem, run
from duologue.operators.gather import gather
from duologue.operators.interference import INTERFERENCE, InterferenceOptions

FILES = ("dialogues.jsonl", "rejected.jsonl", "skipped.jsonl", "items.jsonl")


def results(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in FILES}


def corpus_of(count: int) -> Iterator[Dialogue]:
    """So many dialogues to work on, and every tenth time one that is passed over."""
    for number in range(count):
        if number % 10 == 3:
            yield Dialogue(f"bare{number}", [])
        yield situated(number)


async def interfere(out: Path, count: int = 40, model: RuleModel | None = None, **settings: object) -> Outcome:
    async with desk_of(model or RuleModel(), out / "ledger") as desk:
        with RunFolder(out) as folder:
            corpus = settings.pop("dialogues", None) or corpus_of(count)
            return await run(INTERFERENCE, corpus, desk, InterferenceOptions(), folder, **settings)


def test_results_come_in_input_order_with_their_origin(tmp_path: Path) -> None:
    outcome = asyncio.run(interfere(tmp_path, model=RuleModel(wait=0.01)))
    made = list(read(tmp_path / "dialogues.jsonl"))
    parents = [dialogue.origin.parent for dialogue in made]
    assert parents == sorted(parents)
    assert outcome.complete
    assert outcome.made == len(made) > 20
    assert outcome.tried == 40 == outcome.made + outcome.rejected.total()
    for dialogue in made:
        assert dialogue.id.startswith(f"{dialogue.origin.parent}~")
        assert dialogue.origin.model == "rules 1"
        insertions = [insertion for turn in dialogue.turns for insertion in turn.insertions]
        assert [insertion.by for insertion in insertions] == dialogue.origin.requests
        source = situated(int(dialogue.origin.parent[3:]))
        assert [(t.text, t.state, t.acts) for t in dialogue.turns] == [(t.text, t.state, t.acts) for t in source.turns]


@pytest.mark.parametrize("window", [1, 3, 64])
def test_the_bytes_do_not_depend_on_replies_or_window(tmp_path: Path, window: int) -> None:
    asyncio.run(interfere(tmp_path / "plain"))
    asyncio.run(interfere(tmp_path / "mixed", model=RuleModel(wait=0.01), window=window))
    assert results(tmp_path / "plain") == results(tmp_path / "mixed")


def test_other_dialogues_do_not_change_a_dialogues_choices(tmp_path: Path) -> None:
    asyncio.run(interfere(tmp_path / "all"))
    asyncio.run(interfere(tmp_path / "some", dialogues=map(situated, reversed(range(0, 40, 3)))))
    everything = {d.id: d for d in read(tmp_path / "all" / "dialogues.jsonl")}
    some = list(read(tmp_path / "some" / "dialogues.jsonl"))
    assert some
    assert all(everything[dialogue.id] == dialogue for dialogue in some)


@pytest.mark.parametrize("count", [1, 2, 3, 50])
def test_shards_gathered_are_one_run(tmp_path: Path, count: int) -> None:
    asyncio.run(interfere(tmp_path / "one", limit=33))
    folders = [tmp_path / "shards" / str(index) for index in range(count, 0, -1)]
    for index, out in zip(range(count, 0, -1), folders, strict=True):
        shard = Shard(index, count)
        outcome = asyncio.run(interfere(out, limit=33, shard=shard))
        _receipt(out, outcome, shard)
    receipt = gather(folders, tmp_path / "gathered")
    assert results(tmp_path / "gathered") == results(tmp_path / "one")
    assert receipt["tried"] == 33
    assert gather([tmp_path / "shards"], tmp_path / "again")["made"] == receipt["made"]


def test_gather_names_the_missing_and_the_unfinished_shard(tmp_path: Path) -> None:
    for index in (1, 3):
        shard = Shard(index, 3)
        _receipt(tmp_path / str(index), asyncio.run(interfere(tmp_path / str(index), shard=shard)), shard)
    with pytest.raises(InputError, match="missing: 2/3"):
        gather([tmp_path / "1", tmp_path / "3"], tmp_path / "out")
    _receipt(tmp_path / "2", Outcome(), Shard(2, 3))
    with pytest.raises(InputError, match="2: this shard is not finished"):
        gather([tmp_path], tmp_path / "out")


def test_a_rerun_asks_nothing_and_writes_the_same(tmp_path: Path) -> None:
    asyncio.run(interfere(tmp_path))
    before, model = results(tmp_path), RuleModel()
    asyncio.run(interfere(tmp_path, model=model))
    assert results(tmp_path) == before
    assert model.asked == []


def test_memory_is_bounded_by_the_window(tmp_path: Path) -> None:
    read_ahead = 0

    def corpus() -> Iterator[Dialogue]:
        for number in range(200):
            nonlocal read_ahead
            written = sum(1 for _ in (tmp_path / "items.jsonl.part").open("rb"))
            read_ahead = max(read_ahead, number - written)
            yield situated(number)

    class Unbuffered(RunFolder):
        def write(self, result: object) -> None:
            super().write(result)
            for file in self._files.values():
                file.flush()

    async def go() -> Outcome:
        async with desk_of(RuleModel(wait=0.002)) as desk:
            with Unbuffered(tmp_path) as folder:
                return await run(INTERFERENCE, corpus(), desk, InterferenceOptions(), folder, window=16)

    assert asyncio.run(go()).tried == 200
    assert 8 <= read_ahead <= 17


def test_many_items_are_at_work_at_once(tmp_path: Path) -> None:
    model = RuleModel(wait=0.05)
    asyncio.run(interfere(tmp_path, count=60, model=model))
    assert model.peak >= 20


def test_two_runs_do_not_write_one_folder(tmp_path: Path) -> None:
    with RunFolder(tmp_path), pytest.raises(InputError, match="another run is writing here"):
        RunFolder(tmp_path)


def test_a_spent_budget_stops_cleanly_and_the_rerun_completes(tmp_path: Path) -> None:
    asyncio.run(interfere(tmp_path / "whole"))

    async def poor(requests: int | None) -> Outcome:
        model = RuleModel(wait=0.005)
        desk = ModelDesk(
            {"user": model, "system": model},
            ledger=Ledger(tmp_path / "poor" / "ledger"),
            budget=Budget(max_requests=requests),
        )
        async with desk:
            with RunFolder(tmp_path / "poor") as folder:
                return await run(INTERFERENCE, corpus_of(40), desk, InterferenceOptions(), folder)

    outcome = asyncio.run(poor(30))
    assert not outcome.complete
    assert isinstance(outcome.stopped, ModelFailure)
    assert outcome.stopped.kind == "budget"
    kept = list(read(tmp_path / "poor" / "dialogues.jsonl"))
    assert len(kept) == outcome.made
    assert outcome.tried >= 1
    assert asyncio.run(poor(None)).complete
    assert results(tmp_path / "poor") == results(tmp_path / "whole")


class FailsOnce(RuleModel):
    """Fails for one dialogue, as a server does in passing or for good."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    async def complete(self, request: Request) -> Reply:
        if "number 11." in request.prompt[-1].content:
            raise ModelFailure(self.kind, "out of luck", where="rules")
        return await super().complete(request)


def test_a_failure_that_may_pass_becomes_a_reject_and_is_asked_again(tmp_path: Path) -> None:
    asyncio.run(interfere(tmp_path / "whole"))
    outcome = asyncio.run(interfere(tmp_path / "out", model=FailsOnce("server_error")))
    assert outcome.complete
    assert outcome.unanswered == 1
    assert (
        b'{"id":"MUL0011","gate":"model:server_error","evidence":"rules: out of luck'
        in results(tmp_path / "out")["rejected.jsonl"]
    )
    again = RuleModel()
    asyncio.run(interfere(tmp_path / "out", model=again))
    assert 1 <= len(again.asked) <= 2
    assert results(tmp_path / "out") == results(tmp_path / "whole")


def test_a_rerun_that_is_stopped_early_keeps_what_the_first_run_finished(tmp_path: Path) -> None:
    asyncio.run(interfere(tmp_path, model=FailsOnce("server_error")))
    before = results(tmp_path)
    outcome = asyncio.run(interfere(tmp_path, model=FailsOnce("unauthorized"), window=2))
    assert not outcome.complete
    assert outcome.tried < 40
    assert results(tmp_path) == before


def test_cancelling_keeps_what_is_finished(tmp_path: Path) -> None:
    async def stop_early() -> None:
        task = asyncio.create_task(interfere(tmp_path, model=RuleModel(wait=0.05), window=4))
        while not (tmp_path / "ledger").exists() or task.done():
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(stop_early())
    kept = len(list(read(tmp_path / "dialogues.jsonl")))
    assert 0 < kept < 40


def test_an_error_in_an_operator_is_not_swallowed(tmp_path: Path) -> None:
    async def divide(item: WorkItem, ask: object, options: object, rng: object) -> AsyncIterator[Dialogue | Rejected]:
        if item.id == "MUL0005":
            raise ZeroDivisionError
        yield item.dialogue

    async def go() -> None:
        async with desk_of(RuleModel()) as desk:
            with RunFolder(tmp_path) as folder:
                operator = Operator("divide", divide, OperatorOptions)
                await run(operator, map(situated, range(10)), desk, OperatorOptions(), folder)

    with pytest.raises(ZeroDivisionError):
        asyncio.run(go())
    assert len(list(read(tmp_path / "dialogues.jsonl"))) >= 5


@pytest.mark.parametrize("text", ["0/3", "4/3", "1/0", "x", "1", "-1/3", "1/2/3"])
def test_a_shard_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="--shard"):
        Shard.parse(text)


def _receipt(folder: Path, outcome: Outcome, shard: Shard) -> None:
    """The part of the receipt that the command line writes and `gather` reads."""
    from duologue.files import write_json

    folder.mkdir(exist_ok=True)
    row = {
        "operator": "interference",
        "layout": None,
        "models": {},
        "shard": str(shard),
        "complete": outcome.complete,
        "tried": outcome.tried,
        "made": outcome.made,
        "branches": outcome.branches,
        "rejected": dict(outcome.rejected),
        "requests": {"asked": 1},
    }
    write_json(folder / "receipt.json", row)
