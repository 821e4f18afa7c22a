"""SimpleToD text, state tracking and lexicalisation on real MultiWOZ 2.1."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

import pytest

from duologue.corpora.multiwoz import v21 as multiwoz21
from duologue.corpora.venues import Venues
from duologue.dialogue import BeliefState, Dialogue, DialoguePrediction, TurnPrediction
from duologue.evaluation.bleu import score_bleu
from duologue.evaluation.dst import score_dst
from duologue.evaluation.pairing import Pairing, pair
from duologue.systems.lexicalise import Lexicaliser
from duologue.views.delexicalise import PLACEHOLDERS, placeholders
from duologue.views.simpletod import parse_completion, simpletod_examples

_UNIFIED = {"people": "bookpeople", "stay": "bookstay", "time": "booktime", "leave": "leaveat", "arrive": "arriveby"}


@lru_cache
def read_split(path: Path) -> list[Dialogue]:
    return list(multiwoz21.read(path))


def perfect(dialogue: Dialogue) -> DialoguePrediction:
    turns = []
    for example in simpletod_examples(dialogue):
        output = parse_completion(example.completion)
        turns.append(TurnPrediction(example.turn, output.response, state=output.state, action=output.action))
    return DialoguePrediction(dialogue.id, turns)


@pytest.mark.parametrize("split", ["val", "test"])
def test_what_a_perfect_model_writes_reads_back_as_the_gold_state_and_response(data_dir: Path, split: str) -> None:
    dialogues = read_split(data_dir / "multiwoz21" / f"{split}.json")
    pairing = pair(map(perfect, dialogues), dialogues)
    assert not pairing.problems
    score = score_dst(pairing)
    assert [row.wrong_turns for row in score.rows if row.wrong_turns] == []
    assert score.joint_goal_accuracy == score.slot_f1 == 100
    assert score_bleu(pairing).parts["all"].bleu == pytest.approx(100)
    met = {slot for row in pairing.dialogues for each in row.pairs for slot in placeholders(each.response)}
    assert {f"[{slot}]" for slot in met} <= set(PLACEHOLDERS)


def published(path: Path, dialogues: list[Dialogue]) -> Pairing:
    """A public prediction file beside its references: states under our slot names, turns by their order."""
    answers = json.loads(path.read_text(encoding="utf-8"))
    rows = []
    for dialogue in dialogues:
        systems = [index for index, turn in enumerate(dialogue.turns) if turn.speaker == "system"]
        turns = [
            TurnPrediction(index, answer["response"], state=unified(answer["state"]))
            for index, answer in zip(systems, answers[dialogue.id.lower()], strict=True)
        ]
        rows.append(DialoguePrediction(dialogue.id, turns))
    return pair(rows, dialogues)


def unified(state: dict[str, dict[str, str]]) -> BeliefState:
    found: BeliefState = {}
    for domain, slots in state.items():
        for slot, value in slots.items():
            name = "bookday" if slot == "day" and domain in ("hotel", "restaurant") else _UNIFIED.get(slot, slot)
            found.setdefault(domain, {})[name] = [value]
    return found


def test_a_published_system_is_scored_near_the_public_evaluator(data_dir: Path) -> None:
    """With unified names the public evaluator gives UBAR 43.1 and 86.2 (spec/tod.md §7.7).

    It drops gold `dontcare` slots and forgives near spellings, so the standard figures lie below and the lenient above.
    """
    dialogues = read_split(data_dir / "multiwoz21" / "test.json")
    pairing = published(data_dir / "mwz_eval" / "predictions" / "ubar.json", dialogues)
    score = score_dst(pairing)
    assert score.turns == 7372
    assert score.joint_goal_accuracy == pytest.approx(39.57, abs=0.05)
    assert score.slot_f1 == pytest.approx(85.01, abs=0.05)
    lenient = score_dst(pairing, "published-lenient")
    assert 43.1 < lenient.joint_goal_accuracy < 50
    interval = score.intervals["joint_goal_accuracy"]
    assert 1.5 < interval.high - interval.low < 5


def test_most_placeholders_of_gold_responses_are_filled_from_the_databases(data_dir: Path) -> None:
    venues = Venues.load(data_dir / "multiwoz_db")
    lexicaliser = Lexicaliser(venues.query, seed=1)
    wanted = unfilled = 0
    for dialogue in read_split(data_dir / "multiwoz21" / "val.json")[:200]:
        session = lexicaliser.start(dialogue.id)
        for turn in perfect(dialogue).turns:
            filled = session.fill(turn.response, turn.state or {}, turn.action or "")
            wanted += len(placeholders(turn.response))
            unfilled += len(filled.unfilled)
    assert wanted > 1500
    assert unfilled < 0.05 * wanted
