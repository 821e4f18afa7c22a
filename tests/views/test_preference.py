"""What each sample makes of its pair: every branch of the algorithm."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from duologue.models.request import Message
from duologue.views.preference import Decided, Pair, PairOptions, Rollout, decide, worth


def said(*texts: str) -> tuple[Message, ...]:
    return tuple(Message("user" if index % 2 else "assistant", text) for index, text in enumerate(texts))


GOLD_QUESTION = said("Which year?", "2019", "It was 4.")
ASK = Pair("d-1", (Message("user", "What was it?"),), GOLD_QUESTION, said("It was 4."), "clarify", "answer", goal="4")
TELL = Pair("d-3", (Message("user", "In 2019?"),), said("It was 4."), said("Which year?"), "answer", "clarify")


def asked(score: float | None, *texts: str, **more: Any) -> Rollout:
    texts = texts or ("Which one?", "2019", "4 it was.")
    final = texts[-1] if score is not None else None
    actions = ("clarify", "answer") if score is not None else ("clarify",)
    return Rollout("d-1", said(*texts), actions, final, score, **more)


def told(score: float, text: str = "4, surely.", **more: Any) -> Rollout:
    return Rollout("d-3", said(text), ("answer",), text, score, **more)


def one(pair: Pair, rollout: Rollout, **options: Any) -> Decided:
    return decide(pair, [rollout], PairOptions(**options))


def test_a_wrong_action_is_rejected_however_good_its_answer() -> None:
    guess = told(1.0, "It is 4!")
    assert one(ASK, guess) == (
        msgspec.structs.replace(ASK, rejected=guess.turns, rejected_action="answer"),
        "demoted",
        ("wrong action",),
    )
    # Of a needless question only the question is rejected, not the right answer that it led to (Algorithm 2, step 2).
    assert one(TELL, asked(1.0)).pair == msgspec.structs.replace(TELL, rejected=said("Which one?"))


def test_a_right_answer_above_the_tolerance_is_chosen() -> None:
    assert one(TELL, told(0.95)) == (
        msgspec.structs.replace(TELL, chosen=told(0.95).turns),
        "promoted",
        ("reached the goal",),
    )


@pytest.mark.parametrize("score", [0.0, 0.9])
def test_up_to_the_tolerance_it_is_rejected(score: float) -> None:
    decided = one(TELL, told(score, "5"))
    assert decided.pair is not None
    assert (decided.pair.chosen, decided.pair.rejected) == (TELL.chosen, said("5"))
    assert decided.pair.rejected_action == "answer"
    assert decided[1:] == ("demoted", ("missed the goal",))


def test_a_question_is_judged_by_where_it_leads_and_the_whole_trajectory_is_taken() -> None:
    led = one(ASK, asked(1.0))
    assert led.pair is not None
    assert led.pair.chosen == asked(1.0).turns
    assert led.pair.rejected == ASK.rejected
    misled = one(ASK, asked(0.2))
    assert misled.pair is not None
    assert (misled.pair.chosen, misled.pair.rejected) == (ASK.chosen, asked(0.2).turns)
    assert misled.pair.rejected_action == "clarify"


def test_questions_without_an_end_are_rejected() -> None:
    endless = asked(None, "Which?", "What?", "Which?")
    decided = one(ASK, endless)
    assert decided.reasons == ("no answer",)
    assert decided.pair is not None
    assert decided.pair.rejected == endless.turns


def test_without_simulation_the_right_question_is_chosen_at_once() -> None:
    decided = one(ASK, asked(None, "Which one?"), simulated=False)
    assert decided.reasons == ("right action",)
    assert decided.pair is not None
    assert decided.pair.chosen == said("Which one?")
    assert one(TELL, told(0.1), simulated=False).outcome == "demoted"


def test_each_question_costs() -> None:
    assert worth(asked(1.0), PairOptions(question_cost=0.2)) == pytest.approx(0.8)
    assert one(ASK, asked(1.0), question_cost=0.2).outcome == "demoted"
    assert one(TELL, told(1.0), question_cost=0.2).outcome == "promoted"


def test_a_failed_helper_teaches_nothing_unless_the_old_pair_is_wanted() -> None:
    failed = asked(1.0, failures=("simulator: timeout",))
    assert one(ASK, failed) == (None, "skipped", ("failed",))
    assert one(ASK, failed, failed="keep") == (ASK, "kept", ("failed",))
    assert one(ASK, Rollout("d-1", (), ())).reasons == ("failed",)
    unanswered = asked(None, failures=("user: timeout",))
    assert one(ASK, unanswered).outcome == "skipped"
    # A needless question is one, whatever became of the user's reply to it.
    assert one(TELL, unanswered).reasons == ("wrong action",)


def test_a_reply_without_an_end_is_never_chosen_but_may_be_rejected() -> None:
    assert one(TELL, told(1.0, cut=(0,))) == (None, "skipped", ("cut",))
    assert one(ASK, asked(None, cut=(0,)), simulated=False).reasons == ("cut",)
    missed = one(ASK, asked(0.0, cut=(1,))).pair
    assert missed == msgspec.structs.replace(
        ASK, rejected=asked(0.0).turns, rejected_action="clarify", rejected_cut=(1,)
    )
    assert one(TELL, asked(1.0, cut=(1,))).pair == msgspec.structs.replace(TELL, rejected=said("Which one?"))


def test_an_answer_without_a_goal_teaches_nothing() -> None:
    nothing_to_compare = Rollout("d-3", said("Whatever."), ("answer",), "Whatever.", None)
    assert one(TELL, nothing_to_compare) == (None, "skipped", ("no goal",))
    assert one(ASK, nothing_to_compare).outcome == "demoted"


def test_a_sample_equal_to_the_other_side_changes_nothing_or_is_skipped() -> None:
    same = told(0.3, "it  was 4.\n")  # the scorer is wrong, or the gold is
    assert one(TELL, same) == (TELL, "kept", ("missed the goal", "equal texts"))
    assert one(TELL, same, uninformative="skip") == (None, "skipped", ("missed the goal", "equal texts"))


def test_a_pair_of_equal_texts_is_never_trained_on() -> None:
    twins = msgspec.structs.replace(TELL, rejected=said("IT was 4."))
    assert one(twins, told(0.3, "it was 4.")) == (None, "skipped", ("missed the goal", "equal texts"))
    assert decide(twins, [], PairOptions()) == (None, "skipped", ("equal texts",))
    better = one(twins, told(0.3, "5"))
    assert better.outcome == "demoted"


def test_without_samples_the_pair_stays() -> None:
    assert decide(ASK, [], PairOptions(failed="skip")) == (ASK, "kept", ())


def test_of_several_samples_the_best_and_the_worst_are_taken() -> None:
    samples = [told(0.95, "a"), told(1.0, "b"), told(0.5, "c"), told(0.1, "d"), asked(1.0), told(0.0, "e")]
    decided = decide(TELL, samples, PairOptions())
    assert decided.outcome == "both"
    assert decided.pair is not None
    assert decided.pair.chosen == said("b")
    assert decided.pair.rejected == said("Which one?")  # a wrong action is worse than any score
    assert decided.reasons[:3] == ("reached the goal", "reached the goal", "missed the goal")
    broken = told(0.0, "f", failures=("classifier: empty",))
    assert decide(TELL, [broken, samples[3]], PairOptions()).outcome == "demoted"


def test_a_pair_is_a_row_of_the_ecosystems_format() -> None:
    row = msgspec.json.decode(msgspec.json.encode(ASK))
    assert row["prompt"] == [{"role": "user", "content": "What was it?"}]
    assert [message["role"] for message in row["chosen"]] == ["assistant", "user", "assistant"]
    assert msgspec.json.decode(msgspec.json.encode(ASK), type=Pair) == ASK


@pytest.mark.parametrize(("goal_type", "outcome"), [("drop", "demoted"), ("sql", "promoted"), ("", "demoted")])
def test_the_tolerance_goes_by_the_kind_of_goal_unless_one_is_given(goal_type: str, outcome: str) -> None:
    pair = msgspec.structs.replace(TELL, goal_type=goal_type)
    assert one(pair, told(0.85, "5")).outcome == outcome
    assert one(pair, told(0.85, "5"), tolerance=0.84).outcome == "promoted"
