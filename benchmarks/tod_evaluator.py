"""The MultiWOZ evaluator on published predictions, step by step, as ratios to the original.

Claims, on two cores like those on which the original was timed: inform and success at least ten times faster after
normalisation (0.28 s), everything but BLEU within 0.6 s, BLEU at sacreBLEU's own speed, all in one process and linear
in dialogues. The original's times are for UBAR at its fastest hash seed: normalisation 0.7 s, inform and success 2.8 s
(up to 22 s at other seeds), BLEU 0.8 s, richness 0.1 s. And: a million turns in flat memory.

    python benchmarks/tod_evaluator.py --data DATA [--system ubar] [--runs 5]
    python benchmarks/tod_evaluator.py                          # without data: a made-up corpus, no ratios
    python benchmarks/tod_evaluator.py --turns 1000000          # peak memory at a tenth of it, and at all of it

DATA holds mwz_eval/predictions, multiwoz21/test.json and multiwoz_db. Every run is a process of its own, so that
nothing is remembered from the one before.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from sacrebleu import corpus_bleu

from duologue.corpora import formats
from duologue.corpora.multiwoz.v21 import dialogue_from_native
from duologue.corpora.venues import Venues
from duologue.corpora.worlds.tod import databases, sample, write
from duologue.dialogue import Dialogue
from duologue.evaluation.bleu import BleuCounts
from duologue.evaluation.richness import RichnessCounts
from duologue.evaluation.tod.active_domains import active_domains
from duologue.evaluation.tod.databases import Databases
from duologue.evaluation.tod.evaluator import Evaluation, evaluate_tod
from duologue.evaluation.tod.inform_success import Answer, judge
from duologue.evaluation.tod.predictions import Survey, TodPrediction, TodTurn, read_predictions, surveyed
from duologue.evaluation.tod.reference import References, TodReference, tod_reference
from duologue.evaluation.tod.responses import normalise_response
from duologue.evaluation.tod.state_tracking import StateTracking
from duologue.evaluation.tod.tokens import tokens
from duologue.evaluation.tod.values import normalise_state

ORIGINAL = {"normalisation": 0.7, "inform and success": 2.8, "richness": 0.1, "BLEU": 0.8}
"""Seconds of the original for UBAR."""

AIMS = {"inform and success": 0.28, "all but BLEU": 0.6}
NOT_BLEU = ("normalisation", "inform and success", "richness", "state tracking")


class Inputs(NamedTuple):
    """Where one evaluation's files lie."""

    predictions: str
    reference: str
    databases: str


@contextmanager
def timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    seconds[name] = time.perf_counter() - start


def steps(inputs: Inputs, copies: int) -> dict[str, float]:
    """The seconds of each step of one evaluation."""
    seconds: dict[str, float] = {}
    with timed(seconds, "reading the predictions"):
        predictions = list(read_predictions(inputs.predictions))
    with timed(seconds, "reading the corpus, goals, states, references"):
        pairs = paired(predictions, inputs)
    with timed(seconds, "databases"):
        venues = Databases(Venues.load(inputs.databases))
    pairs *= copies
    with timed(seconds, "normalisation"):
        responses = [[normalise_response(turn.response) for turn in each.turns] for each, _ in pairs]
        states = [[normalise_state(turn.state or {}) for turn in each.turns] for each, _ in pairs]
    with timed(seconds, "inform and success"):
        for (prediction, reference), said, known in zip(pairs, responses, states, strict=True):
            written = [turn.response for turn in prediction.turns]
            judge(reference, map(Answer, range(len(said)), written, said, known, active_domains(known)), venues)
    with timed(seconds, "richness"):
        richness = RichnessCounts()
        for said in responses:
            for response in said:
                richness.add(tokens(response.text))
        richness.figures()
    with timed(seconds, "state tracking"):
        tracking = StateTracking()
        for (_, reference), known in zip(pairs, states, strict=True):
            for predicted, gold in zip(known, reference.states, strict=False):
                tracking.add(predicted, gold)
        tracking.figures()
    wanted = [
        [normalise_response(text).text for text in reference.responses[: len(said)]]
        for (_, reference), said in zip(pairs, responses, strict=True)
    ]
    texts = [[response.text for response in said] for said in responses]
    with timed(seconds, "BLEU"):
        bleu = BleuCounts()
        for each, answered in zip(texts, wanted, strict=True):
            bleu.add(each, answered)
        ours = bleu.bleu()
    hypotheses, references = list(chain.from_iterable(texts)), list(chain.from_iterable(wanted))
    with timed(seconds, "sacrebleu.corpus_bleu"):
        theirs = corpus_bleu(hypotheses, [references]).score
    assert abs(ours - theirs) < 1e-9
    seconds["all but BLEU"] = sum(seconds[name] for name in NOT_BLEU)
    return seconds


