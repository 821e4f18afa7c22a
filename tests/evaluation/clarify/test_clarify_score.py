"""Figures of simulated conversations: against scikit-learn, and by hand."""

from __future__ import annotations

import random

import msgspec
import pytest
from sklearn.metrics import accuracy_score, f1_score, precision_recall_fscore_support

from duologue.evaluation.clarify.rows import ClarifyRow
from duologue.evaluation.clarify.score import score_states


def row(number: int, gold: str, action: str | None, **more: object) -> ClarifyRow:
    defaults: dict[str, object] = {"turn": None, "goal": 0.0, "reached": False, "questions": 0, "tokens": 4}
    told = {
        "id": f"b{number}",
        "conversation": f"c{number // 2}",
        "state": f"s{number}",
        "gold": gold,
        "action": action,
    }
    return msgspec.convert(told | defaults | more, ClarifyRow)


@pytest.mark.parametrize("seed", range(5))
def test_action_figures_are_scikit_learn_s(seed: int) -> None:
    rng = random.Random(seed)
    labels = ["clarify", "answer"]
    rows = [row(n, rng.choices(labels, [1, 4])[0], rng.choices(labels, [1, 2])[0]) for n in range(60)]
    gold, told = [each.gold for each in rows], [each.action for each in rows]
    figures = {name: figure.value / 100 for name, figure in score_states({"a": rows}).figures.items()}
    assert figures["action accuracy"] == pytest.approx(accuracy_score(gold, told))
    assert figures["action macro f1"] == pytest.approx(f1_score(gold, told, average="macro"))
    assert figures["action weighted f1"] == pytest.approx(f1_score(gold, told, average="weighted"))
    precision, recall, f1, _ = precision_recall_fscore_support(gold, told, average="binary", pos_label="clarify")
    names = ("asking precision", "asking recall", "asking f1")
    assert [figures[name] for name in names] == pytest.approx([precision, recall, f1])


ROWS = [
    # asks rightly and reaches the goal with two questions
    row(0, "clarify", "clarify", goal=1.0, reached=True, questions=2, turn=0.5),
    # guesses
    row(1, "clarify", "answer", goal=0.4, turn=0.0, blame="agent"),
    # asks where it was clear, and gets there
    row(2, "answer", "clarify", goal=1.0, reached=True, questions=1, turn=0.1),
    # answers
    row(3, "answer", "answer", goal=0.9, reached=True, turn=0.9),
    # asks rightly, the user spoilt it
    row(4, "clarify", "clarify", goal=0.0, questions=1, turn=1.0, blame="simulator", fault="user: message-loop"),
    # nothing to reach
    row(5, "clarify", "clarify", goal=None, questions=1, blame="task"),
]


def test_figures_worked_out_by_hand() -> None:
    score = score_states({"a": ROWS})
    values = {name: figure.value for name, figure in score.figures.items()}
    assert values["turn"] == pytest.approx(100 * (0.5 + 0 + 0.1 + 0.9 + 1) / 5)
    assert values["trajectory"] == pytest.approx(100 * (1 + 0.4 + 1 + 0.9 + 0) / 5)
    assert values["post-clarification"] == pytest.approx(100 * (1 + 1 + 0) / 3)
    assert values["trajectory, gold ambiguous"] == pytest.approx(100 * (1 + 0.4 + 0) / 3)
    assert values["goals reached"] == pytest.approx(60)
    assert values["over-asking"] == 50
    assert values["under-asking"] == 25
    assert values["questions per state"] == pytest.approx(5 / 6)
    assert values["questions per solved state"] == pytest.approx(5 / 3)
    assert values["tokens per conversation"] == 4
    assert score.support == {"gold clarify": 4, "gold answer": 2, "post-clarification": 3, "without goal": 1}
    assert score.blame == {"agent": 1, "simulator": 1, "task": 1}
    assert score.faults == {"user: message-loop": 1}
    without = {name: figure.value for name, figure in score.without_simulator_faults.items()}
    assert without["trajectory"] == pytest.approx(100 * (1 + 0.4 + 1 + 0.9) / 4)
    assert without["post-clarification"] == 100
    # what was spoilt later says all the same that the policy asked, and what nobody could name says nothing
    assert [without[name] for name in ("action accuracy", "asking recall", "under-asking")] == [
        pytest.approx(values[name]) for name in ("action accuracy", "asking recall", "under-asking")
    ]
    unnamed = row(6, "clarify", None, blame="simulator", fault="classifier: no-verdict")
    more = score_states({"a": [*ROWS, unnamed]})
    assert more.without_simulator_faults["asking recall"].value == pytest.approx(75)
    assert more.figures["asking recall"].value == pytest.approx(60)
    assert (score.states, score.conversations) == (6, 6)
    assert values["trajectory, worst"] == values["trajectory"]


def test_a_policy_that_says_nothing_is_right_nowhere() -> None:
    rows = [row(0, "answer", "answer"), row(1, "clarify", "clarify"), row(2, "answer", None), row(3, "clarify", None)]
    score = score_states({"a": rows})
    values = {name: figure.value for name, figure in score.figures.items()}
    assert (values["action accuracy"], values["asking recall"], values["asking precision"]) == (50, 50, 100)
    labels = ["clarify", "answer"]
    gold, told = [each.gold for each in rows], [each.action or "none" for each in rows]
    expected = 100 * f1_score(gold, told, labels=labels, average="macro")
    assert values["action macro f1"] == pytest.approx(expected)
    assert score.confusion["answer"] == {"clarify": 0, "answer": 1, "none": 1}


def test_intervals_are_over_conversations_and_runs_of_one_conversation_are_drawn_together() -> None:
    same = [row(n, "clarify", "clarify" if n < 20 else "answer", goal=float(n < 20), reached=n < 20) for n in range(40)]
    one = score_states({"a": same}).figures["goals reached"].interval
    twice = score_states({"a": same, "b": same}).figures["goals reached"].interval
    assert one is not None
    assert twice is not None
    assert (twice.low, twice.high) == pytest.approx((one.low, one.high))
    assert one.low < 50 < one.high


def test_a_figure_without_anything_to_count_has_no_value() -> None:
    silent = [row(n, "answer", "answer") for n in range(4)]
    figures = score_states({"a": silent, "b": silent}).runs
    assert figures["under-asking"].runs == [None, None]
    assert figures["goals reached"].runs == [0.0, 0.0]


def test_a_state_with_several_readings_counts_once_and_has_a_worst_one() -> None:
    """One question with three readings, each a gold conversation of its own, and a clear one."""
    readings = [
        row(2 * n, "clarify", "answer", state="same", goal=goal, reached=goal == 1)
        for n, goal in enumerate((1.0, 0.0, 0.2))
    ]
    clear = [row(6, "answer", "answer", goal=1.0, reached=True)]
    score = score_states({"a": [*readings, *clear]})
    values = {name: figure.value for name, figure in score.figures.items()}
    assert (score.states, score.conversations) == (2, 4)
    assert score.support["gold clarify"] == 1
    assert score.confusion["clarify"]["answer"] == pytest.approx(1)
    assert values["action accuracy"] == 50
    assert values["trajectory"] == pytest.approx(100 * (1.2 / 3 + 1) / 2)
    assert values["trajectory, worst"] == pytest.approx(100 * (0 + 1) / 2)
    interval = score.figures["under-asking"].interval
    assert interval is not None
    assert (interval.low, interval.high) == (100, 100)