def whole(inputs: Inputs, copies: int) -> dict[str, float]:
    """The seconds of the command's own loop, reading included."""
    seconds: dict[str, float] = {}
    with timed(seconds, "the whole command, reading included"):
        survey, predictions = surveyed(inputs.predictions)
        references = References(formats.read(inputs.reference, "multiwoz21"))
        evaluate_tod(Evaluation(Databases(Venues.load(inputs.databases)), survey), predictions, references)
    return seconds


def paired(predictions: list[TodPrediction], inputs: Inputs) -> list[tuple[TodPrediction, TodReference]]:
    references = References(formats.read(inputs.reference, "multiwoz21"))
    found = [(each, references.take(each.id)) for each in predictions]
    return [(each, reference) for each, reference in found if reference is not None]


def made_up(folder: Path, count: int) -> Inputs:
    """A sampled corpus, and predictions that repeat its own responses and states."""
    write(folder, count, 1)
    predicted = {
        dialogue.id.lower(): [
            {"response": response, "state": state}
            for response, state in zip(reference.responses, reference.states, strict=True)
        ]
        for dialogue in formats.read(str(folder / "test.json"), "multiwoz21")
        if (reference := References([dialogue]).take(dialogue.id)) is not None
    }
    (folder / "predictions.json").write_text(json.dumps(predicted), encoding="utf-8")
    return Inputs(str(folder / "predictions.json"), str(folder / "test.json"), str(folder / "db"))


def stream(turns: int) -> tuple[int, float, float]:
    """Evaluate dialogues of the `tod` world as they come, about so many turns: turns, seconds, peak megabytes.

    After the first thousand the dialogues come again under other ids, each response with a word of its own, so that
    nothing is found in a cache.
    """
    made = [dialogue_from_native(item.id, item.dialogue) for item in sample(1000, 1, "train")]
    known = [tod_reference(each) for each in made]
    mean = sum(len(each.positions) for each in known) / len(known)
    count = round(turns / mean)

    def dialogues() -> Iterator[Dialogue]:
        for number in range(count):
            yield msgspec.structs.replace(made[number % len(made)], id=f"mul{number}")

    def predictions() -> Iterator[TodPrediction]:
        for number in range(count):
            each = known[number % len(known)]
            answers = zip(each.responses, each.states, strict=True)
            yield TodPrediction(f"mul{number}", [TodTurn(f"{text} {number % 499}", state) for text, state in answers])

    begun = time.perf_counter()
    evaluation = Evaluation(Databases(Venues(databases(1))), Survey(count, True, False))
    score = evaluate_tod(evaluation, predictions(), References(dialogues()))
    seconds = time.perf_counter() - begun
    return score.turns, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def medians(function: Any, inputs: Inputs, runs: int, copies: int = 1) -> dict[str, float]:
    """The median of each step over some runs, each in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        found = [pool.apply(function, (inputs, copies)) for _ in range(runs)]
    return {name: statistics.median(each[name] for each in found) for name in found[0]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("DUOLOGUE_DATA"))
    parser.add_argument("--system", default="ubar")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--turns", type=int, help="only measure memory, at a tenth of these turns and at all")
    options = parser.parse_args()
    if options.turns is not None:
        for turns in (options.turns // 10, options.turns):
            with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
                judged, seconds, megabytes = pool.apply(stream, (turns,))
            print(f"{judged:>10,} turns in {seconds:7.1f} s, peak memory {megabytes:7.1f} MB")
        return
    with tempfile.TemporaryDirectory() as folder:
        if options.data is None:
            inputs = made_up(Path(folder), 1000)
        else:
            data = Path(options.data)
            predictions = data / f"mwz_eval/predictions/{options.system}.json"
            inputs = Inputs(str(predictions), str(data / "multiwoz21/test.json"), str(data / "multiwoz_db"))
        base = ORIGINAL if options.data is not None and options.system == "ubar" else {}
        once = medians(steps, inputs, options.runs) | medians(whole, inputs, options.runs)
        system = Path(inputs.predictions).stem
        print(f"{system}: seconds, median of {options.runs} runs; × how much faster than the original")
        for name, seconds in once.items():
            ratio = f"{base[name] / seconds:>8.1f} ×" if name in base else " " * 10
            aim = f"   aim {AIMS[name]:.2f} s" if name in AIMS else ""
            print(f"{name:<48}{seconds:>8.3f}{ratio}{aim}")
        share = once["BLEU"] / once["sacrebleu.corpus_bleu"]
        print(f"{'BLEU against sacrebleu.corpus_bleu':<48}{share:>8.2f} of its time")
        fourfold = medians(steps, inputs, 1, copies=4)
        growth = fourfold["all but BLEU"] / once["all but BLEU"]
        print(f"{'four times the dialogues, all but BLEU':<48}{growth:>8.2f} of the time")


if __name__ == "__main__":
    main()
